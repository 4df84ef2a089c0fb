"""A store's offers: prices and availability edited in place, with history and undo."""

import re
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from cabas.domain.catalog import managing
from cabas.domain.catalog.managing import ListedOffer, OfferChange, OfferChangedSince
from cabas.domain.staff.model import Permission
from cabas.kit.money import format_cents
from cabas.web.console.access import page, store_desk
from cabas.web.dates import full
from cabas.web.forms import read_form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest

LISTED = 25
HISTORY = 15
QUERY_LENGTH_MAX = 80
PRICE_CENTS_MAX = 100_000
_PRICE = re.compile(r"\d{1,5}([.,]\d{1,2})?")
_STATUSES = ("1", "2", "0")


@get("/magasins/{slug:str}/offres", include_in_schema=False)
async def listed(
    request: ShopRequest, slug: FromPath[str], q: FromQuery[str] = "", apres: FromQuery[int] = 0
) -> Response[str]:
    return await _listed(request, slug, q, apres)


@post("/magasins/{slug:str}/offres/{gtin:int}", include_in_schema=False)
async def change(request: ShopRequest, slug: FromPath[str], gtin: FromPath[int]) -> Response[str]:
    form = await read_form(request)
    query = form.text("q", required=False, length_max=QUERY_LENGTH_MAX)
    price = read_price(form.text("price", length_max=12))
    status = form.choice("status", frozenset(_STATUSES))
    if price is None:
        form.fail("price", "console.bad_price")
    if not form.ok or price is None:
        return await _listed(request, slug, query, 0, wrong=(gtin, form.errors, form.values))
    t = request.site.catalogues[request.language]
    async with request.transaction() as tx:
        desk = await store_desk(request, tx, slug, Permission.MANAGE_OFFERS)
        await managing.change_offer(
            tx,
            store_id=desk.store_id,
            gtin=gtin,
            price_cents=price,
            status=int(status),
            actor=desk.actor.name,
            now=request.now,
        )
    return see_other(
        request,
        f"{desk.base}/offres?{urlencode({'q': query})}",
        notice=Notice("ok", t("console.offer_saved")),
    )


@post("/magasins/{slug:str}/offres/changements/{change_id:uuid}/annulation", include_in_schema=False)
async def undo(request: ShopRequest, slug: FromPath[str], change_id: FromPath[UUID]) -> Response[str]:
    t = request.site.catalogues[request.language]
    notice = Notice("ok", t("console.undone"))
    async with request.transaction() as tx:
        desk = await store_desk(request, tx, slug, Permission.MANAGE_OFFERS)
        try:
            await managing.undo_offer_change(tx, store_id=desk.store_id, change_id=change_id, now=request.now)
        except OfferChangedSince:
            notice = Notice("ko", t("console.undo_superseded"))
    return see_other(request, f"{desk.base}/offres", notice=notice)


def read_price(text: str) -> int | None:
    """``2,49`` or ``2.49`` in euros → cents; None when it isn't a price above zero."""
    if not _PRICE.fullmatch(text) or not text.isascii():
        return None
    try:
        cents = int(Decimal(text.replace(",", ".")) * 100)
    except InvalidOperation:
        return None
    return cents if 0 < cents <= PRICE_CENTS_MAX else None


async def _listed(
    request: ShopRequest,
    slug: str,
    query: str,
    after: int,
    wrong: tuple[int, dict[str, str], dict[str, str]] | None = None,
) -> Response[str]:
    wanted = query.replace("\0", "").strip()[:QUERY_LENGTH_MAX]
    async with request.read() as reader:
        desk = await store_desk(request, reader, slug, Permission.MANAGE_OFFERS)
        offers = await managing.offers_of_store(
            reader, store_id=desk.store_id, query=wanted, after_gtin=max(after, 0), limit=LISTED + 1
        )
        changes = await managing.offer_changes(reader, store_id=desk.store_id, limit=HISTORY)
    t = request.site.catalogues[request.language]
    more = len(offers) > LISTED
    shown = offers[:LISTED]
    return page(
        request,
        desk,
        "console/offers.html",
        Frame(title=t("console.nav_offers"), nav="offers"),
        status=422 if wrong else 200,
        query=wanted,
        action=f"{desk.base}/offres",
        statuses=[{"value": value, "label": t(f"console.status_{value}")} for value in _STATUSES],
        offers=[_offer(request, offer, wrong) for offer in shown],
        next_href=f"?{urlencode({'q': wanted, 'apres': shown[-1].gtin})}" if more else "",
        changes=[_change(request, change, desk.base) for change in changes],
        error_list=[{"field": "", "text": text} for text in (wrong[1].values() if wrong else ())],
    )


def _offer(
    request: ShopRequest, offer: ListedOffer, wrong: tuple[int, dict[str, str], dict[str, str]] | None
) -> dict[str, str]:
    mine = wrong if wrong and wrong[0] == offer.gtin else None
    price = f"{offer.price_cents // 100},{offer.price_cents % 100:02d}"
    return {
        "gtin": f"{offer.gtin:013d}",
        "name": offer.name,
        "brand": offer.brand,
        "picture": offer.picture,
        "price": mine[2].get("price", price) if mine else price,
        "unit_price": f"{format_cents(offer.unit_price_cents, request.language)}/{offer.unit_basis}",
        "status": str(offer.status),
        "error": " ".join(mine[1].values()) if mine else "",
    }


def _change(request: ShopRequest, change: OfferChange, base: str) -> dict[str, object]:
    t = request.site.catalogues[request.language]

    def say(state: dict[str, object]) -> str:
        price = format_cents(int(str(state["price_cents"])), request.language)
        return f"{price} ({t('console.status_' + str(state['status']))})"

    return {
        "name": change.name,
        "what": t("console.offer_change", was=say(change.before), now=say(change.after)),
        "who": change.changed_by,
        "when": full(change.changed_at, request.language),
        "undone": change.undone_at is not None,
        "undo": f"{base}/offres/changements/{change.change_id}/annulation",
    }
