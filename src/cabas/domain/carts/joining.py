"""Two baskets in one: a guest who signs in, a past order put back. The larger quantity of each line wins."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from cabas.domain.carts import queries, records
from cabas.domain.carts.model import CartOrdered
from cabas.domain.carts.operations import Document, document
from cabas.kit.db import Transaction


async def claim(
    tx: Transaction, *, cart_id: UUID, guest_id: UUID, customer_id: UUID, now: datetime, lines_max: int
) -> tuple[UUID, int]:
    """
    A guest signs in: their basket becomes the customer's, joined with the one the customer had in
    that store (the larger quantity of each line).

    :returns: the basket's id and how many lines came from the older basket.
    :raises CartNotFound: no such basket, or somebody else's.
    :raises CartOrdered: it has become an order.
    """
    guest_cart = await queries.cart(tx, cart_id=cart_id, shopper_id=guest_id)
    older = await queries.open_cart_of(tx, store_id=guest_cart.store_id, shopper_id=customer_id)
    claimed = await records.set_owner(
        tx,
        store_id=guest_cart.store_id,
        cart_id=cart_id,
        shopper_id=guest_id,
        customer_id=customer_id,
        now=now,
    )
    if not claimed:
        raise CartOrdered
    if older is None or not older.lines:
        return cart_id, 0
    merged, came = _joined(document(guest_cart), document(older), lines_max)
    await records.merge_lines(
        tx,
        store_id=guest_cart.store_id,
        cart_id=cart_id,
        shopper_id=customer_id,
        lines=merged,
        now=now,
    )
    await records.delete_cart(tx, store_id=older.store_id, cart_id=older.cart_id, shopper_id=customer_id)
    return cart_id, came


def _joined(mine: Document, theirs: Document, lines_max: int) -> tuple[Document, int]:
    """``mine`` first, then what only ``theirs`` has as far as there is room; the larger quantity of each."""
    joined = {gtin: max(line, theirs.get(gtin, line), key=_quantity) for gtin, line in mine.items()}
    room = max(0, lines_max - len(joined))
    came = [gtin for gtin in theirs if gtin not in joined][:room]
    for gtin in came:
        joined[gtin] = theirs[gtin]
    return {gtin: {**line, "at": at} for at, (gtin, line) in enumerate(joined.items())}, len(came)


def _quantity(line: dict[str, object]) -> int:
    return int(str(line["q"]))


async def put_lines(
    tx: Transaction,
    *,
    cart_id: UUID,
    shopper_id: UUID,
    quantities: Mapping[int, int],
    lines_max: int,
    now: datetime,
) -> int:
    """
    Make the basket hold at least this much of each product (a past order, again).

    Products that the store doesn't sell now go in too, as unavailable: nothing is dropped in silence.

    :returns: how many lines could not go in because the basket is full.
    :raises CartNotFound: no such basket, or somebody else's.
    :raises CartOrdered: it has become an order.
    """
    found = await queries.cart(tx, cart_id=cart_id, shopper_id=shopper_id)
    wanted: Document = {
        str(gtin): {"q": quantity, "note": "", "sub": None} for gtin, quantity in quantities.items()
    }
    joined, came = _joined(document(found), wanted, lines_max)
    done = await records.merge_lines(
        tx, store_id=found.store_id, cart_id=cart_id, shopper_id=shopper_id, lines=joined, now=now
    )
    if not done:
        raise CartOrdered
    return len(wanted.keys() - document(found).keys()) - came
