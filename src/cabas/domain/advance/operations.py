"""
Intentions before an opening: ask for a place, take it back, publish a draw.

What happens at the opening is in `opening`.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cabas.domain.advance import queries, records
from cabas.domain.advance.draw import SECRET_BYTES
from cabas.domain.advance.model import (
    AdvanceOrder,
    AdvancePolicy,
    AdvanceRequest,
    Agreement,
    BadWishes,
    OpeningPassed,
    any_channels,
    check_wishes,
    opening_of,
)
from cabas.domain.advance.telling import taken
from cabas.domain.carts import operations as carts_operations
from cabas.domain.carts import queries as carts
from cabas.domain.carts.model import Cart, CartOrdered, PricedCart, differences
from cabas.domain.checkout import queries as checkout
from cabas.domain.checkout.model import (
    KEY_LENGTH_MAX,
    LEGAL_VERSION,
    ORDER_BUTTON,
    ORDER_BUTTONS,
    AgeUnconfirmed,
    CartEmpty,
    KeyMissing,
    KeyReused,
    NotDelivered,
    PaymentUnknown,
    PricesChanged,
    Terms,
    check_terms,
    minimum_age,
)
from cabas.domain.messages import operations as messages
from cabas.domain.payments.model import METHODS
from cabas.domain.slots.model import Channel
from cabas.kit.db import Transaction
from cabas.kit.ids import place_of


async def ask(
    tx: Transaction, *, request: AdvanceRequest, policy: AdvancePolicy, now: datetime
) -> AdvanceOrder:
    """
    Ask for an order at the opening of the wished slots, instead of whatever the shopper asked before.

    The same key again answers the same request. A shopper waits with one basket in the whole network.

    :raises KeyMissing, KeyReused: the idempotency key.
    :raises BadWishes, SlotAlreadyOpen, WishClosed, OpeningPassed: the wishes.
    :raises CartNotFound, CartOrdered, CartEmpty: the basket.
    :raises PricesChanged: what it costs is not what was shown.
    :raises NotDelivered, BelowMinimum, AgeUnconfirmed, PaymentUnknown: the store's terms.
    """
    _check_request(request)
    cart = await carts.cart(tx, cart_id=request.cart_id, shopper_id=request.shopper_id)
    if cart.ordered_at is not None:
        raise CartOrdered
    standing = await records.lock_waiting(tx, store_id=cart.store_id, cart_id=cart.cart_id)
    if standing is not None:
        order, key, fingerprint = standing
        if key == request.key and fingerprint != request.fingerprint():
            raise KeyReused
        if key == request.key and order.stands_for(cart.updated_at):
            return order
    opens_at, channels, terms = await _terms(tx, request, store_id=cart.store_id, now=now)
    priced = await carts.priced(tx, cart, now=now, weight_tolerance_percent=policy.weight_tolerance_percent)
    _check(priced, terms, request)
    return await _write(
        tx,
        request,
        cart,
        policy,
        opens_at=opens_at,
        channels=channels,
        maximum_cents=_maximum(priced, terms),
        now=now,
    )


async def leave_wishes(
    tx: Transaction,
    *,
    cart_id: UUID,
    shopper_id: UUID,
    wishes: Sequence[int],
    any_slot: bool,
) -> None:
    """
    Keep wishes with the basket, without asking for an order: a page fills its form with them.

    None and no "any slot": forget them.

    :raises BadWishes: too many, one twice, or a slot that the store doesn't have.
    :raises CartNotFound, CartOrdered: the basket.
    """
    kept: dict[str, object] | None = None
    await carts_operations.require_open(tx, cart_id=cart_id, shopper_id=shopper_id)
    if wishes or any_slot:
        check_wishes(wishes, any_slot=any_slot)
        known = await checkout.terms_of(tx, store_id=place_of(cart_id), slot_ids=wishes, postcode=None)
        for slot_id in wishes:
            if slot_id not in known:
                raise BadWishes(reason="slot_unknown", slot=str(slot_id))
        kept = {"slots": [str(slot_id) for slot_id in wishes], "any_slot": any_slot}
    await carts_operations.keep_wishes(tx, cart_id=cart_id, shopper_id=shopper_id, wishes=kept)


async def withdraw(tx: Transaction, *, store_id: int, shopper_id: UUID, cart_id: UUID, now: datetime) -> bool:
    """
    Take back what was asked for with this basket. False when nothing waits: twice is harmless.

    :raises OpeningPassed: it waits, but its slots have opened.
    """
    if await records.withdraw(tx, store_id=store_id, cart_id=cart_id, shopper_id=shopper_id, now=now):
        return True
    if await records.waits(tx, store_id=store_id, cart_id=cart_id, shopper_id=shopper_id):
        raise OpeningPassed
    return False


async def publish_draw(tx: Transaction, *, opens_at: datetime, policy: AdvancePolicy, now: datetime) -> bool:
    """Make an opening's secret and publish its digest and shares. False: they are published already."""
    return await records.insert_event(
        tx, opens_at=opens_at, secret=secrets.token_bytes(SECRET_BYTES), groups=policy.groups, now=now
    )


def _check_request(request: AdvanceRequest) -> None:
    check_wishes(request.wishes, any_slot=request.any_slot)
    if not 0 < len(request.key) <= KEY_LENGTH_MAX:
        raise KeyMissing
    if request.payment_method not in METHODS:
        raise PaymentUnknown(method=request.payment_method)


async def _terms(
    tx: Transaction, request: AdvanceRequest, *, store_id: int, now: datetime
) -> tuple[datetime, tuple[Channel, ...], list[Terms]]:
    """The opening, in which way any slot would do, and the terms of every slot that may be given."""
    address = request.contact.address
    postcode = address.postcode if address else None
    wished = await checkout.terms_of(tx, store_id=store_id, slot_ids=request.wishes, postcode=postcode)
    opens_at: datetime | None
    if request.wishes:
        opens_at = opening_of(request.wishes, wished, now=now)
    else:
        opens_at = await records.next_opening(tx, store_id=store_id, now=now)
    if opens_at is None:
        raise BadWishes(reason="no_opening")
    channels: tuple[Channel, ...] = ()
    possible = list(wished.values())
    if request.any_slot:
        channels = any_channels(request.wishes, wished, delivered=address is not None)
        opened = await checkout.terms_of_opening(tx, store_id=store_id, opens_at=opens_at, postcode=postcode)
        possible += [terms for terms in opened if terms.slot.channel in channels]
    return opens_at, channels, possible


def _check(priced: PricedCart, possible: Sequence[Terms], request: AdvanceRequest) -> None:
    if not all(terms.delivered for terms in possible):
        raise NotDelivered
    if request.shown is not None:
        changed = differences(request.shown, priced)
        if changed or request.shown_total_cents not in (None, priced.total_cents):
            raise PricesChanged(changed)
    if not priced.lines:
        raise CartEmpty
    for terms in possible:
        check_terms(priced, terms)
    if minimum_age(priced) and not request.adult:
        raise AgeUnconfirmed(minimum_age=minimum_age(priced))


def _maximum(priced: PricedCart, possible: Sequence[Terms]) -> int:
    """The most it may come to: weighed goods at their heaviest, in the dearest of the slots."""
    return priced.maximum_cents + max((terms.fee_cents for terms in possible), default=0)


async def _write(
    tx: Transaction,
    request: AdvanceRequest,
    cart: Cart,
    policy: AdvancePolicy,
    *,
    opens_at: datetime,
    channels: tuple[Channel, ...],
    maximum_cents: int,
    now: datetime,
) -> AdvanceOrder:
    await publish_draw(tx, opens_at=opens_at, policy=policy, now=now)
    if not await records.share_store(tx, store_id=cart.store_id, opens_at=opens_at):
        raise OpeningPassed
    before = await records.claim_shopper(
        tx, shopper_id=request.shopper_id, store_id=cart.store_id, cart_id=cart.cart_id
    )
    await records.withdraw(tx, store_id=before[0], cart_id=before[1], shopper_id=request.shopper_id, now=now)
    agreement = _agreement(request, now)
    order = await records.put_order(
        tx,
        store_id=cart.store_id,
        cart_id=cart.cart_id,
        shopper_id=request.shopper_id,
        customer_id=request.customer_id,
        opens_at=opens_at,
        key=request.key,
        fingerprint=request.fingerprint(),
        wishes=request.wishes,
        any_channels=channels,
        cart_version=cart.updated_at,
        agreement=agreement,
        maximum_cents=maximum_cents,
        now=now,
    )
    event = await queries.draw_event(tx, opens_at=opens_at)
    if event is not None:
        await messages.tell(tx, message=taken(order, agreement, event.commitment), now=now)
    return order


def _agreement(request: AdvanceRequest, now: datetime) -> Agreement:
    shared = {name: getattr(request, name) for name in _SHARED}
    return Agreement(
        **shared,
        legal_version=LEGAL_VERSION,
        button=ORDER_BUTTONS.get(request.language, ORDER_BUTTON),
        asked_at=now,
    )


_SHARED = tuple(set(AdvanceRequest.__struct_fields__) & set(Agreement.__struct_fields__))
