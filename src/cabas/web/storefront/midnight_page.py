"""
The page "Ready for midnight": what is ready, how long it still is, and the whole order already filled in.

Nothing on it needs a reload: at the opening its island turns the page over by the server's clock, and the
same form then orders at once what it asked for in advance a second before.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response

from cabas.domain.carts.model import PricedCart
from cabas.domain.checkout import queries as checkout
from cabas.domain.checkout.model import Terms
from cabas.domain.slots import queries as slots
from cabas.domain.slots.model import Channel, Slot, SlotState
from cabas.domain.stores.model import StoreSummary
from cabas.kit.db import Connection
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.policies import DEFAULTS
from cabas.web import dates, pages
from cabas.web.pages import Frame
from cabas.web.request import ShopRequest
from cabas.web.storefront import basket_view, midnight_advance
from cabas.web.storefront.checkout_form import fresh_key, prefilled
from cabas.web.storefront.checkout_view import (
    Basis,
    Said,
    payment_options,
    recap_values,
    said_view,
    store_words,
)
from cabas.web.storefront.midnight import Opening, clock_values, opening_of
from cabas.web.storefront.midnight_form import WISHES_MAX, told_token
from cabas.web.storefront.midnight_ready import Ready, checklist
from cabas.web.storefront.shopper import cart_of, priced_now, shopper_of, store_of
from cabas.web.storefront.slot_page import own_fee_cents
from cabas.web.storefront.slot_view import MODES, fee_words, opening_words

MIDNIGHT = "/minuit"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is on the page already. ``values`` None: nothing was typed, the account's details are filled in.

    ``key`` "": the page makes one. ``channel`` None: the store's own way, or that of the wishes.
    """

    wishes: tuple[int, ...] = ()
    any_slot: bool = True
    channel: Channel | None = None
    values: Mapping[str, str] | None = None
    errors: Mapping[str, str] = {}
    key: str = ""
    said: Said | None = None


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """The day that opens, in one store and one way. ``own_fee_cents`` None: where to deliver isn't known."""

    opening: Opening
    channel: Channel
    slots: Sequence[Slot]
    own_fee_cents: int | None

    def fees(self) -> dict[int, int]:
        """What each slot costs beside the goods, by slot."""
        own = self.own_fee_cents or 0
        return {slot.slot_id: slot.fee_cents + own for slot in self.slots if not slot.closed}


async def midnight_page(request: ShopRequest, draft: Draft, *, status: int = 200) -> Response[Any]:
    t = request.site.catalogues[request.language]
    opening = opening_of(request.now)
    store = store_of(request, request.visitor.store_id)
    async with request.read() as reader:
        shopper = await shopper_of(request, reader)
        cart = await cart_of(request, reader, shopper)
        priced = await priced_now(request, reader, cart) if cart and cart.lines else None
        values = draft.values if draft.values is not None else await prefilled(request, reader, shopper)
        standing = await midnight_advance.standing(request, reader, shopper, cart)
        draft = _resumed(draft, standing)
        day = await _day(request, reader, store, draft, opening) if store else None
        terms = await _terms(request, reader, store, day) if store and day else None
    ready = Ready(
        store=store,
        priced=priced,
        cart=cart,
        terms=terms,
        person=shopper.customer,
        values=values,
        wishes=sum(wish in day.fees() for wish in draft.wishes) if day else 0,
    )
    form = None
    if store and cart and priced and priced.lines and day and terms and day.own_fee_cents is not None:
        basis = Basis(shopper=shopper, cart=cart, priced=priced, terms=terms, hold=None)
        form = _form(request, draft, day, basis, values, t)
    steps = checklist(ready, t)
    return pages.page(
        request,
        "storefront/midnight/midnight.html",
        Frame(title=t("midnight.title"), alcohol_banner=True),
        status=status,
        headers={"cache-control": "no-store"},
        opening=_opening_view(request, opening, t),
        steps=steps,
        all_ready=all(step["done"] for step in steps),
        standing=midnight_advance.view(request, standing, t),
        form=form,
        blocked=None if form else _blocked(store, day, priced, t),
        modes=_modes(store, day, t),
        error_list=[{"field": field, "text": text} for field, text in draft.errors.items()],
        refresh=_refresh(
            request, opening, standing, calm=draft.values is None and shopper.customer is not None
        ),
    )


async def _day(
    request: ShopRequest, reader: Connection, store: StoreSummary, draft: Draft, opening: Opening
) -> Day:
    channel = draft.channel
    if channel is None and draft.wishes:
        channel = Channel.DELIVERY if draft.wishes[0] % 10 == 2 else Channel.DRIVE
    if channel is None or (channel is Channel.DELIVERY and not store.delivers):
        channel = Channel.DRIVE if store.has_drive or not store.delivers else Channel.DELIVERY
    found = await slots.slots_between(
        reader, store_id=store.store_id, channel=channel, start=opening.day_starts, end=opening.day_ends
    )
    return Day(
        opening=opening,
        channel=channel,
        slots=found,
        own_fee_cents=await own_fee_cents(request, reader, store, channel),
    )


async def _terms(request: ShopRequest, reader: Connection, store: StoreSummary, day: Day) -> Terms | None:
    """The store's terms for the day, with its dearest fee: what is told is the most it can come to."""
    dearest = max(
        (slot for slot in day.slots if not slot.closed), key=lambda slot: slot.fee_cents, default=None
    )
    if dearest is None:
        return None
    return await checkout.terms(
        reader,
        store_id=store.store_id,
        slot_id=dearest.slot_id,
        postcode=request.visitor.postcode or None,
    )


def _form(
    request: ShopRequest, draft: Draft, day: Day, basis: Basis, values: Mapping[str, str], t: Catalogue
) -> dict[str, Any]:
    """For `midnight.html`: everything between the two ends of the form."""
    recap = recap_values(basis, t)
    fees = day.fees()
    chosen = [wish for wish in draft.wishes if wish in fees]
    options = [_option(slot, day, basis.priced, t, request) for slot in day.slots if not slot.closed]
    dearest = basis.terms.fee_cents
    if chosen and not draft.any_slot:
        dearest = max(fees[wish] for wish in chosen)
    return {
        **recap,
        "maximum": format_cents(basis.priced.maximum_cents + dearest, t.language),
        "key": draft.key or fresh_key(),
        "cart": str(basis.cart.cart_id),
        "shown": told_token(
            request.site.settings.secret_keys,
            cart_id=basis.cart.cart_id,
            opens_at=day.opening.opens_at,
            priced=basis.priced,
            fees=fees,
        ),
        "slot": str(chosen[0] if chosen else next(iter(fees), 0)),
        "wishes": [
            {
                "rank": rank,
                "name": f"wish_{rank}",
                "value": str(chosen[rank - 1]) if rank <= len(chosen) else "",
            }
            for rank in range(1, WISHES_MAX + 1)
        ],
        "options": options,
        "any_slot": draft.any_slot,
        "said": said_view(draft.said, basis, t) if draft.said else None,
        "values": dict(values),
        "errors": dict(draft.errors),
        "delivery": day.channel is Channel.DELIVERY,
        "store": store_words(store_of(request, basis.cart.store_id)),
        "signed_in": basis.shopper.customer is not None,
        "substitutions": basket_view.substitution_options(t),
        "substitution": values.get("substitution") or basis.cart.substitution.value,
        "payments": payment_options(t),
        "fees_differ": len(set(fees.values())) > 1,
    }


def _resumed(draft: Draft, standing: midnight_advance.Standing | None) -> Draft:
    """What was asked for in advance is on the form again, to be changed."""
    if standing is None or draft.wishes or draft.values is not None:
        return draft
    order = standing.order
    return msgspec.structs.replace(draft, wishes=order.wishes, any_slot=order.any_slot)


def _option(slot: Slot, day: Day, priced: PricedCart, t: Catalogue, request: ShopRequest) -> dict[str, str]:
    """One slot of the day in a list of wishes; ``maximum``: what the order comes to there, at most."""
    fee = slot.fee_cents + (day.own_fee_cents or 0)
    label = f"{dates.span(slot.starts_at, slot.ends_at, t.language)} · {fee_words(fee, t)}"
    full = slot.state(request.now) is SlotState.FULL
    return {
        "value": str(slot.slot_id),
        "label": f"{label} · {t('slots.full').lower()}" if full else label,
        "fee": str(fee),
        "maximum": format_cents(priced.maximum_cents + fee, t.language),
    }


def _opening_view(request: ShopRequest, opening: Opening, t: Catalogue) -> dict[str, Any]:
    spread = DEFAULTS.opening_spread
    return {
        **clock_values(opening, request.now, t),
        "day": dates.long_day(opening.day_starts, t.language),
        "when": opening_words(opening.opens_at, t),
        "clock": t("midnight.now", time=_minute(request, t)),
        "spread_ms": int(spread.total_seconds() * 1000),
    }


def _minute(request: ShopRequest, t: Catalogue) -> str:
    return dates.clock_time(request.now, t.language)


def _modes(store: StoreSummary | None, day: Day | None, t: Catalogue) -> list[dict[str, Any]]:
    """Pickup or delivery, when the store offers both."""
    if store is None or day is None or not (store.has_drive and store.delivers):
        return []
    return [
        {
            "name": t(f"slots.mode_{channel.value}"),
            "href": f"{MIDNIGHT}?mode={MODES[channel]}",
            "current": channel is day.channel,
        }
        for channel in (Channel.DRIVE, Channel.DELIVERY)
    ]


def _blocked(
    store: StoreSummary | None, day: Day | None, priced: PricedCart | None, t: Catalogue
) -> dict[str, str]:
    """Why there is nothing to order yet, and where to go."""
    if store is None:
        why, href = "store", "/magasins?retour=/minuit"
    elif priced is None or not priced.lines:
        why, href = "basket", f"/magasins/{store.slug}/rayons"
    elif day is None or not day.fees():
        why, href = "day", "/creneaux"
    else:
        why, href = "postcode", "/livraison"
    return {"text": t(f"midnight.blocked_{why}"), "label": t(f"midnight.blocked_{why}_go"), "href": href}


def _refresh(
    request: ShopRequest, opening: Opening, standing: midnight_advance.Standing | None, *, calm: bool
) -> str:
    """
    For a browser without scripts: when to load the page again, in seconds, and where.

    "": never, since something is being typed; the form works at the opening without that.
    """
    waited = midnight_advance.undecided(standing)
    if not calm and not waited:
        return ""
    seconds = midnight_advance.seconds_until_news(request, opening, waited=waited)
    return f"{seconds};url={pages.path_with_query(request)}" if seconds else ""
