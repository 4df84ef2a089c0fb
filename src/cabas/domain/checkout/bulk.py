"""
Many orders of one store at once: the load, the decisions and the call of `operations`, each for all.

For orders whose basket, terms and wording were agreed to beforehand. What would refuse one of them is
found before anything is written, so that the calls can be sent without waiting for each answer.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from cabas.domain.carts.model import Cart, CartOrdered, price_cart
from cabas.domain.carts.queries import as_cart
from cabas.domain.catalog import queries as catalog
from cabas.domain.catalog.model import Offer
from cabas.domain.checkout import queries, records
from cabas.domain.checkout.model import CartChanged, Request, Terms, TooManyOrders, fresh_code
from cabas.domain.checkout.operations import check, order_values, ordered_lines
from cabas.domain.orders.model import OrderLine
from cabas.domain.slots.model import SlotClosed, SlotUnknown
from cabas.kit.db import Transaction
from cabas.kit.errors import Conflict, Refusal

ORDERS_MAX = 200
_CODE_DRAWS = 4


class Dearer(Conflict):
    """It would cost more than the maximum that was told."""

    code = "dearer"


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """
    An order to write. ``cart_version``: of the basket that was agreed to. ``wording``: what replaces the
    fields of the order's frozen terms that were agreed to then.
    """

    request: Request
    cart_version: datetime
    maximum_cents: int
    wording: dict[str, Any]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """``order_id`` None: ``refusal`` is the code of what stood in the way. ``missing``: goods left out."""

    cart_id: UUID
    order_id: UUID | None = None
    refusal: str = ""
    missing: int = 0


class _Ground(msgspec.Struct, frozen=True, kw_only=True):
    """All that a store's orders are decided on."""

    carts: dict[UUID, Cart]
    offers: dict[int, Offer]
    terms: dict[tuple[int, str | None], Terms]
    open_orders: Counter[UUID]
    """Counted under the locks that the database's own count takes, so it isn't counted again for each."""


async def place_many(
    tx: Transaction,
    *,
    store_id: int,
    intents: Sequence[Intent],
    weight_tolerance_percent: int,
    open_orders_max: int,
    now: datetime,
) -> list[Outcome]:
    """
    Write up to `ORDERS_MAX` orders of a store, each or not, in their order.

    Each person of them comes once. The places of those who are refused stay as they were.
    """
    if len(intents) > ORDERS_MAX:
        raise ValueError(f"{len(intents)} orders at once are more than {ORDERS_MAX}")
    ground = await _load(tx, store_id, intents, now=now)
    outcomes: list[Outcome] = []
    values: list[records.OrderValues] = []
    for intent in intents:
        try:
            found, missing = _decide(
                ground, intent, tolerance_percent=weight_tolerance_percent, limit=open_orders_max, now=now
            )
        except Refusal as refusal:
            outcomes.append(Outcome(cart_id=intent.request.cart_id, refusal=refusal.code))
            continue
        values.append(found)
        outcomes.append(Outcome(cart_id=found["cart_id"], order_id=found["order_id"], missing=missing))
    refused = await _write(tx, store_id, values)
    return [
        Outcome(cart_id=outcome.cart_id, refusal=refused[outcome.cart_id])
        if outcome.cart_id in refused
        else outcome
        for outcome in outcomes
    ]


async def _load(tx: Transaction, store_id: int, intents: Sequence[Intent], *, now: datetime) -> _Ground:
    under_way = await records.open_orders(
        tx, store_id=store_id, customer_ids=[_customer(intent.request) for intent in intents], now=now
    )
    rows = await records.lock_carts(
        tx, store_id=store_id, cart_ids=[intent.request.cart_id for intent in intents]
    )
    carts = {row["cart_id"]: as_cart(row) for row in rows}
    gtins = {line.gtin for cart in carts.values() for line in cart.lines}
    terms: dict[tuple[int, str | None], Terms] = {}
    for postcode in {_postcode(intent.request) for intent in intents}:
        slots = {intent.request.slot_id for intent in intents if _postcode(intent.request) == postcode}
        found = await queries.terms_of(tx, store_id=store_id, slot_ids=list(slots), postcode=postcode)
        terms |= {(slot_id, postcode): one for slot_id, one in found.items()}
    return _Ground(
        carts=carts,
        offers=await catalog.offers_for(tx, store_id=store_id, gtins=list(gtins), now=now),
        terms=terms,
        open_orders=Counter(under_way),
    )


def _decide(
    ground: _Ground, intent: Intent, *, tolerance_percent: int, limit: int, now: datetime
) -> tuple[records.OrderValues, int]:
    """What to write, and how many lines can't be ordered. :raises Refusal: what stands in the way."""
    request = intent.request
    cart = ground.carts.get(request.cart_id)
    if cart is None or cart.shopper_id != request.shopper_id:
        raise CartChanged
    if cart.ordered_at is not None:
        raise CartOrdered
    if cart.updated_at != intent.cart_version:
        raise CartChanged
    terms = ground.terms.get((request.slot_id, _postcode(request)))
    if terms is None:
        raise SlotUnknown
    if terms.slot.closed or terms.slot.closes_at <= now:
        raise SlotClosed
    priced = price_cart(cart.lines, ground.offers, weight_tolerance_percent=tolerance_percent)
    check(priced, terms, request)
    if priced.maximum_cents + terms.fee_cents > intent.maximum_cents:
        raise Dearer
    if ground.open_orders[_customer(request)] >= limit:
        raise TooManyOrders
    ground.open_orders[_customer(request)] += 1
    lines: list[OrderLine] = ordered_lines(cart, priced, request.substitution)
    values = order_values(
        request, cart, terms, lines, tolerance_percent=tolerance_percent, open_orders_max=None, now=now
    )
    values["agreed"] |= intent.wording
    return values, len(priced.unavailable)


async def _write(tx: Transaction, store_id: int, orders: list[records.OrderValues]) -> dict[UUID, str]:
    """By basket, why an order could not be written after all; ``{}`` when all were."""
    if not orders:
        return {}
    try:
        async with tx.savepoint():
            await records.place_orders(tx, orders)
    except (Refusal, records.CodeTaken):
        # Something moved between the look and the call: one by one, each with its own answer.
        return {order["cart_id"]: code for order in orders if (code := await _write_one(tx, order))}
    written = await records.select_written(
        tx, store_id=store_id, order_ids=[order["order_id"] for order in orders]
    )
    return {order["cart_id"]: "key_reused" for order in orders if order["order_id"] not in written}


async def _write_one(tx: Transaction, order: records.OrderValues) -> str:
    """The code of what refused it, "" when it is written."""
    for _ in range(_CODE_DRAWS):
        try:
            async with tx.savepoint():
                outcome, _order_id = await records.place_order(tx, **order)
        except records.CodeTaken:
            order["code"] = fresh_code()
            continue
        except Refusal as refusal:
            return refusal.code
        return "" if outcome == "created" else "key_reused"
    return "code_taken"


def _customer(request: Request) -> UUID:
    return request.customer_id or request.shopper_id


def _postcode(request: Request) -> str | None:
    address = request.contact.address
    return address.postcode if address else None
