"""What surrounds every page: the service worker, the page without network, language and theme."""

from typing import Any

import msgspec
from litestar import Request, Response, get, post

from cabas.web import errors, pages
from cabas.web.assets import BUILT
from cabas.web.forms import read_form
from cabas.web.guard import refuse_forged
from cabas.web.pages import Frame, see_other
from cabas.web.request import ShopRequest

LAST_COPIES = 3
THEMES = frozenset({"auto", "light", "dark"})


async def before_page(request: Request[Any, Any, Any]) -> Response[str] | None:
    """Before every handler of the storefront; from L3 a page is its last copy, where there is one."""
    await refuse_forged(request)
    if not isinstance(request, ShopRequest):
        raise TypeError("the sites' requests are ShopRequests")
    ladder = request.site.ladder
    if ladder.level < LAST_COPIES or request.method != "GET" or errors.wants_json(request):
        return None
    return pages.last_copy(request)


@get("/sw.js", include_in_schema=False)
async def service_worker() -> Response[bytes]:
    """At the root, so that it may answer for the whole site; never kept, so that a new one arrives."""
    file = BUILT / "sw.js"
    return Response(
        file.read_bytes() if file.is_file() else b"",
        media_type="text/javascript",
        headers={"cache-control": "no-cache", "service-worker-allowed": "/"},
    )


@get("/hors-ligne", include_in_schema=False)
async def offline(request: ShopRequest) -> Response[str]:
    t = request.site.catalogues[request.language]
    return pages.page(request, "ui/offline.html", Frame(title=t("common.offline_banner")))


@post("/preferences", include_in_schema=False)
async def preferences(request: ShopRequest) -> Response[str]:
    """Language and theme, kept with the visitor."""
    form = await read_form(request)
    visitor = request.visitor
    theme, language = form.text("theme", required=False), form.text("lang", required=False)
    if theme in THEMES:
        visitor = msgspec.structs.replace(visitor, theme="" if theme == "auto" else theme)
    if language in request.site.catalogues:
        visitor = msgspec.structs.replace(visitor, language=language)
    request.remember(visitor)
    return see_other(request, form.text("return_to", required=False, length_max=1000) or "/")


ROUTES = [service_worker, offline, preferences]
