"""The cagnotte: the card to show in a store, what is in it, each movement, and what earns."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from litestar import Response, get, post

from cabas.connectors.bridge_client import BridgeRefused
from cabas.domain.loyalty import operations as loyalty
from cabas.domain.loyalty import queries
from cabas.domain.loyalty.model import NETWORK, Card, EarningKind, EarningOffer, Entry
from cabas.kit.clock import PARIS
from cabas.kit.errors import Conflict
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.web import dates
from cabas.web.barcode import ean13_svg, grouped
from cabas.web.request import ShopRequest
from cabas.web.storefront.account_access import account_page, customer_of, done
from cabas.web.storefront.cards import until_day
from cabas.web.storefront.place import own_place

PATH: Final = "/compte/cagnotte"
SOON: Final = timedelta(days=62)
"""What runs out within this time is told beside the balance."""

OFFERS_SHOWN: Final = 24


class KeptElsewhere(Conflict):
    """The grocer's own programme gives the cards."""

    code = "loyalty_kept_elsewhere"


@get("/cagnotte", include_in_schema=False)
async def loyalty_page(request: ShopRequest) -> Response[str]:
    person = await customer_of(request)
    embedded = request.site.loyalty is None
    entries: list[Entry] = []
    soon: list[tuple[datetime, int]] = []
    async with request.read() as reader:
        card = await queries.card_of(reader, customer_id=person.customer_id)
        if card and embedded:
            entries = await queries.ledger(reader, customer_id=person.customer_id)
            soon = await queries.expiring(reader, customer_id=person.customer_id, before=request.now + SOON)
    t = request.site.catalogues[request.language]
    return account_page(
        request,
        "loyalty",
        section="loyalty",
        embedded=embedded,
        card=_card(card) if card else None,
        balance=await _balance(request, card, t) if card else None,
        soon=[
            t("loyalty.soon", amount=format_cents(cents, t.language), day=_last_day(until, t))
            for until, cents in soon
        ],
        entries=[_entry(request, entry, t) for entry in entries],
        entries_max=queries.ENTRIES_MAX if len(entries) == queries.ENTRIES_MAX else 0,
        offers=_offers(request, t),
    )


@post("/cagnotte/carte", include_in_schema=False)
async def open_card(request: ShopRequest) -> Response[Any]:
    """
    The customer asks for their card; asking again gives the one they have.

    :raises KeptElsewhere: the grocer's own programme gives them.
    """
    person = await customer_of(request)
    if request.site.loyalty is not None:
        raise KeptElsewhere
    async with request.transaction() as tx:
        await loyalty.open_card(tx, customer_id=person.customer_id, now=request.now)
    return done(request, PATH, "loyalty.opened")


def _card(card: Card) -> dict[str, str]:
    return {"bars": ean13_svg(card.number), "number": grouped(card.number)}


async def _balance(request: ShopRequest, card: Card, t: Catalogue) -> dict[str, str]:
    """``as_of``: what is set aside, or when another system told it. ``amount`` "": nobody knows now."""
    outside = request.site.loyalty
    if outside is None:
        reserved = format_cents(card.reserved_cents, t.language)
        return {
            "amount": format_cents(card.balance_cents, t.language),
            "as_of": t("loyalty.reserved", amount=reserved) if card.reserved_cents else "",
        }
    try:
        known = await outside.balance(str(card.number))
    except BridgeRefused:
        known = None
    if known is None:
        return {"amount": "", "as_of": ""}
    return {
        "amount": format_cents(known.cents, t.language),
        "as_of": t("loyalty.as_of", time=dates.full(known.at, t.language)),
    }


def _entry(request: ShopRequest, entry: Entry, t: Catalogue) -> dict[str, Any]:
    store = request.site.directory.store(entry.store_id) if entry.store_id != NETWORK else None
    sign = "+" if entry.cents > 0 else "\N{MINUS SIGN}"
    return {
        "what": t(f"loyalty.entry_{entry.kind.value}"),
        "day": dates.day_in_words(entry.at.astimezone(PARIS).date(), t.language),
        "store": store.name if store else "",
        "order_href": f"/commandes/{entry.order_id}" if entry.order_id else "",
        "amount": f"{sign}\u00a0{format_cents(abs(entry.cents), t.language)}",
        "earned": entry.cents > 0,
        "until": _until(entry, t),
    }


def _until(entry: Entry, t: Catalogue) -> str:
    """Until when an earning is good, and what is left of it when that is not all."""
    if entry.expires_at is None:
        return ""
    if entry.left_cents == 0:
        return t("loyalty.used_up")
    day = _last_day(entry.expires_at, t)
    if entry.left_cents == entry.cents:
        return t("loyalty.until", day=day)
    return t("loyalty.left_until", amount=format_cents(entry.left_cents, t.language), day=day)


def _last_day(until: datetime, t: Catalogue) -> str:
    """The last whole day before an exclusive end, with its year."""
    return dates.day_in_words((until - timedelta(microseconds=1)).astimezone(PARIS).date(), t.language)


def _offers(request: ShopRequest, t: Catalogue) -> list[dict[str, str]]:
    """What earns now in the visitor's store, or everywhere when they have none; what ends first stands first."""
    place, now = own_place(request), request.now
    running = (
        offer
        for offer in request.site.directory.earning.all
        if offer.runs_at(now) and offer.store_id in (NETWORK, place.store_id)
    )
    return [_offer(request, offer, place.base, t) for offer in _first(running)]


def _first(offers: Iterable[EarningOffer]) -> list[EarningOffer]:
    return sorted(offers, key=lambda offer: (offer.ends_at, offer.label))[:OFFERS_SHOWN]


def _offer(request: ShopRequest, offer: EarningOffer, base: str, t: Catalogue) -> dict[str, str]:
    amount = (
        t("loyalty.offer_percent", percent=offer.amount)
        if offer.kind is EarningKind.PERCENT
        else t("loyalty.offer_cents", amount=format_cents(offer.amount, t.language))
    )
    return {
        "label": offer.label,
        "amount": amount,
        "until": t("loyalty.offer_until", day=until_day(offer.ends_at, t.language)),
        "href": _offer_href(request, offer, base),
    }


def _offer_href(request: ShopRequest, offer: EarningOffer, base: str) -> str:
    if offer.gtin is not None:
        return f"{base}/produits/{offer.gtin}"
    category = request.site.directory.categories.by_id.get(offer.category_id or 0)
    return f"{base}/rayons/{category.slug}" if category else ""
