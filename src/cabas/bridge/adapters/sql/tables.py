"""
The tables, under our names for them. Another system's: the option ``names`` says what is called what, a table as
``movements = "MVT"``, a column as ``"movements.cents" = "MONTANT"``.
"""

from collections.abc import Mapping

from sqlalchemy import Column, Integer, MetaData, String, Table

DEFAULTS = {
    "customers": ("ref", "email", "name", "phone", "postcode", "lang", "web_id", "reference", "consents", "updated",
                  "erased", "proof"),
    "cards": ("card", "customer_ref", "state", "since"),
    "movements": ("num", "card", "cents", "reference", "order_ref", "store", "reason", "at", "balance_after"),
    "holds": ("ref", "reference", "card", "cents", "expires_at", "state", "order_ref"),
    "offers": ("offer", "title", "cents", "percent", "eans", "starts", "ends"),
    "price_list": ("store", "ean", "price", "change_no"),
    "stock": ("store", "ean", "qty", "back_on", "change_no"),
    "order_status": ("seq", "order_ref", "store", "code", "state", "at", "times"),
}  # fmt: skip
_NUMBERS = frozenset({"num", "cents", "percent", "balance_after", "change_no", "seq", "times"})
_KEYS = frozenset({"movements.num", "order_status.seq", "holds.ref", "customers.ref"})


class Tables:
    """Each table as an attribute, its columns under our names."""

    def __init__(self, names: Mapping[str, str], schema: str | None) -> None:
        metadata = MetaData(schema=schema)
        made = {table: _table(metadata, names, table, columns) for table, columns in DEFAULTS.items()}
        self.customers, self.cards = made["customers"], made["cards"]
        self.movements, self.holds = made["movements"], made["holds"]
        self.offers, self.order_status = made["offers"], made["order_status"]
        self.price_list, self.stock = made["price_list"], made["stock"]


def _table(metadata: MetaData, names: Mapping[str, str], table: str, columns: tuple[str, ...]) -> Table:
    made = [
        Column(
            names.get(f"{table}.{name}", name.upper()),
            Integer() if name in _NUMBERS else String(),
            key=name,
            primary_key=f"{table}.{name}" in _KEYS,
        )
        for name in columns
    ]
    return Table(names.get(table, table.upper()), metadata, *made)
