"""
Placing an order: load, decide, then one call to the database (docs/algorithms/slot-reservation.md).

Nothing outside PostgreSQL is called here: not payment, not loyalty, not mail.
"""

from datetime import datetime
from typing import Any

from cabas.domain.carts.model import (
    Cart,
    CartNotFound,
    CartOrdered,
    PricedCart,
    Substitution,
    differences,
    price_cart,
)
from cabas.domain.checkout import queries, records
from cabas.domain.checkout.model import (
    KEY_LENGTH_MAX,
    AgeUnconfirmed,
    CartEmpty,
    Contact,
    KeyMissing,
    KeyReused,
    NotDelivered,
    PaymentUnknown,
    Placed,
    PricesChanged,
    Receipt,
    Request,
    Terms,
    agreed,
    check_terms,
    fresh_code,
    minimum_age,
)
from cabas.domain.orders.model import OrderLine, Totals, totals_of, vat_shares
from cabas.domain.orders.pricing import ordered_line
from cabas.domain.payments.model import METHODS
from cabas.domain.slots.model import SlotUnknown
from cabas.kit import tracing
from cabas.kit.db import Transaction
from cabas.kit.ids import new_id, place_of

_CODE_DRAWS = 4


async def place_order(
    tx: Transaction,
    *,
    request: Request,
    weight_tolerance_percent: int,
    open_orders_max: int,
    now: datetime,
) -> Placed:
    """
    Make the basket an order in its slot, once for the request's key.

    ``tx`` may be in autocommit (`Database.one_statement`): one statement reads, one writes.
    The slot may be held by the shopper or simply free.

    :raises KeyMissing, KeyReused, InFlight: the idempotency key.
    :raises CartNotFound, CartOrdered, CartEmpty, CartChanged: the basket.
    :raises PricesChanged: what it costs is not what was shown.
    :raises SlotUnknown, SlotNotOpen, SlotClosed, SlotFull: the slot.
    :raises NotDelivered, BelowMinimum, AgeUnconfirmed, PaymentUnknown: the store's terms.
    :raises TooManyOrders: ``open_orders_max`` orders of this person are under way in this store.
    """
    _check_request(request)
    found = await queries.considered(
        tx,
        store_id=place_of(request.cart_id),
        cart_id=request.cart_id,
        shopper_id=request.shopper_id,
        slot_id=request.slot_id,
        postcode=request.contact.address.postcode if request.contact.address else None,
        now=now,
    )
    if found is None:
        raise CartNotFound
    if found.cart.ordered_at is not None:
        return await _replay(tx, request)
    if found.terms is None:
        raise SlotUnknown
    priced = price_cart(found.cart.lines, found.offers, weight_tolerance_percent=weight_tolerance_percent)
    check(priced, found.terms, request)
    lines = ordered_lines(found.cart, priced, request.substitution)
    return await _write(
        tx,
        request,
        found.cart,
        found.terms,
        lines,
        tolerance=weight_tolerance_percent,
        open_orders_max=open_orders_max,
        now=now,
    )


def _check_request(request: Request) -> None:
    if not 0 < len(request.key) <= KEY_LENGTH_MAX:
        raise KeyMissing
    if request.payment_method not in METHODS:
        raise PaymentUnknown(method=request.payment_method)


def check(priced: PricedCart, terms: Terms, request: Request) -> None:
    """
    Whether the basket may be ordered so.

    :raises NotDelivered, PricesChanged, CartEmpty, BelowMinimum, AgeUnconfirmed: why not.
    """
    if not terms.delivered:
        raise NotDelivered  # before prices: the fee of nowhere is no difference to show
    if request.shown is not None:
        changed = differences(request.shown, priced)
        total = priced.total_cents + terms.fee_cents
        if changed or request.shown_total_cents not in (None, total):
            raise PricesChanged(changed)
    if not priced.lines:
        raise CartEmpty
    check_terms(priced, terms)
    if minimum_age(priced) and not request.adult:
        raise AgeUnconfirmed(minimum_age=minimum_age(priced))


def ordered_lines(cart: Cart, priced: PricedCart, chosen: Substitution | None) -> list[OrderLine]:
    """The order's lines. ``chosen``: instead of the basket's own choice about missing goods."""
    default = chosen or cart.substitution
    return [
        ordered_line(entry, line_no=number, substitution=(entry.line.substitution or default).value)
        for number, entry in enumerate(priced.lines, start=1)
    ]


async def _write(
    tx: Transaction,
    request: Request,
    cart: Cart,
    terms: Terms,
    lines: list[OrderLine],
    *,
    tolerance: int,
    open_orders_max: int,
    now: datetime,
) -> Placed:
    values = order_values(
        request,
        cart,
        terms,
        lines,
        tolerance_percent=tolerance,
        open_orders_max=open_orders_max,
        now=now,
    )
    for _ in range(_CODE_DRAWS):
        try:
            outcome, order_id = await records.place_order(tx, **values)
        except records.CodeTaken:
            values["code"] = fresh_code()
            continue
        if outcome == "mismatch":
            raise KeyReused
        if outcome == "replay":
            return await _replay(tx, request)
        receipt = _receipt(terms, values["code"], values["totals"], now)
        return Placed(store_id=cart.store_id, order_id=order_id, created=True, receipt=receipt)
    raise RuntimeError("no free order code was found")


def order_values(
    request: Request,
    cart: Cart,
    terms: Terms,
    lines: list[OrderLine],
    *,
    tolerance_percent: int,
    open_orders_max: int | None,
    now: datetime,
) -> records.OrderValues:
    """All that is written of an order, under a fresh id and code. Pure but for those."""
    return records.OrderValues(
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
        substitution=(request.substitution or cart.substitution).value,
        contact=_contact(request.contact),
        agreed=agreed(
            terms=terms,
            vat=vat_shares(lines, fee_cents=terms.fee_cents),
            language=request.language,
            adult=request.adult,
            tolerance_percent=tolerance_percent,
            at=now,
        )
        | _trace(),
        totals=totals_of(lines, fee_cents=terms.fee_cents),
        lines=lines,
        open_orders_max=open_orders_max,
    )


def _trace() -> dict[str, str]:
    """Of the request, when it is recorded: what follows from the order joins it."""
    header = tracing.carried()
    return {"trace": header} if header else {}


def _contact(contact: Contact) -> dict[str, Any]:
    """As it is kept on the order: {name, email, phone, address?}."""
    kept: dict[str, Any] = {"name": contact.name, "email": contact.email, "phone": contact.phone}
    if contact.address:
        kept["address"] = contact.address
    return kept


def _receipt(terms: Terms, code: str, totals: Totals, now: datetime) -> Receipt:
    slot = terms.slot
    return Receipt(
        code=code,
        channel=slot.channel.value,
        slot_id=slot.slot_id,
        slot_starts_at=slot.starts_at,
        slot_ends_at=slot.ends_at,
        cutoff_at=slot.closes_at,
        placed_at=now,
        totals=totals,
    )


async def _replay(tx: Transaction, request: Request) -> Placed:
    """The basket is an order already: the same request gets the same answer."""
    store_id = place_of(request.cart_id)
    known = await records.select_key(tx, store_id=store_id, shopper_id=request.shopper_id, key=request.key)
    if known is None:
        raise CartOrdered
    fingerprint, order_id = known
    if fingerprint != request.fingerprint():
        raise KeyReused
    return Placed(
        store_id=store_id,
        order_id=order_id,
        created=False,
        receipt=await queries.receipt(tx, store_id=store_id, order_id=order_id),
    )
