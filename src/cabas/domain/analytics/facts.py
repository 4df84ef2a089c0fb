"""
The form of the facts that leave the database (docs/reference/facts.md). Pure.

Columns are only ever added: a file of last year lacks the new ones, and readers see nothing there. A column that means
something else gets another name.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

Rows = Mapping[str, list[Any]]
"""Values by column, all lists of one length. Lines are lists of tuples in their columns' order."""

DATE, INSTANT, TEXT, FLAG, KEY = "date", "instant", "text", "flag", "key"
INT16, INT32, INT64, FLOAT = "int16", "int32", "int64", "float"


class Column(msgspec.Struct, frozen=True):
    """``kind``: one of the constants above; ``lines``: the columns of a list within the row, else none."""

    name: str
    kind: str
    lines: tuple["Column", ...] = ()


class Dataset(msgspec.Struct, frozen=True):
    """
    One kind of fact. ``day`` is the first column of each: the day (Paris) whose folder the row lies in.

    ``stream``: files are added as facts happen; else a day's one file is written again until the day is settled.
    """

    name: str
    columns: tuple[Column, ...]
    stream: bool = False

    def folder(self, day: date) -> str:
        return f"facts/{self.name}/day={day.isoformat()}"


def _columns(text: str) -> tuple[Column, ...]:
    """``"name kind, name kind"``."""
    pairs = (part.split() for part in text.split(","))
    return tuple(Column(name, kind) for name, kind in pairs)


_ORDER_LINES = _columns(
    "line_no int16, gtin int64, quantity int32, by_weight flag, unit_price_cents int32, discount_cents int32,"
    " total_cents int32, promotion text"
)
_EXCEPTIONS = _columns(
    "line_no int16, gtin int64, outcome text, asked int32, picked_gtin int64, picked int32, total_cents int32"
)

ORDER_EVENT = Dataset(
    "order_event",
    (
        *_columns(
            "day date, store_id int32, store_seq int64, kind text, told_at instant, order_id key, revision int16,"
            " placed_at instant, placed_day date, placed_hour int16, channel text, slot_id int64,"
            " slot_starts_at instant, slot_day date, slot_hour int16, customer_key int64, guest flag,"
            " payment_method text, goods_cents int32, discount_cents int32, deposit_cents int32, fee_cents int32,"
            " total_cents int32, line_count int16"
        ),
        Column("lines", "list", _ORDER_LINES),
    ),
    stream=True,
)
"""
What was sent to stores: ``order_placed``, ``order_changed`` (with all lines of the new revision), ``order_cancelled``
(without any). ``(store_id, store_seq)`` names it once and for ever; what was made up has a negative ``store_seq``.
"""

ORDER_END = Dataset(
    "order_end",
    (
        *_columns(
            "day date, store_id int32, order_id key, state text, placed_day date, slot_day date,"
            " slot_starts_at instant, channel text, customer_key int64, received_at instant, started_at instant,"
            " ready_at instant, arrived_at instant, handover_started_at instant, ended_at instant,"
            " cancelled_by text, total_cents int32,"
            " final_cents int32, lines_asked int16, lines_picked int16, lines_short int16, lines_missing int16,"
            " lines_substituted int16, simulated flag"
        ),
        Column("exceptions", "list", _EXCEPTIONS),
    ),
)
"""Orders by the day they were handed over or cancelled, with what became of their lines."""

SLOT = Dataset(
    "slot",
    _columns(
        "day date, store_id int32, slot_id int64, channel text, hour int16, starts_at instant, opens_at instant,"
        " closes_at instant, capacity int32, taken int32, closed flag, orders int32, lines int32,"
        " last_placed_at instant"
    ),
)
"""Slots by the day they start."""

BASKET_HOUR = Dataset(
    "basket_hour",
    _columns("day date, hour int16, store_id int32, baskets int32, at_checkout int32, ordered int32"),
)
"""Baskets by the hour they were last touched; ``at_checkout``: they saw the summary, ``ordered``: became an order."""

REQUEST = Dataset(
    "request",
    _columns("day date, store_id int32, waiting int32, placed int32, unplaced int32, withdrawn int32"),
)
"""Orders asked for in advance, by the day of the opening they were for."""

ASSORTMENT = Dataset(
    "assortment",
    _columns(
        "day date, store_id int32, aisle_id int32, offers int32, on_sale int32, out_of_stock int32, withdrawn int32,"
        " promoted int32"
    ),
)
"""What each store sold by aisle, as it stood when the day's file was last written."""

STORE = Dataset(
    "store",
    _columns(
        "day date, store_id int32, slug text, name text, format text, city text, department text, region text,"
        " latitude float, longitude float, has_drive flag, delivers flag, pickers int32, lines_per_picker_hour int32"
    ),
)
PRODUCT = Dataset(
    "product",
    _columns(
        "day date, gtin int64, name text, brand text, aisle_id int32, aisle text, category_id int32, category text,"
        " sold_by text"
    ),
)
CALENDAR = Dataset("calendar", _columns("day date, date date, holiday text"))
"""Public holidays of France by date, ``""`` on others; all in the file of the day it was written."""

FORGOTTEN = Dataset("forgotten", _columns("day date, customer_key int64"))
"""Keys whose customers were erased: their orders are nobody's, and no longer one person's."""

DATASETS = (
    ORDER_EVENT,
    ORDER_END,
    SLOT,
    BASKET_HOUR,
    REQUEST,
    ASSORTMENT,
    STORE,
    PRODUCT,
    CALENDAR,
    FORGOTTEN,
)
