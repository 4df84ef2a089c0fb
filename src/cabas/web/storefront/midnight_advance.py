"""What a shopper asked for in advance, as the page "Ready for midnight" shows it: waiting, placed or unplaced."""

import secrets
from datetime import timedelta
from typing import Any

import msgspec

from cabas.domain.advance import operations as advance
from cabas.domain.advance import queries
from cabas.domain.advance.model import AdvanceOrder, AdvanceRequest, AdvanceState
from cabas.domain.carts.model import Cart
from cabas.domain.slots import queries as slots
from cabas.domain.slots.model import Slot
from cabas.kit.clock import paris_day
from cabas.kit.db import Connection
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.policies import DEFAULTS
from cabas.web import dates
from cabas.web.request import ShopRequest
from cabas.web.storefront.midnight import Opening
from cabas.web.storefront.midnight_form import Wished
from cabas.web.storefront.shopper import Shopper
from cabas.web.storefront.slot_view import near_views, when_label

NEWS_EVERY_SECONDS = 15
"""How often a page without scripts asks what the draw has given."""

SHORT_DIGEST = 16


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The request with the slots it names. ``commitment``: the digest of the draw's secret, in hexadecimal."""

    order: AdvanceOrder
    slots: dict[int, Slot]
    commitment: str
    stale: bool
    """The basket was changed since: it must be confirmed again."""


async def standing(
    request: ShopRequest, reader: Connection, shopper: Shopper, cart: Cart | None
) -> Standing | None:
    """What the visitor's basket was asked for in advance; None: nothing that still matters."""
    cart_id = request.visitor.cart_id
    if cart_id is None:
        return None
    asked = await queries.of_cart(reader, cart_id=cart_id, shopper_id=shopper.shopper_id)
    if asked is None or asked.state is AdvanceState.WITHDRAWN:
        return None
    named = dict.fromkeys((*asked.wishes, *asked.nearest, *filter(None, (asked.slot_id,))))
    found = [await slots.slot(reader, store_id=asked.store_id, slot_id=slot_id) for slot_id in named]
    event = await queries.draw_event(reader, opens_at=asked.opens_at)
    return Standing(
        order=asked,
        slots={slot.slot_id: slot for slot in found if slot},
        commitment=event.commitment.hex() if event else "",
        stale=cart is not None
        and asked.state is AdvanceState.WAITING
        and not asked.stands_for(cart.updated_at),
    )


def view(request: ShopRequest, kept: Standing | None, t: Catalogue) -> dict[str, Any] | None:
    """For `midnight/_standing.html`."""
    if kept is None:
        return None
    asked = kept.order
    won = kept.slots.get(asked.slot_id) if asked.slot_id else None
    nearest = [kept.slots[slot_id] for slot_id in asked.nearest if slot_id in kept.slots]
    reason = asked.reason or "full"
    return {
        "state": asked.state.value,
        "drawing": asked.state is AdvanceState.WAITING and request.now >= asked.opens_at,
        "stale": kept.stale,
        "wishes": [
            when_label(kept.slots[slot_id], t.language) for slot_id in asked.wishes if slot_id in kept.slots
        ],
        "any_slot": asked.any_slot,
        "maximum": format_cents(asked.maximum_cents, t.language),
        "slot": when_label(won, t.language) if won else "",
        "order_href": f"/commandes/{asked.order_id}" if asked.order_id else "",
        "why": t(f"midnight.unplaced_{reason}") if asked.state is AdvanceState.UNPLACED else "",
        "nearest": near_views(nearest, own_fee_cents=0, t=t),
        "draw_href": f"/tirages/{paris_day(asked.opens_at).isoformat()}",
        "commitment": kept.commitment[:SHORT_DIGEST],
        "asked_at": dates.full(asked.created_at, t.language),
    }


def undecided(kept: Standing | None) -> bool:
    return kept is not None and kept.order.state is AdvanceState.WAITING


def seconds_until_news(request: ShopRequest, opening: Opening, *, waited: bool) -> int:
    """
    When a browser without scripts should look again: at the opening, spread over the policy's span;
    after it, every few seconds while the draw is awaited. 0: there is no news to wait for.
    """
    if opening.open:
        return NEWS_EVERY_SECONDS + secrets.randbelow(NEWS_EVERY_SECONDS) if waited else 0
    spread = max(int(DEFAULTS.opening_spread / timedelta(seconds=1)), 1)
    return int((opening.opens_at - request.now) / timedelta(seconds=1)) + 1 + secrets.randbelow(spread)


async def ask(request: ShopRequest, wished: Wished, shopper: Shopper) -> AdvanceOrder:
    """
    Leave the order for the draw; said again before the opening, it replaces what was asked.

    The form must have been read without a fault (``wished.told`` and its contact are there).
    """
    asked, told = wished.asked, wished.told
    if told is None or asked.contact is None:
        raise ValueError("only a whole form can be asked for")
    async with request.transaction() as tx:
        return await advance.ask(
            tx,
            request=AdvanceRequest(
                cart_id=told.cart_id,
                shopper_id=shopper.shopper_id,
                customer_id=shopper.customer_id,
                key=asked.key,
                wishes=wished.wishes,
                any_slot=wished.any_slot,
                payment_method=asked.payment,
                contact=asked.contact,
                language=request.language,
                adult=asked.adult,
                substitution=asked.substitution,
                shown=told.lines,
                shown_total_cents=told.goods_cents,
            ),
            policy=DEFAULTS.advance,
            now=request.now,
        )


async def withdraw(request: ShopRequest, shopper: Shopper) -> None:
    """Take back what was asked. Nothing asked is no fault: it is what the shopper wants."""
    cart_id = request.visitor.cart_id
    if cart_id is None:
        return
    async with request.transaction() as tx:
        await advance.withdraw(
            tx,
            store_id=request.visitor.store_id,
            shopper_id=shopper.shopper_id,
            cart_id=cart_id,
            now=request.now,
        )
