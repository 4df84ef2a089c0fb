"""The journal of those who order in a rehearsal: what was acknowledged to them must be there for ever."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from bench.order_carts import connect


class Acknowledged(msgspec.Struct, frozen=True):
    """A line of it, written before the shopper goes on."""

    order: str
    cart: str
    key: str


Line = TypeVar("Line", bound=Acknowledged)


def read(path: Path, line: type[Line]) -> list[Line]:
    """All of it, oldest first."""
    decoder = msgspec.json.Decoder(line)
    return [decoder.decode(one) for one in path.read_bytes().splitlines()]


async def lost(url: str, orders: Sequence[Acknowledged]) -> int:
    """Orders acknowledged to a shopper that aren't there, or whose basket became several."""
    connection = await connect(url)
    try:
        rows = await connection.fetch(
            "select order_id, cart_id from orders where cart_id::text = any($1)", [one.cart for one in orders]
        )
    finally:
        await connection.close()
    there = Counter((str(row["order_id"]), str(row["cart_id"])) for row in rows)
    baskets = Counter(str(row["cart_id"]) for row in rows)
    return sum(there[one.order, one.cart] != 1 or baskets[one.cart] != 1 for one in orders)
