"""
Whether the marts say what the transactional tables say, to the cent, by day and store.

Both sides are sums by day (Paris): of orders by when they were placed, of handovers by when they happened. What
`cabas seed --history` made up is in the marts only and is taken off, where the marts tell it apart.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import msgspec

from cabas.kit.clock import paris_midnight
from cabas.kit.db import Connection

_PARIS = "at time zone 'Europe/Paris'"

FIGURES = (
    "orders", "cancelled_orders", "changed_orders", "drive_orders", "delivery_orders", "lines", "goods_cents",
    "discount_cents", "deposit_cents", "fee_cents", "ordered_cents", "handed_orders", "sales_cents",
)  # fmt: skip
MADE_UP = {
    "orders": "simulated_orders",
    "ordered_cents": "simulated_cents",
    "sales_cents": "simulated_sales_cents",
}
"""What the marts tell of the made-up part; the other figures of such a day can't be compared."""

Told = Mapping[tuple[date, int], Mapping[str, int]]
"""Figures by day and store; a figure that can't be compared is left out."""

MARTS = f"""
    select day, store_id, {", ".join(FIGURES)}, {", ".join(MADE_UP.values())}
      from mart_day where day >= ? and day < ?"""

_PLACED = f"""
    select (o.placed_at {_PARIS})::date as day, o.store_id, count(*) filter (where stands) as orders,
           count(*) filter (where not stands) as cancelled_orders,
           count(*) filter (where stands and o.revision > 1) as changed_orders,
           count(*) filter (where stands and o.channel = 'drive') as drive_orders,
           count(*) filter (where stands and o.channel = 'delivery') as delivery_orders,
           coalesce(sum(l.lines) filter (where stands), 0)::bigint as lines,
           coalesce(sum(o.goods_cents) filter (where stands), 0) as goods_cents,
           coalesce(sum(o.discount_cents) filter (where stands), 0) as discount_cents,
           coalesce(sum(o.deposit_cents) filter (where stands), 0) as deposit_cents,
           coalesce(sum(o.fee_cents) filter (where stands), 0) as fee_cents,
           coalesce(sum(o.total_cents) filter (where stands), 0) as ordered_cents
      from orders o
     cross join lateral (select o.state <> 'cancelled' as stands) s
     cross join lateral (
           select count(*) as lines from order_line e
            where e.store_id = o.store_id and e.order_id = o.order_id and e.revision = o.revision) l
     where o.placed_at >= $1 and o.placed_at < $2
     group by 1, 2"""

_HANDED = f"""
    select (s.at {_PARIS})::date as day, s.store_id, count(*) as handed_orders,
           sum(coalesce(o.final_cents, o.total_cents)) as sales_cents
      from order_state_change s
      join orders o on o.store_id = s.store_id and o.order_id = s.order_id
     where s.state = 'handed_over' and s.at >= $1 and s.at < $2
     group by 1, 2"""

_UNSENT = """
    select count(*) from dispatch d left join export_cursor c on c.store_id = d.store_id
     where d.store_seq > coalesce(c.exported_seq, 0)"""


class Difference(msgspec.Struct, frozen=True):
    """``orders`` says ``here``, the marts say ``marts``: a count, or cents."""

    day: date
    store_id: int
    figure: str
    here: int
    marts: int


async def told_here(reader: Connection, *, first: date, last: date) -> Told:
    """What the transactional tables say of these days, both included."""
    span = paris_midnight(first), paris_midnight(last + timedelta(days=1))
    told: dict[tuple[date, int], dict[str, int]] = {}
    for query in (_PLACED, _HANDED):
        for row in await reader.fetch(query, *span):
            figures = {name: int(value) for name, value in row.items() if name not in ("day", "store_id")}
            told.setdefault((row["day"], row["store_id"]), {}).update(figures)
    return told


def told_by_marts(rows: Iterable[Mapping[str, Any]]) -> Told:
    """:param rows: of `MARTS`."""
    told = {}
    for row in rows:
        figures = {name: int(row[name]) for name in FIGURES}
        if any(row[name] for name in MADE_UP.values()):
            figures = {name: figures[name] - int(row[made_up]) for name, made_up in MADE_UP.items()}
        told[row["day"], row["store_id"]] = figures
    return told


def differences(here: Told, marts: Told) -> Iterator[Difference]:
    """By day, store and figure; a day of a store that one side lacks is nought there."""
    for day, store_id in sorted(here.keys() | marts.keys()):
        ours, theirs = here.get((day, store_id), {}), marts.get((day, store_id), {})
        for figure in FIGURES:
            if theirs and figure not in theirs:
                continue
            if ours.get(figure, 0) != theirs.get(figure, 0):
                yield Difference(day, store_id, figure, ours.get(figure, 0), theirs.get(figure, 0))


async def unsent(reader: Connection) -> int:
    """Facts sent to stores that no export has written yet."""
    return int(await reader.fetchval(_UNSENT))


async def days_known(reader: Connection) -> tuple[date, date] | None:
    """The first and last day on which something was ordered."""
    row = await reader.fetchrow(
        f"select (min(placed_at) {_PARIS})::date as first, (max(placed_at) {_PARIS})::date as last from orders"
    )
    return (row["first"], row["last"]) if row and row["first"] else None
