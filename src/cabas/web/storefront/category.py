"""
A category in a store, or in the national catalogue. The hottest page: one statement of the
catalogue, and one for the basket's quantities when there is a basket.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from litestar import Response, get
from litestar.params import FromPath
from minijinja import safe
from msgspec import structs

from cabas.domain.catalog import queries as catalog
from cabas.domain.catalog.listing import PAGE
from cabas.domain.catalog.model import CardPage, Facets
from cabas.kit.errors import NotFound
from cabas.kit.html import Renderer
from cabas.kit.messages import Catalogue
from cabas.web import pages
from cabas.web.pages import Frame, path_with_query
from cabas.web.request import ShopRequest
from cabas.web.storefront.basket_marks import basket_quantities
from cabas.web.storefront.cards import card_views
from cabas.web.storefront.filters import filter_groups, quick_links, sort_options
from cabas.web.storefront.gains import gains_in
from cabas.web.storefront.listing_query import SORTS, ListingQuery, read_listing
from cabas.web.storefront.paging import page_links
from cabas.web.storefront.place import NATIONWIDE, Place, own_base, place_of, place_values
from cabas.web.storefront.trail import CategoryView, breadcrumb, category_view

FORMS_KEPT = 256
SURROUNDINGS_KEPT = 4096


class CategoryUnknown(NotFound):
    """The catalogue has no such category."""

    code = "category_unknown"


@get("/magasins/{slug:str}/rayons/{category:str}", include_in_schema=False)
async def in_store(request: ShopRequest, slug: FromPath[str], category: FromPath[str]) -> Response[Any]:
    return await _shown(request, place_of(request, slug), category)


@get("/rayons/{category:str}", include_in_schema=False)
async def nationwide(request: ShopRequest, category: FromPath[str]) -> Response[Any]:
    """The national catalogue, or the visitor's own store when they have one."""
    base = own_base(request)
    if base:
        return pages.see_other(request, f"{base}{path_with_query(request)}")
    return await _shown(request, NATIONWIDE, category)


async def _shown(request: ShopRequest, place: Place, slug: str) -> Response[str]:
    tree = request.site.directory.categories
    category = tree.by_slug.get(slug)
    if category is None:
        raise CategoryUnknown
    query = read_listing(request.query_params)
    async with request.read() as reader:
        await request.signed_in(reader)
        found = await catalog.category_page(
            reader,
            store_id=place.store_id,
            category=category,
            now=request.now,
            sort=SORTS[query.sort],
            filters=query.filters,
            page=query.page,
        )
        quantities = await basket_quantities(reader, request, place)
        counts = (
            await catalog.facets(reader, store_id=place.store_id, category=category, now=request.now)
            if query.counted
            else None
        )
    return _page(request, place, category_view(tree, category), query, found, quantities, counts)


def _page(
    request: ShopRequest,
    place: Place,
    view: CategoryView,
    query: ListingQuery,
    found: CardPage,
    quantities: Mapping[int, int],
    counts: Facets | None,
) -> Response[str]:
    t = request.site.catalogues[request.language]
    here = path_with_query(request)
    around = _surroundings(view, place.base, place.name, t)
    return pages.page(
        request,
        "storefront/category.html",
        Frame(
            title=around.title,
            description=around.description,
            nav="aisles",
            canonical=f"{request.site.settings.public_url}/rayons/{view.category.slug}",
        ),
        heading=view.category.name,
        trail=around.trail,
        below=around.below,
        chips=quick_links(query, t),
        filters=_filters(request.site.renderer, query, counts, t),
        chosen=query.chosen,
        cleared=query.unfiltered,
        place=place_values(place, here, t),
        cards=card_views(
            found.cards,
            place=place,
            here=here,
            quantities=quantities,
            t=t,
            gains=gains_in(request, place.store_id),
        ),
        count=_count(query, found, counts, t),
        pages=page_links(query, has_next=found.has_next),
    )


class _Surroundings(msgspec.Struct, frozen=True):
    """What a category's page says whatever its products are."""

    title: str
    description: str
    trail: list[dict[str, str]]
    below: list[dict[str, Any]]


@lru_cache(maxsize=SURROUNDINGS_KEPT)
def _surroundings(view: CategoryView, base: str, store_name: str, t: Catalogue) -> _Surroundings:
    name = view.category.name
    return _Surroundings(
        title=t("catalogue.category_title", name=name, place=store_name) if store_name else name,
        description=t("catalogue.category_description", name=name),
        trail=breadcrumb(view, base=base, aisles_label=t("common.nav_aisles")),
        below=[
            {"label": one.name, "href": f"{base}/rayons/{one.slug}", "current": one is view.category}
            for one in view.below
        ],
    )


def _filters(renderer: Renderer, query: ListingQuery, counts: Facets | None, t: Catalogue) -> str:
    """Without counts the form depends on the address alone: it is drawn once."""
    if counts is None:
        return _uncounted_filters(renderer, structs.replace(query, page=1), t)
    return _draw_filters(renderer, query, counts, t)


@lru_cache(maxsize=FORMS_KEPT)
def _uncounted_filters(renderer: Renderer, query: ListingQuery, t: Catalogue) -> str:
    return _draw_filters(renderer, query, None, t)


def _draw_filters(renderer: Renderer, query: ListingQuery, counts: Facets | None, t: Catalogue) -> str:
    return safe(
        renderer.render(
            "storefront/_filters.html",
            t=t,
            groups=filter_groups(query, counts, t),
            counted=query.counted,
            sort={
                "name": "tri",
                "label": t("common.sort"),
                "options": sort_options(t),
                "value": query.sort,
            },
        )
    )


def _count(query: ListingQuery, found: CardPage, counts: Facets | None, t: Catalogue) -> str:
    """How many there are when that is known without asking, else which of them are shown."""
    shown, before = len(found.cards), (query.page - 1) * PAGE
    if counts is not None and not query.chosen:
        return _count_words(t, counts.total, 0)
    return _count_words(t, before + shown, before + 1 if found.has_next else 0)


@lru_cache(maxsize=2048)
def _count_words(t: Catalogue, last: int, first: int) -> str:
    """:param first: 0 when ``last`` is all there are."""
    return t("catalogue.count_some", first=first, last=last) if first else t("catalogue.count", n=last)
