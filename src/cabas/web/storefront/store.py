"""A store's own page: hours, closures, services, who sells, the next slots, and choosing it."""

from datetime import timedelta
from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from cabas.domain.slots import queries as slots
from cabas.domain.slots.model import Channel, Slot, SlotState
from cabas.domain.stores import queries as stores
from cabas.domain.stores.model import Store
from cabas.kit.clock import paris_day
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.web import pages
from cabas.web.dates import clock_time, short_day
from cabas.web.pages import Frame
from cabas.web.request import ShopRequest
from cabas.web.storefront import store_map, store_words
from cabas.web.storefront.place import store_named
from cabas.web.storefront.stores import back_of

SLOTS_SHOWN = 6
LOOKED_AHEAD = timedelta(days=3)


@get("/magasins/{slug:str}", include_in_schema=False)
async def store_page(request: ShopRequest, slug: FromPath[str]) -> Response[str]:
    summary = store_named(request, slug)
    now = request.now
    async with request.read() as reader:
        await request.signed_in(reader)
        store = await stores.store(reader, store_id=summary.store_id, today=paris_day(now))
        coming = await slots.slots_between(
            reader, store_id=summary.store_id, channel=Channel.DRIVE, start=now, end=now + LOOKED_AHEAD
        )
    open_slots = [slot for slot in coming if slot.state(now) is SlotState.OPEN][:SLOTS_SHOWN]
    return _page(request, store, open_slots)


def _page(request: ShopRequest, store: Store, open_slots: list[Slot]) -> Response[str]:
    t = request.site.catalogues[request.language]
    summary, now = store.summary, request.now
    address = f"{summary.street}, {summary.postcode} {summary.city}"
    hours = store_words.open_now(store, now, t)
    return pages.page(
        request,
        "storefront/store.html",
        Frame(
            title=summary.name,
            description=t("stores.page_description", name=summary.name, city=summary.city),
            canonical=f"{request.site.settings.public_url}/magasins/{summary.slug}",
        ),
        name=summary.name,
        format=t(f"stores.format_{summary.format}"),
        address=address,
        phone=store.phone,
        phone_href=f"tel:+33{store.phone.replace(' ', '')[1:]}" if store.phone else "",
        email=store.email,
        hours=hours,
        week=store_words.week(store, now, t),
        closures=store_words.closures(store, t),
        services=store_words.services(summary, t),
        fee=store_words.fee(summary, t) if summary.has_drive else "",
        slots=[_slot_values(slot, t) for slot in open_slots],
        seller=_seller(store),
        chosen=request.visitor.store_id == summary.store_id,
        review=request.visitor.basket_count > 0,
        base=f"/magasins/{summary.slug}",
        back=back_of(request),
        before=_before(request, summary.slug),
        moved=request.query_params.get("panier") == "suivi",
        marks=store_map.marks([summary], store_map.WHOLE),
        dots=store_map.dots(tuple(one for one in request.site.directory.stores() if one.store_id)),
        linked=_linked_data(store, address, request.site.settings.public_url),
    )


def _slot_values(slot: Slot, t: Catalogue) -> dict[str, str]:
    return {
        "day": short_day(slot.starts_at, t.language),
        "time": clock_time(slot.starts_at, t.language),
        "fee": format_cents(slot.fee_cents, t.language) if slot.fee_cents else t("stores.free"),
    }


def _seller(store: Store) -> dict[str, str]:
    """Who sells (L221-5): each store is its own company."""
    entity = store.legal_entity
    return {key: str(entity.get(key, "")) for key in ("name", "registration", "address", "capital")}


def _before(request: ShopRequest, slug: str) -> dict[str, str] | None:
    """The store just left, to go back to it."""
    known = request.site.directory.store_by_slug(request.query_params.get("avant", "")[:80])
    if known is None or known.store_id == 0 or known.slug == slug:
        return None
    return {"name": known.name, "to": f"/magasins/{known.slug}/choix"}


def _linked_data(store: Store, address: str, public_url: str) -> dict[str, Any]:
    summary = store.summary
    return {
        "@context": "https://schema.org",
        "@type": "GroceryStore",
        "name": summary.name,
        "url": f"{public_url}/magasins/{summary.slug}",
        "address": address,
        "telephone": store.phone,
        "geo": {
            "@type": "GeoCoordinates",
            "latitude": summary.latitude,
            "longitude": summary.longitude,
        },
    }
