"""The store app's first page: three numbers, the next task, and the day's orders by slot."""

from datetime import timedelta
from itertools import groupby
from typing import Any

from litestar import Response, get
from litestar.params import FromQuery

from cabas.domain.orders import dispatch
from cabas.domain.orders.model import OrderState
from cabas.domain.preparation import queries
from cabas.domain.preparation.queries import BoardOrder
from cabas.domain.staff.model import Permission, allowed
from cabas.kit.clock import paris_day, paris_midnight
from cabas.policies import DEFAULTS
from cabas.web.dates import long_day, span
from cabas.web.request import ShopRequest
from cabas.web.store_app.access import HOME, Post, at_work, order_path, page
from cabas.web.store_app.receipts import acknowledge_all

DAYS_AHEAD = 8
STATE_KINDS = {
    OrderState.PLACED: "warn",
    OrderState.RECEIVED: "info",
    OrderState.PREPARING: "moon",
    OrderState.READY: "ok",
}


@get("/", include_in_schema=False)
async def board(request: ShopRequest, recevoir: FromQuery[int] = 0) -> Response[str]:
    """``recevoir=1``: a browser without scripts says that it has what it is shown."""
    midnight = paris_midnight(paris_day(request.now))
    async with request.read() as reader:
        post = await at_work(request, reader)
    if recevoir:
        await acknowledge_all(request, post)
    async with request.read() as reader:
        orders = await queries.board(
            reader,
            store_id=post.store_id,
            start=midnight - timedelta(days=1),
            end=midnight + timedelta(days=DAYS_AHEAD),
        )
        after = await queries.first_unreceived(reader, store_id=post.store_id)
        unreceived = await dispatch.pull(reader, store_id=post.store_id, after=after)
    soon = paris_midnight(paris_day(request.now) + timedelta(days=2))
    return page(
        request,
        "store_app/board.html",
        request.site.catalogues[request.language]("store_app.board_title"),
        heading=post.store_name,
        picker=post.actor.name,
        numbers=_numbers(request, [order for order in orders if order.slot_starts_at < soon]),
        next=_next(request, post, orders),
        slots=_slots(request, post, orders),
        after=after,
        unreceived=sum(one.received_at is None for one in unreceived),
        **_overdue(request, post, orders),
    )


def _numbers(request: ShopRequest, orders: list[BoardOrder]) -> list[dict[str, Any]]:
    t = request.site.catalogues[request.language]
    to_prepare = sum(order.open for order in orders)
    late = sum(order.late(request.now) for order in orders)
    here = sum(order.waiting for order in orders)
    return [
        {
            "value": to_prepare,
            "label": t("store_app.to_prepare", n=to_prepare),
            "href": "#commandes",
            "kind": "",
        },
        {
            "value": late,
            "label": t("store_app.late", n=late),
            "href": "#commandes",
            "kind": "late" if late else "",
        },
        {
            "value": here,
            "label": t("store_app.here", n=here),
            "href": f"{HOME}/remises",
            "kind": "here" if here else "",
        },
    ]


def _next(request: ShopRequest, post: Post, orders: list[BoardOrder]) -> dict[str, str] | None:
    """The order already in hand, else the first by slot that nobody has."""
    free = [
        order for order in orders if order.open and not order.taken_by_other(post.actor.staff_id, request.now)
    ]
    mine = [order for order in free if order.leased_by == post.actor.staff_id and order.handled]
    order = next(iter(mine or free), None)
    if order is None:
        return None
    t = request.site.catalogues[request.language]
    key = "store_app.go_on" if order in mine else "store_app.take_next"
    return {
        "label": t(key, code=order.code),
        "href": order_path(order.order_id),
    }


def _slots(request: ShopRequest, post: Post, orders: list[BoardOrder]) -> list[dict[str, Any]]:
    today = paris_day(request.now)
    groups = []
    for (start, end), group in groupby(orders, key=lambda order: (order.slot_starts_at, order.slot_ends_at)):
        held = list(group)
        groups.append(
            {
                "key": f"{start:%y%m%d%H%M}",
                "day": "" if paris_day(start) == today else long_day(start, request.language),
                "time": span(start, end, request.language),
                "left": sum(order.open for order in held),
                "late": any(order.late(request.now) for order in held),
                "orders": [_row(request, post, order) for order in held],
            }
        )
    return groups


def _row(request: ShopRequest, post: Post, order: BoardOrder) -> dict[str, Any]:
    t = request.site.catalogues[request.language]
    other = order.leased_name if order.taken_by_other(post.actor.staff_id, request.now) else ""
    return {
        "code": order.code,
        "href": f"{HOME}/remises/{order.order_id}"
        if order.state is OrderState.READY
        else order_path(order.order_id),
        "state": t(f"store_app.state_{order.state.value}"),
        "kind": STATE_KINDS.get(order.state, ""),
        "lines": t("store_app.lines", n=order.lines),
        "progress": f"{order.handled}/{order.lines}" if order.state is OrderState.PREPARING else "",
        "zones": [{"key": zone, "label": t(f"store_app.zone_{zone}")} for zone in order.zones],
        "picker": other,
        "late": order.late(request.now),
        "here": order.waiting,
        "bay": order.bay,
        "delivery": order.channel == "delivery",
        "places": ", ".join(order.staging),
    }


def _overdue(request: ShopRequest, post: Post, orders: list[BoardOrder]) -> dict[str, Any]:
    """Orders that no device has received in time: amber, and after that what the manager does by hand."""
    amber = request.now - DEFAULTS.receipt_amber_after
    fallback = request.now - DEFAULTS.receipt_fallback_after
    waiting = [
        order
        for order in orders
        if order.state is OrderState.PLACED and (order.dispatched_at or order.placed_at) <= amber
    ]
    manager = allowed(post.actor, Permission.MANAGE_ORDERS, post.store_id)
    return {
        "amber": len(waiting),
        "amber_minutes": int(DEFAULTS.receipt_amber_after.total_seconds() // 60),
        "fallback": [
            {"code": order.code, "href": f"{order_path(order.order_id)}/impression"}
            for order in waiting
            if manager and (order.dispatched_at or order.placed_at) <= fallback
        ],
    }
