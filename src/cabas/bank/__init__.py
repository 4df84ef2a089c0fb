"""`cabas bank`: a stand-in for a bank that takes cards, as a process with its own storage. Only for demo and tests."""
