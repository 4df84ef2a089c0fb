"""Ways of paying. Paying at the store, when the order is handed over, is always there."""

AT_STORE = "at_store"
METHODS = frozenset({AT_STORE})
