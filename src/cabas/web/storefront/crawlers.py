"""What search engines read first: what they may visit, and the bounded list of what is worth it."""

from xml.sax.saxutils import escape

from litestar import Response, get

from cabas.web.request import ShopRequest
from cabas.web.storefront.place import NATIONAL

SITEMAP_MAX = 20_000
FOR_A_DAY = {"cache-control": "public, max-age=86400"}
_PRIVATE = (
    *("/panier", "/commande", "/compte", "/creneaux", "/livraison", "/suggestions"),
    *("/console", "/preparation", "/api"),
)


@get("/robots.txt", include_in_schema=False)
async def robots(request: ShopRequest) -> Response[str]:
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in _PRIVATE),
        "Disallow: /*/recherche",
        "Disallow: /*/choix",
        f"Sitemap: {request.site.settings.public_url}/sitemap.xml",
    ]
    return Response("\n".join(lines) + "\n", media_type="text/plain", headers=FOR_A_DAY)


@get("/sitemap.xml", include_in_schema=False)
async def sitemap(request: ShopRequest) -> Response[str]:
    """The national catalogue's pages and every store's; a store's own aisles are reached from its page."""
    directory = request.site.directory
    paths = [
        "/",
        "/magasins",
        "/rayons",
        *(f"/rayons/{category.slug}" for category in directory.categories.all),
        *(f"/magasins/{store.slug}" for store in directory.stores() if store.store_id != NATIONAL),
    ]
    public = request.site.settings.public_url
    entries = "".join(f"<url><loc>{escape(public + path)}</loc></url>\n" for path in paths[:SITEMAP_MAX])
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n'
    )
    return Response(body, media_type="application/xml", headers=FOR_A_DAY)
