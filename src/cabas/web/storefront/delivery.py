"""Delivered or not: the postcode says which stores come, for how much, from when on; else the nearest drives."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery

from cabas.domain.slots import queries as slots
from cabas.domain.slots.model import Channel, Slot
from cabas.domain.stores import finder
from cabas.domain.stores.finder import DeliveryArea, NearStore
from cabas.kit.db import Connection
from cabas.kit.money import format_cents
from cabas.kit.quantity import format_quantity
from cabas.web import dates, pages
from cabas.web.forms import Form, read_form
from cabas.web.pages import Frame, see_other
from cabas.web.request import ShopRequest
from cabas.web.storefront.slot_view import fee_words

STORES_MAX = 5
NEXT = "/creneaux?mode=livraison"


@get("/livraison", include_in_schema=False)
async def delivery(request: ShopRequest, code_postal: FromQuery[str] = "") -> Response[str]:
    t = request.site.catalogues[request.language]
    form = Form({"postcode": code_postal or request.visitor.postcode}, t)
    postcode = form.postcode("postcode", required=bool(code_postal))
    return await _page(request, form, postcode if form.ok else "")


@post("/livraison", include_in_schema=False)
async def keep(request: ShopRequest) -> Response[Any]:
    """The postcode is kept for the fees and for checkout; another store is chosen on its own page."""
    form = await read_form(request)
    postcode = form.postcode("postcode")
    slug = form.text("store", length_max=100)
    store = request.site.directory.store_by_slug(slug)
    if not form.ok or store is None:
        return await _page(request, form, "")
    request.remember(msgspec.structs.replace(request.visitor, postcode=postcode))
    if store.store_id == request.visitor.store_id:
        return see_other(request, NEXT)
    return see_other(request, f"/magasins/{store.slug}/choix?retour=%2Fcreneaux%3Fmode%3Dlivraison")


async def _page(request: ShopRequest, form: Form, postcode: str) -> Response[str]:
    t = request.site.catalogues[request.language]
    areas: list[dict[str, Any]] = []
    drives: list[dict[str, Any]] = []
    async with request.read() as reader:
        await request.signed_in(reader)
        if postcode:
            found = await finder.delivering_to(reader, postcode=postcode)
            areas = await _areas(request, reader, found[:STORES_MAX])
            drives = [] if found else await _drives(request, reader, postcode)
    errors = form.errors
    return pages.page(
        request,
        "storefront/slots/delivery.html",
        Frame(title=t("slots.delivery_title")),
        status=422 if errors else 200,
        values=form.values,
        errors=errors,
        postcode=postcode,
        areas=areas,
        drives=drives,
    )


async def _areas(request: ShopRequest, reader: Connection, areas: list[DeliveryArea]) -> list[dict[str, Any]]:
    t, language = request.site.catalogues[request.language], request.language
    next_slots = await slots.next_open_by_store(
        reader,
        store_ids=[area.store.store_id for area in areas],
        channel=Channel.DELIVERY,
        now=request.now,
    )
    return [
        {
            "name": area.store.name,
            "slug": area.store.slug,
            "place": f"{area.store.street}, {area.store.postcode} {area.store.city}",
            "fee": fee_words(area.fee_cents, t),
            "minimum": format_cents(area.minimum_cents, language) if area.minimum_cents else "",
            "when": _when(request, next_slots.get(area.store.store_id)),
            "own": area.store.store_id == request.visitor.store_id,
        }
        for area in areas
    ]


async def _drives(request: ShopRequest, reader: Connection, postcode: str) -> list[dict[str, Any]]:
    """The nearest pickups when nobody delivers there."""
    towns = await finder.towns(reader, text=postcode, limit=1)
    if not towns:
        return []
    near: list[NearStore] = await finder.stores_near(
        reader, latitude=towns[0].latitude, longitude=towns[0].longitude, limit=STORES_MAX * 2
    )
    near = [one for one in near if one.store.has_drive][:3]
    next_slots = await slots.next_open_by_store(
        reader, store_ids=[one.store.store_id for one in near], channel=Channel.DRIVE, now=request.now
    )
    return [
        {
            "name": one.store.name,
            "slug": one.store.slug,
            "distance": format_quantity(round(one.distance_km), "piece", request.language),
            "when": _when(request, next_slots.get(one.store.store_id)),
            "own": one.store.store_id == request.visitor.store_id,
        }
        for one in near
    ]


def _when(request: ShopRequest, slot: Slot | None) -> str:
    return dates.short_slot(slot.starts_at, request.now, request.language) if slot else ""
