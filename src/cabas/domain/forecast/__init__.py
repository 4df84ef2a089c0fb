"""What stores and the network will be asked: a forecast that can be explained (docs/algorithms/forecast.md)."""
