"""The home page: the store, the search, three ways in."""

from litestar import Response, get

from cabas.web import pages
from cabas.web.pages import Frame
from cabas.web.request import ShopRequest


@get("/", include_in_schema=False)
async def home(request: ShopRequest) -> Response[str]:
    async with request.read() as reader:
        await request.signed_in(reader)
    t = request.site.catalogues[request.language]
    aisles = [
        {"name": aisle.name, "picture": aisle.picture, "slug": aisle.slug}
        for aisle in request.site.directory.categories.aisles
    ]
    return pages.page(
        request,
        "storefront/home.html",
        Frame(title=t("home.title"), nav="home", alcohol_banner=True),
        aisles=aisles,
    )
