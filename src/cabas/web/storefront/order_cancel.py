"""Cancelling an order, in two steps: why, then for good. The place goes back to everybody."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from cabas.domain.orders import operations as orders
from cabas.domain.orders.model import OrderClosed, OrderState
from cabas.web import pages
from cabas.web.forms import read_form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest
from cabas.web.storefront.order_access import Owned, own_order
from cabas.web.storefront.order_view import moment_label, slot_label

REASONS = ("mind", "time", "mistake", "price", "other")


@get("/commandes/{order:str}/annulation", include_in_schema=False)
async def cancel_page(request: ShopRequest, order: FromPath[str]) -> Response[Any]:
    async with request.read() as reader:
        owned = await own_order(request, reader, order)
    if not owned.order.changeable(request.now):
        return _closed(request, owned)
    return _page(request, owned, errors={})


@post("/commandes/{order:str}/annulation", include_in_schema=False)
async def cancel(request: ShopRequest, order: FromPath[str]) -> Response[Any]:
    form = await read_form(request)
    reason = form.choice("reason", frozenset(REASONS))
    t = request.site.catalogues[request.language]
    try:
        async with request.transaction() as tx:
            owned = await own_order(request, tx, order)
            if not form.ok and owned.order.state is not OrderState.CANCELLED:
                return _page(request, owned, errors=form.errors)
            await orders.cancel(
                tx,
                order_id=owned.order.order_id,
                shopper_id=owned.as_shopper,
                reason=reason,
                now=request.now,
            )
    except OrderClosed:
        return _closed(request, owned)
    return see_other(
        request, f"/commandes/{owned.order.order_id}", notice=Notice("ok", t("orders.cancelled"))
    )


def _page(request: ShopRequest, owned: Owned, *, errors: dict[str, str]) -> Response[str]:
    t, order = request.site.catalogues[request.language], owned.order
    return pages.page(
        request,
        "storefront/orders/cancel.html",
        Frame(title=t("orders.cancel_title", code=order.code), nav="orders"),
        status=422 if errors else 200,
        headers={"cache-control": "no-store"},
        order_href=f"/commandes/{order.order_id}",
        code=order.code,
        slot=slot_label(order, request.language),
        cutoff=moment_label(order.cutoff_at, request.language),
        reasons=[{"value": key, "label": t(f"orders.reason_{key}")} for key in REASONS],
        error=errors.get("reason", ""),
    )


def _closed(request: ShopRequest, owned: Owned) -> Response[Any]:
    t, order = request.site.catalogues[request.language], owned.order
    key = "orders.cancelled_already" if order.state is OrderState.CANCELLED else "orders.closed"
    when = moment_label(order.cutoff_at, request.language)
    return see_other(request, f"/commandes/{order.order_id}", notice=Notice("info", t(key, when=when)))
