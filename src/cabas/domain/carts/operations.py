"""Intentions on baskets: open, set a line, note, empty, undo, move to another store, merge at sign-in."""

from datetime import datetime
from uuid import UUID

from cabas.domain.carts import queries, records
from cabas.domain.carts.model import (
    NOTE_LENGTH_MAX,
    BadQuantity,
    Cart,
    CartFull,
    CartOrdered,
    ProductNotSold,
    ProductUnavailable,
    Substitution,
)
from cabas.domain.catalog import queries as catalog
from cabas.kit.db import Transaction
from cabas.kit.errors import Invalid
from cabas.kit.ids import new_id, place_of

_MICROSECONDS = 1_000_000
Document = dict[str, dict[str, object]]
"""Lines by GTIN as they are stored: ``{"q", "at", "note", "sub"}``."""


async def open_cart(
    tx: Transaction,
    *,
    store_id: int,
    shopper_id: UUID,
    customer_id: UUID | None,
    now: datetime,
    substitution: Substitution = Substitution.SAME_PRICE,
) -> UUID:
    """An empty basket in this store; its id carries the store."""
    cart_id = new_id(now, store_id)
    await records.insert_cart(
        tx,
        store_id=store_id,
        cart_id=cart_id,
        shopper_id=shopper_id,
        customer_id=customer_id,
        lines={},
        substitution=substitution.value,
        now=now,
    )
    return cart_id


async def set_line(
    tx: Transaction,
    *,
    cart_id: UUID,
    shopper_id: UUID,
    gtin: int,
    quantity: int,
    now: datetime,
    lines_max: int,
    pieces_max: int,
    grams_max: int,
) -> None:
    """
    Make the basket hold this much of the product (pieces or grams); 0 takes it out. Harmless twice.

    :raises BadQuantity: below 0 or beyond the bound.
    :raises ProductNotSold: the store has no such offer.
    :raises ProductUnavailable: the store doesn't sell it now.
    :raises CartNotFound: no such basket, or somebody else's.
    :raises CartOrdered: it has become an order.
    :raises CartFull: it has as many lines as it may.
    """
    if quantity < 0:
        raise BadQuantity(minimum=0)
    store_id = place_of(cart_id)
    if quantity == 0:
        done = await records.remove_line(
            tx, store_id=store_id, cart_id=cart_id, shopper_id=shopper_id, gtin=gtin, now=now
        )
    else:
        offer = (await catalog.offers_for(tx, store_id=store_id, gtins=[gtin], now=now)).get(gtin)
        if offer is None:
            raise ProductNotSold(gtin=gtin)
        if not offer.available:
            raise ProductUnavailable(gtin=gtin)
        bound = grams_max if offer.by_weight else pieces_max
        if quantity > bound:
            raise BadQuantity(maximum=bound)
        done = await records.set_line(
            tx,
            store_id=store_id,
            cart_id=cart_id,
            shopper_id=shopper_id,
            gtin=gtin,
            quantity=quantity,
            added_at=int(now.timestamp() * _MICROSECONDS),
            lines_max=lines_max,
            now=now,
        )
    if not done:
        await _explain(tx, cart_id=cart_id, shopper_id=shopper_id)


async def note_line(
    tx: Transaction,
    *,
    cart_id: UUID,
    shopper_id: UUID,
    gtin: int,
    note: str,
    substitution: Substitution | None,
    now: datetime,
) -> None:
    """
    A wish for one line ("bananes vertes") and its own substitution choice.

    :raises Invalid: the note is longer than `NOTE_LENGTH_MAX`.
    """
    if len(note) > NOTE_LENGTH_MAX:
        raise Invalid("note too long", maximum=NOTE_LENGTH_MAX)
    done = await records.amend_line(
        tx,
        store_id=place_of(cart_id),
        cart_id=cart_id,
        shopper_id=shopper_id,
        gtin=gtin,
        amendment={"note": note, "sub": substitution.value if substitution else None},
        now=now,
    )
    if not done:
        await require_open(tx, cart_id=cart_id, shopper_id=shopper_id)
        raise ProductNotSold(gtin=gtin)


async def choose_substitution(
    tx: Transaction, *, cart_id: UUID, shopper_id: UUID, substitution: Substitution, now: datetime
) -> None:
    """The basket's one default for missing goods."""
    done = await records.set_substitution(
        tx,
        store_id=place_of(cart_id),
        cart_id=cart_id,
        shopper_id=shopper_id,
        substitution=substitution.value,
        now=now,
    )
    if not done:
        await _explain(tx, cart_id=cart_id, shopper_id=shopper_id)


async def empty_cart(tx: Transaction, *, cart_id: UUID, shopper_id: UUID, now: datetime) -> None:
    """Take everything out; `restore_cart` puts it back."""
    if not await records.empty(
        tx, store_id=place_of(cart_id), cart_id=cart_id, shopper_id=shopper_id, now=now
    ):
        await _explain(tx, cart_id=cart_id, shopper_id=shopper_id)


async def restore_cart(
    tx: Transaction, *, cart_id: UUID, shopper_id: UUID, now: datetime, lines_max: int
) -> None:
    """
    Undo the last removal or emptying; lines added since then stay as they are.

    :raises CartFull: both together are more lines than a basket may have.
    """
    if not await records.restore(
        tx,
        store_id=place_of(cart_id),
        cart_id=cart_id,
        shopper_id=shopper_id,
        lines_max=lines_max,
        now=now,
    ):
        await _explain(tx, cart_id=cart_id, shopper_id=shopper_id)


async def move_to_store(tx: Transaction, *, cart: Cart, store_id: int, now: datetime) -> UUID:
    """
    The same basket in another store: a new basket with the same lines, the old one gone.

    Lines that the new store doesn't sell stay in it as unavailable, so nothing is lost by moving.
    """
    moved = new_id(now, store_id)
    await records.insert_cart(
        tx,
        store_id=store_id,
        cart_id=moved,
        shopper_id=cart.shopper_id,
        customer_id=cart.customer_id,
        lines=document(cart),
        substitution=cart.substitution.value,
        now=now,
    )
    await records.delete_cart(tx, store_id=cart.store_id, cart_id=cart.cart_id, shopper_id=cart.shopper_id)
    return moved


async def remember_shown(tx: Transaction, *, cart: Cart, shown: dict[str, int]) -> None:
    """Keep what checkout has just shown, to tell the shopper of any difference before paying."""
    await records.set_shown(
        tx, store_id=cart.store_id, cart_id=cart.cart_id, shopper_id=cart.shopper_id, shown=shown
    )


async def keep_wishes(
    tx: Transaction, *, cart_id: UUID, shopper_id: UUID, wishes: dict[str, object] | None
) -> None:
    """
    Keep the slots that the shopper would like beside the basket; None forgets them.

    :raises CartNotFound, CartOrdered: the basket.
    """
    if not await records.set_wishes(
        tx, store_id=place_of(cart_id), cart_id=cart_id, shopper_id=shopper_id, wishes=wishes
    ):
        await _explain(tx, cart_id=cart_id, shopper_id=shopper_id)


def document(cart: Cart) -> Document:
    """The lines as they are stored."""
    return {
        str(line.gtin): {
            "q": line.quantity,
            "at": position,
            "note": line.note,
            "sub": line.substitution.value if line.substitution else None,
        }
        for position, line in enumerate(cart.lines)
    }


async def require_open(tx: Transaction, *, cart_id: UUID, shopper_id: UUID) -> None:
    """
    The basket is there, theirs, and not an order yet.

    :raises CartNotFound: no such basket, or somebody else's.
    :raises CartOrdered: it has become an order.
    """
    found = await queries.cart(tx, cart_id=cart_id, shopper_id=shopper_id)
    if found.ordered_at is not None:
        raise CartOrdered


async def _explain(tx: Transaction, *, cart_id: UUID, shopper_id: UUID) -> None:
    """Say why a write found nothing to change."""
    await require_open(tx, cart_id=cart_id, shopper_id=shopper_id)
    raise CartFull
