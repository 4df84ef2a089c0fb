"""The routes from the basket to the order: basket, slots, delivery, checkout, orders."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from cabas.web.storefront import (
    basket,
    basket_lines,
    checkout,
    delivery,
    kept_order,
    midnight_order,
    order_cancel,
    order_change,
    order_notify,
    orders,
    slots,
    waiting_room,
    withdrawal,
)

ROUTES: Sequence[HTTPRouteHandler] = [
    basket.basket,
    basket.empty,
    basket.restore,
    basket.choose_substitution,
    basket.set_budget,
    basket_lines.set_line,
    basket_lines.amend_line,
    slots.show,
    slots.hold,
    slots.release,
    delivery.delivery,
    delivery.keep,
    *waiting_room.ROUTES,
    checkout.show,
    checkout.place,
    checkout.change_slot,
    kept_order.state,
    midnight_order.show,
    midnight_order.keep_wishes,
    midnight_order.order,
    midnight_order.withdraw,
    orders.show,
    orders.state,
    orders.calendar,
    orders.arrive,
    orders.order_again,
    *order_notify.ROUTES,
    order_change.change_page,
    order_change.change,
    order_cancel.cancel_page,
    order_cancel.cancel,
    withdrawal.withdrawal_page,
    withdrawal.withdraw,
    withdrawal.receipt,
]
