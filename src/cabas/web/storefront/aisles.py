"""All aisles of a store, or of the national catalogue."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from cabas.web import pages
from cabas.web.pages import Frame, path_with_query
from cabas.web.request import ShopRequest
from cabas.web.storefront.place import NATIONWIDE, Place, own_base, place_of, place_values
from cabas.web.storefront.trail import category_view


@get("/magasins/{slug:str}/rayons", include_in_schema=False)
async def in_store(request: ShopRequest, slug: FromPath[str]) -> Response[Any]:
    return await _shown(request, place_of(request, slug))


@get("/rayons", include_in_schema=False)
async def nationwide(request: ShopRequest) -> Response[Any]:
    """The national catalogue, or the visitor's own store when they have one."""
    base = own_base(request)
    if base:
        return pages.see_other(request, f"{base}/rayons")
    return await _shown(request, NATIONWIDE)


async def _shown(request: ShopRequest, place: Place) -> Response[str]:
    async with request.read() as reader:
        await request.signed_in(reader)
    t = request.site.catalogues[request.language]
    title = t("catalogue.aisles_title_store", name=place.name) if place.store else t("catalogue.aisles_title")
    return pages.page(
        request,
        "storefront/aisles.html",
        Frame(
            title=title,
            description=t("catalogue.aisles_description"),
            nav="aisles",
            canonical=f"{request.site.settings.public_url}{place.base}/rayons",
        ),
        heading=title,
        place=place_values(place, path_with_query(request), t),
        aisles=aisle_values(request, place.base),
    )


def aisle_values(request: ShopRequest, base: str) -> list[dict[str, Any]]:
    """``[{label, href, picture, below: [{label, href}]}]``, for tiles and for the whole list."""
    tree = request.site.directory.categories
    return [
        {
            "label": aisle.name,
            "href": f"{base}/rayons/{aisle.slug}",
            "picture": aisle.picture,
            "slug": aisle.slug,
            "below": [
                {"label": one.name, "href": f"{base}/rayons/{one.slug}"}
                for one in category_view(tree, aisle).below
            ],
        }
        for aisle in tree.aisles
    ]
