"""Mechanism without a grocery word: it could serve another business."""
