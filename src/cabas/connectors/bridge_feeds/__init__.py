"""What bridges bring and take by themselves: prices and stocks in, order statuses out."""
