"""Head office's first page: the network as a table, and the same as a map."""

from datetime import timedelta
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import FromQuery

from cabas.domain.capacity import queries as capacity
from cabas.domain.capacity.queries import StoreLoad
from cabas.domain.staff.model import NETWORK, Permission, allowed
from cabas.kit.clock import paris_day, paris_midnight
from cabas.policies import DEFAULTS
from cabas.web.console.access import network_desk, page
from cabas.web.console.map import points
from cabas.web.pages import Frame, see_other
from cabas.web.request import ShopRequest

WINDOW = timedelta(hours=48)
ROWS_SHOWN = 200
FEW_PERCENT = 10
SORTS = {
    "name": lambda load: load.name,
    "region": lambda load: (load.region, load.department, load.name),
    "left": lambda load: load.left_percent,
    "orders": lambda load: -load.orders_today,
    "unreceived": lambda load: -load.unreceived,
}
_COLUMNS = (("name", False), ("region", False), ("left", True), ("orders", True), ("unreceived", True))


@get("/", include_in_schema=False)
async def network(
    request: ShopRequest, tri: FromQuery[str] = "left", region: FromQuery[str] = ""
) -> Response[str]:
    async with request.read() as reader:
        actor = await request.staff_actor(reader)
        if actor and not allowed(actor, Permission.SEE_NETWORK, NETWORK):
            return see_other(request, "/console/arrivee")
        desk = await network_desk(request, reader)
        loads = await capacity.network(
            reader,
            start=request.now,
            end=request.now + WINDOW,
            day_start=paris_midnight(paris_day(request.now)),
            late_since=request.now - DEFAULTS.receipt_amber_after,
        )
    t = request.site.catalogues[request.language]
    shown = [load for load in loads if not region or load.region == region]
    shown.sort(key=SORTS.get(tri, SORTS["left"]))
    return page(
        request,
        desk,
        "console/network.html",
        Frame(title=t("console.network_title"), nav="network"),
        stats=_stats(request, shown),
        columns=_columns(request, tri, region),
        rows=[_row(request, load) for load in shown[:ROWS_SHOWN]],
        hidden=max(0, len(shown) - ROWS_SHOWN),
        choices=[{"value": "", "label": t("console.all_regions")}]
        + [{"value": name, "label": name} for name in sorted({load.region for load in loads})],
        region=region,
        tri=tri,
        points=points(shown),
    )


def _stats(request: ShopRequest, loads: list[StoreLoad]) -> list[dict[str, str]]:
    t = request.site.catalogues[request.language]
    left, places = sum(load.left for load in loads), sum(load.capacity for load in loads)
    unreceived = sum(load.unreceived for load in loads)
    return [
        {"label": t("console.stores"), "value": t("console.count", n=len(loads)), "note": "", "kind": ""},
        {
            "label": t("console.orders_today"),
            "value": t("console.count", n=sum(load.orders_today for load in loads)),
            "note": "",
            "kind": "",
        },
        {
            "label": t("console.places_left_48h"),
            "value": t("console.count", n=left),
            "note": t("console.of_places", n=places),
            "kind": "warn" if places and left * 100 < places * FEW_PERCENT else "",
        },
        {
            "label": t("console.unreceived"),
            "value": t("console.count", n=unreceived),
            "note": t("console.unreceived_note"),
            "kind": "ko" if unreceived else "",
        },
    ]


def _columns(request: ShopRequest, sort: str, region: str) -> list[dict[str, object]]:
    t = request.site.catalogues[request.language]
    return [
        {
            "label": t(f"console.column_{key}"),
            "number": number,
            "sort_href": "?" + urlencode({"tri": key, "region": region}),
            "sorted": "ascending" if key == sort else "",
        }
        for key, number in _COLUMNS
    ]


def _row(request: ShopRequest, load: StoreLoad) -> list[dict[str, str]]:
    t = request.site.catalogues[request.language]
    return [
        {"text": load.name, "href": f"/console/magasins/{load.slug}", "badge": ""},
        {"text": load.department, "href": "", "badge": ""},
        {
            "text": t("console.left_of", left=load.left, capacity=load.capacity, percent=load.left_percent),
            "href": "",
            "badge": "ko" if load.left == 0 else "warn" if load.left_percent < FEW_PERCENT else "",
        },
        {"text": t("console.count", n=load.orders_today), "href": "", "badge": ""},
        {
            "text": t("console.count", n=load.unreceived),
            "href": "",
            "badge": "ko" if load.unreceived else "",
        },
    ]
