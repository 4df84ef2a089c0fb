"""The routes of the browsing pages."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from cabas.web.storefront import (
    aisles,
    category,
    choice,
    crawlers,
    draw,
    legal,
    product,
    search,
    store,
    stores,
)

ROUTES: Sequence[HTTPRouteHandler] = [
    stores.finder_page,
    store.store_page,
    choice.review,
    choice.choose,
    aisles.nationwide,
    aisles.in_store,
    category.nationwide,
    category.in_store,
    search.nationwide,
    search.in_store,
    search.suggestions,
    product.nationwide,
    product.in_store,
    legal.notice,
    legal.terms,
    legal.privacy,
    legal.accessibility,
    draw.draws,
    crawlers.robots,
    crawlers.sitemap,
]
