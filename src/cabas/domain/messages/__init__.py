"""What people are told: recorded with the fact, sent afterwards, each once by each channel."""
