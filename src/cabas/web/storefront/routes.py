"""The storefront's routes, all on one page."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from cabas.web.storefront import home

ROUTES: Sequence[HTTPRouteHandler] = [
    home.home,
]
