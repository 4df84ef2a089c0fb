"""The console's routes, all on one page."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from cabas.web.console import (
    hours,
    journal,
    ladder,
    network,
    offers,
    orders,
    pattern,
    room,
    signin,
    slots,
    team,
    today,
)

ROUTES: Sequence[HTTPRouteHandler] = [
    signin.sign_in_page,
    signin.sign_in,
    signin.arrive,
    signin.sign_out_page,
    signin.sign_out,
    network.network,
    room.shown,
    room.switch,
    ladder.shown,
    ladder.switch,
    today.today,
    orders.listed,
    orders.shown,
    orders.cancel,
    slots.week,
    slots.edit,
    slots.change,
    slots.undo,
    pattern.shown,
    pattern.save,
    pattern.remove,
    hours.shown,
    hours.save,
    hours.close,
    hours.reopen,
    offers.listed,
    offers.change,
    offers.undo,
    team.shown,
    team.hire,
    team.set_pin,
    team.leave,
    journal.shown,
]
