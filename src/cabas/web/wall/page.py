"""`/wall`: orders, places, waiting room, ladder and receipts, each with its age; head office only."""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from cabas.web import pages
from cabas.web.console.access import network_desk
from cabas.web.pages import Frame, see_other
from cabas.web.request import ShopRequest
from cabas.web.wall import tiles
from cabas.web.wall.snapshot import Wall

PATH = "/console/mur"
REFRESH_SECONDS = 5
"""Without JavaScript the page is loaded again this often."""


@get("/mur", include_in_schema=False)
async def wall(request: ShopRequest) -> Response[str]:
    t = request.site.catalogues[request.language]
    return pages.page(
        request,
        "console/wall.html",
        Frame(title=t("wall.title")),
        frame_extra={"theme": "dark"},
        href=f"{PATH}/etat",
        back="/console",
        refresh_seconds=REFRESH_SECONDS,
        tiles=await _tiles(request),
    )


@get("/mur/etat", include_in_schema=False)
async def state(request: ShopRequest) -> Response[str]:
    """The tiles alone, taken again each second."""
    return pages.fragment(request, "console/wall_state.html", tiles=await _tiles(request))


@get(["/wall", "/mur"], include_in_schema=False)
async def short(request: ShopRequest) -> Redirect | Response[str]:
    """What one types on the screen's own keyboard. The console's path is served when shops are read-only, too."""
    return see_other(request, PATH)


async def _tiles(request: ShopRequest) -> list[dict[str, object]]:
    async with request.read() as reader:
        await network_desk(request, reader)
    app = request.app.state
    if "wall" not in app:
        app["wall"] = Wall()
    kept: Wall = app["wall"]
    now_at, now = await kept.now.get(request.site.database, request.now)
    sold_at, sold = await kept.sold.get(request.site.database, request.now)
    t = request.site.catalogues[request.language]
    ages = (request.now - now_at, request.now - sold_at)
    return tiles.all_of(now, sold, ages=ages, at=request.now, t=t)


CONSOLE_ROUTES: list[HTTPRouteHandler] = [wall, state]
ROUTES: list[HTTPRouteHandler] = [short]
