"""The storefront's routes, all on one page."""

from collections.abc import Sequence

from litestar import Router
from litestar.handlers import HTTPRouteHandler

from cabas.web.storefront import account_routes, browsing_routes, home, shopping_routes

ROUTES: Sequence[HTTPRouteHandler | Router] = [
    account_routes.ROUTER,
    home.home,
    *browsing_routes.ROUTES,
    *shopping_routes.ROUTES,
]
