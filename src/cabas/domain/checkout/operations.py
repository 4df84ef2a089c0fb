"""
Placing an order: load, decide, then one call to the database (docs/algorithms/slot-reservation.md).

Nothing outside PostgreSQL is called here: not payment, not loyalty, not mail.
"""

from datetime import datetime

from cabas.domain.carts import queries as carts
from cabas.domain.carts.model import Cart, CartOrdered, PricedCart, differences
from cabas.domain.checkout import queries, records
from cabas.domain.checkout.model import (
    KEY_LENGTH_MAX,
    AgeUnconfirmed,
    CartEmpty,
    KeyMissing,
    KeyReused,
    PaymentUnknown,
    Placed,
    PricesChanged,
    Request,
    Terms,
    agreed,
    check_terms,
    fresh_code,
    minimum_age,
)
from cabas.domain.orders.model import OrderLine, totals_of, vat_shares
from cabas.domain.orders.pricing import frozen, priced_line
from cabas.domain.payments.model import METHODS
from cabas.domain.slots.model import SlotUnknown
from cabas.kit.db import Transaction
from cabas.kit.ids import new_id, place_of

_CODE_DRAWS = 4


async def place_order(
    tx: Transaction, *, request: Request, weight_tolerance_percent: int, now: datetime
) -> Placed:
    """
    Make the basket an order in its slot, once for the request's key.

    ``tx`` may be in autocommit (`Database.one_statement`): the only write is one statement.
    The slot may be held by the shopper or simply free.

    :raises KeyMissing, KeyReused: the idempotency key.
    :raises CartNotFound, CartOrdered, CartEmpty, CartChanged: the basket.
    :raises PricesChanged: what it costs is not what was shown.
    :raises SlotUnknown, SlotNotOpen, SlotClosed, SlotFull: the slot.
    :raises NotDelivered, BelowMinimum, AgeUnconfirmed, PaymentUnknown: the store's terms.
    """
    if not 0 < len(request.key) <= KEY_LENGTH_MAX:
        raise KeyMissing
    if request.payment_method not in METHODS:
        raise PaymentUnknown(method=request.payment_method)
    cart = await carts.cart(tx, cart_id=request.cart_id, shopper_id=request.shopper_id)
    if cart.ordered_at is not None:
        return await _replay(tx, request)
    priced = await carts.priced(tx, cart, now=now, weight_tolerance_percent=weight_tolerance_percent)
    address = request.contact.address
    terms = await queries.terms(
        tx,
        store_id=cart.store_id,
        slot_id=request.slot_id,
        postcode=address.postcode if address else None,
    )
    if terms is None:
        raise SlotUnknown
    _check(priced, terms, request)
    lines = _lines(cart, priced, weight_tolerance_percent)
    return await _write(tx, request, cart, terms, lines, weight_tolerance_percent, now)


def _check(priced: PricedCart, terms: Terms, request: Request) -> None:
    if request.shown is not None:
        changed = differences(request.shown, priced)
        if changed:
            raise PricesChanged(changed)
    if not priced.lines:
        raise CartEmpty
    check_terms(priced, terms)
    if minimum_age(priced) and not request.adult:
        raise AgeUnconfirmed(minimum_age=minimum_age(priced))


def _lines(cart: Cart, priced: PricedCart, tolerance: int) -> list[OrderLine]:
    return [
        priced_line(
            line_no=number,
            gtin=entry.offer.gtin,
            quantity=entry.line.quantity,
            unit_price_cents=entry.offer.price_cents,
            vat_basis_points=entry.offer.vat_basis_points,
            substitution=(entry.line.substitution or cart.substitution).value,
            product=frozen(entry.offer, note=entry.line.note),
            weight_tolerance_percent=tolerance,
        )
        for number, entry in enumerate(priced.lines, start=1)
    ]


async def _write(
    tx: Transaction,
    request: Request,
    cart: Cart,
    terms: Terms,
    lines: list[OrderLine],
    tolerance: int,
    now: datetime,
) -> Placed:
    totals = totals_of(lines, fee_cents=terms.fee_cents)
    contact = {
        "name": request.contact.name,
        "email": request.contact.email,
        "phone": request.contact.phone,
    }
    if request.contact.address:
        contact["address"] = {
            field: getattr(request.contact.address, field)
            for field in request.contact.address.__struct_fields__
        }
    for _ in range(_CODE_DRAWS):
        try:
            outcome, order_id = await records.place_order(
                tx,
                store_id=cart.store_id,
                order_id=new_id(now, cart.store_id),
                shopper_id=request.shopper_id,
                key=request.key,
                fingerprint=request.fingerprint(),
                cart_id=cart.cart_id,
                cart_version=cart.updated_at,
                customer_id=request.customer_id or request.shopper_id,
                slot_id=request.slot_id,
                outbox_id=new_id(now, cart.store_id),
                now=now,
                code=fresh_code(),
                payment_method=request.payment_method,
                substitution=cart.substitution.value,
                contact=contact,
                agreed=agreed(
                    terms=terms,
                    vat=vat_shares(lines, fee_cents=terms.fee_cents),
                    language=request.language,
                    tolerance_percent=tolerance,
                    at=now,
                ),
                totals=totals,
                lines=lines,
            )
        except records.CodeTaken:
            continue
        if outcome == "mismatch":
            raise KeyReused
        return Placed(store_id=cart.store_id, order_id=order_id, created=outcome == "created")
    raise RuntimeError("no free order code was found")


async def _replay(tx: Transaction, request: Request) -> Placed:
    """The basket is an order already: the same request gets the same answer."""
    store_id = place_of(request.cart_id)
    known = await records.select_key(
        tx, store_id=store_id, shopper_id=request.shopper_id, key=request.key
    )
    if known is None:
        raise CartOrdered
    fingerprint, order_id = known
    if fingerprint != request.fingerprint():
        raise KeyReused
    return Placed(store_id=store_id, order_id=order_id, created=False)
