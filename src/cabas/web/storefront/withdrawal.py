"""
The withdrawal (L221-21, D221-5): "Renoncer au contrat ici", then "Confirmer la rétractation", then a
receipt with its content, its date and its time.
"""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from cabas.domain.orders import withdrawing
from cabas.domain.orders.withdrawing import (
    NothingToWithdraw,
    WithdrawalClosed,
    WithdrawalNotFound,
    handed_over_at,
    open_until,
    retractable_lines,
)
from cabas.kit.ids import parse_id
from cabas.kit.money import format_cents
from cabas.policies import DEFAULTS
from cabas.web import pages
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest
from cabas.web.storefront.order_access import Told, own_order, told
from cabas.web.storefront.order_view import last_day, line_view, stamp

LINE_NUMBER_DIGITS_MAX = 4


@get("/commandes/{order:str}/retractation", include_in_schema=False)
async def withdrawal_page(request: ShopRequest, order: FromPath[str]) -> Response[Any]:
    async with request.read() as reader:
        owned = await own_order(request, reader, order)
        facts = await told(reader, owned.order)
    return _page(request, facts) if _open(request, facts) else _closed(request, facts)


@post("/commandes/{order:str}/retractation", include_in_schema=False)
async def withdraw(request: ShopRequest, order: FromPath[str]) -> Response[Any]:
    form = await request.form()
    ticked = form.getall("line", [])
    numbers = [int(text) for text in ticked if _is_number(text)]
    t = request.site.catalogues[request.language]
    async with request.transaction() as tx:
        owned = await own_order(request, tx, order)
        facts = await told(tx, owned.order)
        try:
            withdrawal_id = await withdrawing.withdraw(
                tx,
                order_id=owned.order.order_id,
                shopper_id=owned.as_shopper,
                line_numbers=numbers,
                not_received=facts.not_received,
                days=DEFAULTS.withdrawal_days,
                now=request.now,
            )
        except WithdrawalClosed:
            return _closed(request, facts)
        except NothingToWithdraw:
            return _page(request, facts, error=t("orders.withdraw_nothing"))
    return see_other(request, f"/commandes/{owned.order.order_id}/retractation/{withdrawal_id}")


@get("/commandes/{order:str}/retractation/{withdrawal:str}", include_in_schema=False)
async def receipt(request: ShopRequest, order: FromPath[str], withdrawal: FromPath[str]) -> Response[str]:
    """To keep and to print."""
    t = request.site.catalogues[request.language]
    async with request.read() as reader:
        owned = await own_order(request, reader, order)
        facts = await told(reader, owned.order)
    found = _declared(facts, parse_id(withdrawal))
    lines = [line for line in facts.lines if line.line_no in found.line_numbers]
    return pages.page(
        request,
        "storefront/orders/receipt.html",
        Frame(title=t("orders.receipt_title"), nav="orders"),
        headers={"cache-control": "private, no-store"},
        order_href=f"/commandes/{facts.order.order_id}",
        number=str(found.withdrawal_id),
        when=stamp(found.declared_at, t),
        order_number=str(facts.order.order_id),
        code=facts.order.code,
        placed=stamp(facts.order.placed_at, t),
        contact=facts.order.contact,
        seller=facts.order.agreed.get("seller", {}),
        lines=[line_view(line, t) for line in lines],
        total=format_cents(
            sum(_paid_cents(facts, line.line_no, line.total_cents) for line in lines), request.language
        ),
    )


def _page(request: ShopRequest, facts: Told, *, error: str = "") -> Response[str]:
    t, order = request.site.catalogues[request.language], facts.order
    since = handed_over_at(facts.history)
    until = open_until(since, days=DEFAULTS.withdrawal_days) if since else request.now
    lines = retractable_lines(facts.lines, not_received=facts.not_received, declared=facts.withdrawals)
    return pages.page(
        request,
        "storefront/orders/withdrawal.html",
        Frame(title=t("orders.withdraw_title"), nav="orders"),
        status=422 if error else 200,
        headers={"cache-control": "no-store"},
        order_href=f"/commandes/{order.order_id}",
        code=order.code,
        contact=order.contact,
        until=last_day(until, request.language),
        lines=[line_view(line, t) for line in lines],
        excluded=[line.product.name for line in facts.lines if not line.product.retractable],
        error=error,
    )


def _open(request: ShopRequest, facts: Told) -> bool:
    since = handed_over_at(facts.history)
    left = retractable_lines(facts.lines, not_received=facts.not_received, declared=facts.withdrawals)
    return since is not None and request.now < open_until(since, days=DEFAULTS.withdrawal_days) and bool(left)


def _closed(request: ShopRequest, facts: Told) -> Response[Any]:
    """Not handed over yet, nothing left to give back, or too late: explained on the order's page."""
    t = request.site.catalogues[request.language]
    since = handed_over_at(facts.history)
    if since is None:
        words = t("orders.withdraw_early")
    elif request.now >= open_until(since, days=DEFAULTS.withdrawal_days):
        until = open_until(since, days=DEFAULTS.withdrawal_days)
        words = t("orders.withdraw_late", when=last_day(until, request.language))
    else:
        words = t("orders.withdraw_none_left")
    return see_other(request, f"/commandes/{facts.order.order_id}", notice=Notice("info", words))


def _declared(facts: Told, withdrawal_id: UUID | None) -> withdrawing.Withdrawal:
    """:raises WithdrawalNotFound: the order has no such declaration."""
    for one in facts.withdrawals:
        if one.withdrawal_id == withdrawal_id:
            return one
    raise WithdrawalNotFound


def _paid_cents(facts: Told, line_no: int, agreed_cents: int) -> int:
    picked = facts.picked.get(line_no)
    return picked.total_cents if picked else agreed_cents


def _is_number(text: object) -> bool:
    return isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= LINE_NUMBER_DIGITS_MAX
