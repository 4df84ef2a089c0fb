"""Finding a store: list first, map second; and whether it delivers."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get

from cabas.domain.slots import queries as slots
from cabas.domain.slots.model import Channel
from cabas.domain.stores import finder
from cabas.domain.stores import queries as stores
from cabas.domain.stores.finder import DeliveryArea, NearStore
from cabas.domain.stores.model import StoreSummary
from cabas.kit.clock import paris_day
from cabas.kit.db import Connection
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.kit.text import clean_line
from cabas.web import pages
from cabas.web.pages import Frame, is_local
from cabas.web.request import ShopRequest
from cabas.web.storefront import store_map, store_words
from cabas.web.storefront.place import NATIONAL, RETURN_LENGTH_MAX, choose_path

QUERY_LENGTH_MAX = 60
LISTED = 12
REACH_KM = 60.0
FAR_ONES = 3
POSTCODE_DIGITS = 5


@get("/magasins", include_in_schema=False)
async def finder_page(request: ShopRequest) -> Response[str]:
    """By postcode, town or name (``q``), or around a position (``lat``, ``lon``)."""
    t = request.site.catalogues[request.language]
    text = clean_line(request.query_params.get("q", "")[: QUERY_LENGTH_MAX * 4])[:QUERY_LENGTH_MAX]
    position = _position(request)
    async with request.read() as reader:
        await request.signed_in(reader)
        found = _worth_the_drive(await _found(reader, text, position))
        areas = await finder.delivering_to(reader, postcode=text) if _is_postcode(text) else []
        rows = await _rows(reader, request, found, t)
    asked = bool(text or position)
    listed = [near.store for near in found]
    view = store_map.view_of(listed)
    return pages.page(
        request,
        "storefront/stores.html",
        Frame(title=t("stores.title"), description=t("stores.description"), canonical=_canonical(request)),
        query=text,
        asked=asked,
        back=back_of(request),
        located=position is not None,
        rows=rows,
        count=t("stores.count", n=len(rows)) if asked else "",
        is_postcode=_is_postcode(text),
        deliveries=[_delivery(area, t) for area in areas[:3]],
        dots=store_map.dots(_all_stores(request)),
        marks=store_map.marks(listed, view),
        view_box=view.box,
        by_region=[] if asked else _regions(_all_stores(request)),
    )


def back_of(request: ShopRequest) -> str:
    """Where to return once a store is chosen; "" when nobody said, or said another site."""
    back = request.query_params.get("retour", "")
    return back if len(back) <= RETURN_LENGTH_MAX and is_local(back) else ""


async def _found(reader: Connection, text: str, position: tuple[float, float] | None) -> list[NearStore]:
    if position is not None:
        return await finder.stores_near(reader, latitude=position[0], longitude=position[1], limit=LISTED)
    return await finder.find_stores(reader, text=text, limit=LISTED) if text else []


def _worth_the_drive(found: list[NearStore]) -> list[NearStore]:
    """Those within reach; the nearest few when there is none."""
    return [near for near in found if near.distance_km <= REACH_KM] or found[:FAR_ONES]


async def _rows(
    reader: Connection, request: ShopRequest, found: Sequence[NearStore], t: Catalogue
) -> list[dict[str, Any]]:
    if not found:
        return []
    ids = [near.store.store_id for near in found]
    full = await stores.stores_in_full(reader, store_ids=ids, today=paris_day(request.now))
    soonest = await slots.next_open_by_store(reader, store_ids=ids, channel=Channel.DRIVE, now=request.now)
    back, chosen = back_of(request), request.visitor.store_id
    return [
        {
            "number": number,
            "name": near.store.name,
            "href": f"/magasins/{near.store.slug}",
            "address": f"{near.store.street}, {near.store.postcode} {near.store.city}",
            "distance": store_words.distance(near.distance_km, t.language) if near.distance_km else "",
            "format": t(f"stores.format_{near.store.format}"),
            "slot": store_words.next_slot(soonest.get(near.store.store_id), request.now, t)
            if near.store.has_drive
            else "",
            "hours": store_words.open_now(full[near.store.store_id], request.now, t),
            "services": store_words.services(near.store, t),
            "fee": store_words.fee(near.store, t) if near.store.has_drive else "",
            "chosen": near.store.store_id == chosen,
            "choose_to": f"/magasins/{near.store.slug}/choix",
            "choose_href": choose_path(near.store.slug, back),
            "review": request.visitor.basket_count > 0,
        }
        for number, near in enumerate(found, 1)
        if near.store.store_id in full
    ]


def _delivery(area: DeliveryArea, t: Catalogue) -> dict[str, str]:
    return {
        "name": area.store.name,
        "href": f"/magasins/{area.store.slug}",
        "text": t(
            "stores.delivery_terms",
            fee=format_cents(area.fee_cents, t.language),
            minimum=format_cents(area.minimum_cents, t.language),
        ),
    }


def _position(request: ShopRequest) -> tuple[float, float] | None:
    """Decimal degrees within the world; anything else is no position."""
    try:
        latitude, longitude = (float(request.query_params.get(name, "")[:20]) for name in ("lat", "lon"))
    except ValueError:
        return None
    inside = -90 <= latitude <= 90 and -180 <= longitude <= 180  # also false for NaN
    return (latitude, longitude) if inside else None


def _is_postcode(text: str) -> bool:
    return len(text) == POSTCODE_DIGITS and text.isascii() and text.isdigit()


def _all_stores(request: ShopRequest) -> tuple[StoreSummary, ...]:
    return tuple(store for store in request.site.directory.stores() if store.store_id != NATIONAL)


def _regions(known: Sequence[StoreSummary]) -> list[dict[str, Any]]:
    """Every drive by region, for who would rather read than search, and for search engines."""
    regions: dict[str, list[StoreSummary]] = {}
    for store in known:
        if store.has_drive:
            regions.setdefault(store.region, []).append(store)
    return [
        {
            "name": region,
            "count": str(len(members)),
            "stores": [
                {"label": one.name, "href": f"/magasins/{one.slug}"}
                for one in sorted(members, key=lambda one: one.name)
            ],
        }
        for region, members in sorted(regions.items())
    ]


def _canonical(request: ShopRequest) -> str:
    return f"{request.site.settings.public_url}/magasins"
