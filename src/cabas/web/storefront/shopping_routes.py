"""The routes from the basket to the order: basket, slots, delivery, checkout, orders."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from cabas.web.storefront import basket, basket_lines, checkout, delivery, slots

ROUTES: Sequence[HTTPRouteHandler] = [
    basket.basket,
    basket.empty,
    basket.restore,
    basket.choose_substitution,
    basket.set_budget,
    basket_lines.set_line,
    basket_lines.amend_line,
    slots.slots_page,
    slots.hold,
    slots.release,
    delivery.delivery,
    delivery.keep,
    checkout.show,
    checkout.place,
    checkout.change_slot,
]
