"""The routes of the browsing pages."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from cabas.web.storefront import category

ROUTES: Sequence[HTTPRouteHandler] = [
    category.in_store,
    category.nationwide,
]
