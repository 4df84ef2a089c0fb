"""What an order is paid with: tenders, their state machine, and the bank as a port."""
