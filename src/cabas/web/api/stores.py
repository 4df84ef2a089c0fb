"""Where the network sells: stores near a place, by name, and one in full."""

import re
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.params import QueryParameter

from cabas.domain.stores import finder
from cabas.domain.stores import queries as stores
from cabas.domain.stores.model import Store, StoreSummary
from cabas.kit.clock import paris_day
from cabas.kit.errors import Invalid
from cabas.web.api.problems import answers
from cabas.web.api.wire import (
    CURRENCY,
    PAGE_MAX,
    QUERY_LENGTH_MAX,
    Cursor,
    StorePath,
    read_cursor,
    store_named,
    write_cursor,
)
from cabas.web.request import ShopRequest

TAGS = ["stores"]
NEAR_PATTERN = r"^-?[0-9]{1,2}(\.[0-9]{1,9})?,-?[0-9]{1,3}(\.[0-9]{1,9})?$"
_NEAREST = 20
_NEAR = re.compile(NEAR_PATTERN)


class BadPlace(Invalid):
    """`near` is `latitude,longitude` in degrees: 48.1,-1.68."""

    code = "bad_place"


class StoreShape(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    slug: str
    name: str
    format: str
    street: str
    postcode: str
    city: str
    department: str
    region: str
    latitude: float
    longitude: float
    services: list[str]
    has_drive: bool
    delivers: bool
    drive_fee: int
    drive_minimum: int
    """What the goods of a drive order come to at least."""
    currency: str
    distance_km: float | None
    """From the place asked about."""


class StoreList(msgspec.Struct, frozen=True, kw_only=True):
    items: list[StoreShape]
    next: str | None


class Closure(msgspec.Struct, frozen=True):
    day: date
    reason: str


class StoreDetail(StoreShape, frozen=True, kw_only=True):
    phone: str
    email: str
    seller: dict[str, Any]
    """The legal entity that sells."""
    opening_hours: dict[str, list[list[str]]]
    """By ISO weekday, `1` to `7`: spans of the Paris clock."""
    closures: list[Closure]


@get(
    "/stores",
    operation_id="listStores",
    summary="Stores near a place, by what was typed, or all",
    tags=TAGS,
    responses=answers(_422="bad_place, bad_cursor."),
)
async def list_stores(
    request: ShopRequest,
    near: Annotated[
        str | None,
        QueryParameter(pattern=NEAR_PATTERN, description="`latitude,longitude`; the nearest come first."),
    ] = None,
    q: Annotated[
        str | None,
        QueryParameter(max_length=QUERY_LENGTH_MAX, description="A town, a postcode, or a store's name."),
    ] = None,
    cursor: Cursor = None,
) -> StoreList:
    """`near` goes before `q`; with neither, every store that sells online, by number."""
    if near is None and q is None:
        return _all(request, cursor)
    async with request.read() as reader:
        if near is not None:
            latitude, longitude = _place(near)
            found = await finder.stores_near(reader, latitude=latitude, longitude=longitude, limit=_NEAREST)
        else:
            found = await finder.find_stores(reader, text=q or "", limit=_NEAREST)
    return StoreList(
        items=[store_shape(one.store, distance_km=round(one.distance_km, 1)) for one in found], next=None
    )


@get(
    "/stores/{store:str}",
    operation_id="getStore",
    summary="One store in full",
    tags=TAGS,
    responses=answers(_404="store_unknown."),
)
async def show_store(request: ShopRequest, store: StorePath) -> StoreDetail:
    """With its opening hours, its coming closures and who the seller is."""
    known = store_named(request, store)
    async with request.read() as reader:
        found = await stores.store(reader, store_id=known.store_id, today=paris_day(request.now))
    return _detail(found)


def store_shape(store: StoreSummary, *, distance_km: float | None = None) -> StoreShape:
    return StoreShape(**_summary(store), distance_km=distance_km)


def _all(request: ShopRequest, cursor: str | None) -> StoreList:
    (after,) = read_cursor(cursor, int) if cursor else (0,)
    later = [
        store
        for store in request.site.directory.stores()
        if store.store_id > after and (store.has_drive or store.delivers)
    ]
    page = later[:PAGE_MAX]
    return StoreList(
        items=[store_shape(store) for store in page],
        next=write_cursor(page[-1].store_id) if len(later) > PAGE_MAX else None,
    )


def _place(near: str) -> tuple[float, float]:
    """:raises BadPlace: not on this earth."""
    if not _NEAR.fullmatch(near):
        raise BadPlace
    latitude, longitude = map(float, near.split(","))
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise BadPlace
    return latitude, longitude


def _summary(store: StoreSummary) -> dict[str, Any]:
    return {
        "id": str(store.store_id),
        "slug": store.slug,
        "name": store.name,
        "format": store.format,
        "street": store.street,
        "postcode": store.postcode,
        "city": store.city,
        "department": store.department,
        "region": store.region,
        "latitude": store.latitude,
        "longitude": store.longitude,
        "services": list(store.services),
        "has_drive": store.has_drive,
        "delivers": store.delivers,
        "drive_fee": store.drive_fee_cents,
        "drive_minimum": store.drive_minimum_cents,
        "currency": CURRENCY,
    }


def _detail(store: Store) -> StoreDetail:
    return StoreDetail(
        **_summary(store.summary),
        distance_km=None,
        phone=store.phone,
        email=store.email,
        seller=store.legal_entity,
        opening_hours={day: [list(span) for span in spans] for day, spans in store.opening_hours.items()},
        closures=[Closure(day, reason) for day, reason in sorted(store.closures.items())],
    )


ROUTES = [list_stores, show_store]
