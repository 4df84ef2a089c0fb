"""Search in a store or nationally, and what is suggested while typing."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import FromPath

from cabas.domain.catalog.model import CategoryTree
from cabas.domain.ladder.model import Level
from cabas.domain.search.engine import Found, Suggested
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.kit.text import clean_line, folded
from cabas.web import pages
from cabas.web.pages import Frame, path_with_query
from cabas.web.request import ShopRequest
from cabas.web.storefront.aisles import aisle_values
from cabas.web.storefront.basket_marks import basket_quantities
from cabas.web.storefront.cards import card_views, one_price_cents
from cabas.web.storefront.gains import gains_in
from cabas.web.storefront.place import (
    NATIONWIDE,
    Place,
    own_base,
    own_place,
    place_of,
    place_values,
)

QUERY_LENGTH_MAX = 80
RESULTS_MAX, RESULTS_LEAN = 48, 12
"""How many are shown; the second from L1 up."""

NAMED_CATEGORIES, SUGGESTED_CATEGORIES = 4, 1
LETTERS_MIN = 2


@get("/magasins/{slug:str}/recherche", include_in_schema=False)
async def in_store(request: ShopRequest, slug: FromPath[str]) -> Response[Any]:
    return await _shown(request, place_of(request, slug))


@get("/recherche", include_in_schema=False)
async def nationwide(request: ShopRequest) -> Response[Any]:
    """The national catalogue, or the visitor's own store when they have one."""
    base = own_base(request)
    if base:
        return pages.see_other(request, f"{base}{path_with_query(request)}")
    return await _shown(request, NATIONWIDE)


@get("/suggestions", include_in_schema=False)
async def suggestions(request: ShopRequest) -> Response[str]:
    """Searches that go on from what is typed, a category, products: at most eight rows."""
    text = read_query(request)
    if len(text) < LETTERS_MIN:
        return pages.fragment(request, "storefront/suggestions.html", groups=[])
    place = own_place(request)
    async with request.read() as reader:
        suggested = await request.site.search.suggest(
            reader, store_id=place.store_id, text=text, now=request.now
        )
    t = request.site.catalogues[request.language]
    groups = _suggested(request.site.directory.categories, text, suggested, place.base, t)
    return pages.fragment(request, "storefront/suggestions.html", groups=groups)


def read_query(request: ShopRequest) -> str:
    """What was typed: one line, bounded, fit to be shown and searched."""
    return clean_line(request.query_params.get("q", "")[: QUERY_LENGTH_MAX * 4])[:QUERY_LENGTH_MAX].strip()


async def _shown(request: ShopRequest, place: Place) -> Response[Any]:
    text = read_query(request)
    found, quantities = Found(cards=[], better_spelling=""), {}
    async with request.read() as reader:
        await request.signed_in(reader)
        if text:
            found = await request.site.search.find(
                reader, store_id=place.store_id, text=text, now=request.now
            )
            quantities = await basket_quantities(reader, request, place)
    if len(found.cards) == 1 and text.replace(" ", "").isdigit():
        return pages.see_other(request, f"{place.base}/produits/{found.cards[0].gtin}")
    return _page(request, place, text, found, quantities)


def _page(
    request: ShopRequest, place: Place, text: str, found: Found, quantities: dict[int, int]
) -> Response[str]:
    t = request.site.catalogues[request.language]
    here = path_with_query(request)
    most = RESULTS_LEAN if request.site.ladder.standing.level >= Level.LEAN else RESULTS_MAX
    shown = found.cards[:most]
    more = len(found.cards) > most
    count = t("catalogue.results_first", n=len(shown)) if more else t("catalogue.results_count", n=len(shown))
    return pages.page(
        request,
        "storefront/search.html",
        Frame(
            title=t("catalogue.results_title", query=text) if text else t("catalogue.search_title"),
            nav="search",
        ),
        frame_extra={"query": text},
        query=text,
        place=place_values(place, here, t),
        cards=card_views(
            shown, place=place, here=here, quantities=quantities, t=t, gains=gains_in(request, place.store_id)
        ),
        count=count,
        better=found.better_spelling,
        base=place.base,
        categories=_categories_named(request.site.directory.categories, text, place.base),
        aisles=[] if shown else aisle_values(request, place.base),
    )


def _categories_named(tree: CategoryTree, text: str, base: str) -> list[dict[str, str]]:
    """Categories whose name, or a word of it, begins like this."""
    wanted = folded(text)
    if len(wanted) < LETTERS_MIN:
        return []
    named = [one for one in tree.all if f" {wanted}" in f" {folded(one.name)}"]
    return [{"label": one.name, "href": f"{base}/rayons/{one.slug}"} for one in named[:NAMED_CATEGORIES]]


def _suggested(
    tree: CategoryTree, text: str, suggested: Suggested, base: str, t: Catalogue
) -> list[dict[str, Any]]:
    searches = [
        {"href": f"{base}/recherche?{urlencode({'q': words})}", "text": words} for words in suggested.queries
    ]
    categories = [
        {"href": one["href"], "text": one["label"]}
        for one in _categories_named(tree, text, base)[:SUGGESTED_CATEGORIES]
    ]
    products = [
        {
            "href": f"{base}/produits/{card.gtin}",
            "text": card.name,
            "note": card.brand,
            "picture": card.picture,
            "end": format_cents(one_price_cents(card), t.language),
        }
        for card in suggested.cards
    ]
    groups = (
        ("catalogue.suggested_searches", searches),
        ("catalogue.in_category", categories),
        ("catalogue.suggested_products", products),
    )
    return [{"label": t(key), "options": options} for key, options in groups if options]
