"""
Changing an order until its cut-off: edit, look at the new total, confirm once.

The old order stands until the new one is confirmed. What is being changed lives in the form, so
nothing is written before the last step.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from cabas.domain.carts.model import BadQuantity, CartFull
from cabas.domain.catalog.model import Card
from cabas.domain.orders import operations as orders
from cabas.domain.orders import queries
from cabas.domain.orders.model import (
    AgeUnconfirmed,
    EmptyOrder,
    Order,
    OrderClosed,
    OrderLine,
    TotalMoved,
    totals_of,
)
from cabas.domain.orders.pricing import CannotAdd
from cabas.kit.db import Connection
from cabas.kit.errors import Refusal
from cabas.kit.money import format_cents
from cabas.policies import DEFAULTS, ORDER_BOUNDS
from cabas.web import pages
from cabas.web.errors import status_of
from cabas.web.forms import Form, read_form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest
from cabas.web.storefront.cards import card_view, step_of
from cabas.web.storefront.order_access import Owned, own_order
from cabas.web.storefront.order_view import line_view, moment_label

FOUND_MAX = 6
SEARCH_LENGTH_MAX = 80
CONFIRM = "confirm"
_FIELD = re.compile(r"q-([0-9]{1,14})")
_ADD = re.compile(r"([0-9]{1,14})x([0-9]{1,5})")
"""GTIN and how much: one piece, or a usual piece in grams."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the form says. ``quantities``: by GTIN, of lines that are there and of new ones."""

    quantities: dict[int, int]
    search: str = ""
    adult: bool = False
    confirmed: bool = False
    shown_total_cents: int | None = None


@get("/commandes/{order:str}/modification", include_in_schema=False)
async def change_page(request: ShopRequest, order: FromPath[str]) -> Response[Any]:
    async with request.read() as reader:
        owned = await own_order(request, reader, order)
        if not owned.order.changeable(request.now):
            return _closed(request, owned)
        return await _page(request, reader, owned.order, Wanted(quantities={}))


@post("/commandes/{order:str}/modification", include_in_schema=False)
async def change(request: ShopRequest, order: FromPath[str]) -> Response[Any]:
    """Look again, or confirm: all of it at once, or nothing."""
    fields = await request.form()
    form = await read_form(request)
    wanted = _read(fields, form)
    async with request.read() as reader:
        owned = await own_order(request, reader, order)
        if not owned.order.changeable(request.now):
            return _closed(request, owned)
        if not wanted.confirmed or not form.ok:
            return await _page(request, reader, owned.order, wanted, form=form)
    return await _confirm(request, owned, wanted)


async def _confirm(request: ShopRequest, owned: Owned, wanted: Wanted) -> Response[Any]:
    t = request.site.catalogues[request.language]
    try:
        async with request.transaction() as tx:
            changed = await orders.change_lines(
                tx,
                order_id=owned.order.order_id,
                shopper_id=owned.as_shopper,
                quantities=wanted.quantities,
                bounds=ORDER_BOUNDS,
                adult=wanted.adult,
                shown_total_cents=wanted.shown_total_cents,
                now=request.now,
            )
    except OrderClosed:
        return _closed(request, owned)
    except (TotalMoved, AgeUnconfirmed, EmptyOrder, BadQuantity, CartFull, CannotAdd) as refused:
        async with request.read() as reader:
            return await _page(request, reader, owned.order, wanted, refused=refused)
    total = format_cents(changed.total_cents, request.language)
    return see_other(
        request,
        f"/commandes/{changed.order_id}",
        notice=Notice("ok", t("orders.changed", total=total)),
    )


def _read(fields: Mapping[str, Any], form: Form) -> Wanted:
    quantities = {}
    names = [name for name in fields if _FIELD.fullmatch(name)][: DEFAULTS.cart_lines_max + FOUND_MAX]
    for name in names:
        quantity = form.integer(name, low=0, high=DEFAULTS.grams_max)
        if quantity is not None:
            quantities[int(name[2:])] = quantity
    added = _ADD.fullmatch(form.text("add", required=False, length_max=20))
    if added:
        quantities.setdefault(int(added[1]), int(added[2]))
    return Wanted(
        quantities=quantities,
        search=form.text("q", required=False, length_max=SEARCH_LENGTH_MAX),
        adult=form.flag("adult"),
        confirmed=form.text("step", required=False) == CONFIRM,
        shown_total_cents=form.integer("shown_total", low=0, high=10**9, required=False),
    )


async def _page(
    request: ShopRequest,
    reader: Connection,
    order: Order,
    wanted: Wanted,
    *,
    form: Form | None = None,
    refused: Refusal | None = None,
) -> Response[str]:
    t, language = request.site.catalogues[request.language], request.language
    current = await queries.lines(
        reader, store_id=order.store_id, order_id=order.order_id, revision=order.revision
    )
    lines, problem = current, refused
    try:
        lines = await orders.preview_change(
            reader, order=order, quantities=wanted.quantities, bounds=ORDER_BOUNDS, now=request.now
        )
    except (EmptyOrder, BadQuantity, CartFull, CannotAdd) as found:
        problem = found
    total = totals_of(lines, fee_cents=order.fee_cents).total_cents
    errors = dict(form.errors) if form else {}
    refusal = _words(request, problem) if problem else ""
    return pages.page(
        request,
        "storefront/orders/change.html",
        Frame(title=t("orders.change_title", code=order.code), nav="orders"),
        status=status_of(problem) if problem else 422 if errors else 200,
        headers={"cache-control": "no-store"},
        order_href=f"/commandes/{order.order_id}",
        cutoff=moment_label(order.cutoff_at, language),
        rows=_rows(current, lines, wanted, errors, t),
        found=await _found(request, reader, order, wanted, lines),
        search=wanted.search,
        before=format_cents(order.total_cents, language),
        after=format_cents(total, language),
        after_cents=total,
        dearer=total > order.total_cents,
        changed=_differs(current, lines) and not errors,
        refusal=refusal,
        adult_needed=max((line.product.minimum_age for line in lines), default=0)
        if not order.agreed.get("adult")
        else 0,
        adult=wanted.adult,
        adult_error=refusal if isinstance(problem, AgeUnconfirmed) else "",
    )


def _rows(
    current: list[OrderLine], lines: list[OrderLine], wanted: Wanted, errors: Mapping[str, str], t: Any
) -> list[dict[str, Any]]:
    """Every line that is or was there, with what is asked of it."""
    after = {line.gtin: line for line in lines}
    known = {line.gtin for line in current}
    rows = []
    for line in [*current, *(line for line in lines if line.gtin not in known)]:
        shown = after.get(line.gtin, line)
        quantity = wanted.quantities.get(line.gtin, shown.quantity)
        rows.append(
            {
                **line_view(shown, t),
                "field": f"q-{line.gtin}",
                "wanted": quantity,
                "before": line.quantity if line.gtin in known else 0,
                "new": line.gtin not in known,
                "removed": quantity == 0,
                "error": errors.get(f"q-{line.gtin}", ""),
            }
        )
    return rows


async def _found(
    request: ShopRequest, reader: Connection, order: Order, wanted: Wanted, lines: list[OrderLine]
) -> list[dict[str, Any]]:
    """Products to add, by words or by barcode."""
    if len(wanted.search) < 2:
        return []
    t = request.site.catalogues[request.language]
    there = {line.gtin for line in lines}
    answer = await request.site.search.find(
        reader, store_id=order.store_id, text=wanted.search, now=request.now
    )
    cards: list[Card] = [card for card in answer.cards if card.available and card.gtin not in there]
    return [
        {**card_view(card, "", 0, t), "add": f"{card.gtin}x{step_of(card)}"} for card in cards[:FOUND_MAX]
    ]


def _differs(current: list[OrderLine], lines: list[OrderLine]) -> bool:
    def asked(which: list[OrderLine]) -> dict[int, int]:
        return {line.gtin: line.quantity for line in which}

    return asked(current) != asked(lines)


def _words(request: ShopRequest, refused: Refusal) -> str:
    t = request.site.catalogues[request.language]
    match refused:
        case TotalMoved():
            return t("orders.total_moved")
        case AgeUnconfirmed():
            return t("checkout.adult_needed")
        case EmptyOrder():
            return t("orders.would_be_empty")
        case BadQuantity():
            return t("basket.too_many", max=int(str(refused.detail["maximum"])))
        case CartFull():
            return t("basket.full", max=DEFAULTS.cart_lines_max)
        case _:
            return t("orders.cannot_add")


def _closed(request: ShopRequest, owned: Owned) -> Response[Any]:
    """After the cut-off: explained, on the order's page."""
    t = request.site.catalogues[request.language]
    when = moment_label(owned.order.cutoff_at, request.language)
    return see_other(
        request,
        f"/commandes/{owned.order.order_id}",
        notice=Notice("info", t("orders.closed", when=when)),
    )
