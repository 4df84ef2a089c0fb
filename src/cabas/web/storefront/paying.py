"""
Paying by card, once the order is placed: the shopper is sent to the bank's page and comes back to the order's.

Whatever the bank does, the order stands; what a card doesn't pay is paid at the store.
"""

import logging
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from cabas.domain.checkout.model import Placed
from cabas.domain.orders.model import Order, OrderState
from cabas.domain.payments import operations as payments
from cabas.domain.payments import queries
from cabas.domain.payments.following import authorise
from cabas.domain.payments.model import (
    AT_STORE,
    AUTHORISED_WITHIN,
    CARD,
    Kind,
    OutOfBounds,
    State,
    Tender,
    TendersFull,
    balance,
)
from cabas.domain.payments.ports import BankAway, BankRefused, NewPayment
from cabas.kit.db import PASSING_FAULTS, Connection
from cabas.kit.money import format_cents
from cabas.web.content_policy import content_policy
from cabas.web.dates import clock_time
from cabas.web.pages import Notice, see_other
from cabas.web.request import ShopRequest
from cabas.web.storefront.order_access import own_order

PAYABLE = frozenset({OrderState.PLACED, OrderState.RECEIVED, OrderState.PREPARING})
"""Once it is ready, it is paid when it is handed over."""

_log = logging.getLogger("cabas.payments")


def offered(request: ShopRequest) -> tuple[str, ...]:
    """The ways of paying; at the store is always there."""
    return (AT_STORE, CARD) if request.site.bank is not None else (AT_STORE,)


def headers(request: ShopRequest) -> dict[str, str]:
    """For a page whose form may lead to the bank."""
    bank = request.site.settings.bank
    return {"content-security-policy": content_policy(bank.pages)} if bank else {}


async def after_order(request: ShopRequest, placed: Placed) -> Response[Any]:
    """The order is acknowledged: now its payment begins, in a step of its own. Without it, the order is as good."""
    home = f"/commandes/{placed.order_id}"
    try:
        async with request.transaction() as tx:
            await payments.open_card(
                tx,
                store_id=placed.store_id,
                order_id=placed.order_id,
                maximum_cents=placed.receipt.totals.maximum_cents,
                now=request.now,
            )
    except (*PASSING_FAULTS, TendersFull):
        _log.warning("order %s: its payment did not begin", placed.order_id)
        return see_other(request, f"{home}?merci=1", notice=_away(request))
    return see_other(request, f"{home}/paiement")


@post("/commandes/{order:str}/paiement", include_in_schema=False)
async def begin(request: ShopRequest, order: FromPath[str]) -> Response[Any]:
    """Pay by card after all, or again."""
    async with request.transaction() as tx:
        found = (await own_order(request, tx, order)).order
        home = f"/commandes/{found.order_id}"
        if request.site.bank is None or found.state not in PAYABLE:
            return see_other(request, home, notice=_too_late(request))
        try:
            await payments.open_card(
                tx,
                store_id=found.store_id,
                order_id=found.order_id,
                maximum_cents=found.maximum_cents,
                now=request.now,
            )
        except TendersFull:
            return see_other(request, home, notice=_too_late(request))
    return see_other(request, f"{home}/paiement")


@get("/commandes/{order:str}/paiement", include_in_schema=False)
async def go(request: ShopRequest, order: FromPath[str]) -> Response[Any]:
    """To the bank's page of the payment that was begun. The database is left alone while the bank is asked."""
    async with request.read() as reader:
        found = (await own_order(request, reader, order)).order
        tenders = await queries.tenders_of(reader, store_id=found.store_id, order_id=found.order_id)
    home = f"/commandes/{found.order_id}"
    tender = next((one for one in tenders if one.kind is Kind.CARD and one.authorisable(request.now)), None)
    settings, bank = request.site.settings.bank, request.site.bank
    if tender is None or settings is None or bank is None:
        return see_other(request, home)
    try:
        opened = await authorise(
            request.site.database, bank, tender, _payment(request, found, tender), clock=request.site.clock
        )
    except (BankAway, BankRefused, OutOfBounds) as problem:
        _log.warning("payment %s: the bank gives no page: %s", tender.key, problem)
        return see_other(request, home, notice=_away(request))
    if not opened.page.startswith(f"{settings.pages}/"):
        _log.error("payment %s: its page is not of %s", tender.key, settings.pages)
        return see_other(request, home, notice=_away(request))
    return Redirect(opened.page, status_code=303, headers={"cache-control": "no-store"})


@get("/commandes/{order:str}/paiement/retour", include_in_schema=False)
async def come_back(request: ShopRequest, order: FromPath[str]) -> Response[Any]:
    """From the bank. What became of it is asked of the bank, not of the browser."""
    async with request.transaction() as tx:
        found = (await own_order(request, tx, order)).order
        for tender in await queries.tenders_of(tx, store_id=found.store_id, order_id=found.order_id):
            if tender.kind is Kind.CARD and tender.state in (State.OPEN, State.AUTHORISING):
                await payments.wake(tx, key=tender.key, now=request.now)
    return see_other(request, f"/commandes/{found.order_id}?merci=1")


async def payment_view(request: ShopRequest, reader: Connection, order: Order) -> dict[str, Any]:
    """
    How the order is paid, for its page: ``text``, ``kind`` of a badge, ``action`` the button's words or "".

    An order that never had to do with a card costs no question.
    """
    t = request.site.catalogues[request.language]
    view: dict[str, Any] = {"text": t("checkout.payment_at_store"), "kind": "", "action": ""}
    if request.site.bank is None and order.payment_method != CARD:
        return view
    tenders = await queries.tenders_of(reader, store_id=order.store_id, order_id=order.order_id)
    cards = [one for one in tenders if one.kind is Kind.CARD]
    payable = request.site.bank is not None and order.state in PAYABLE
    if not cards:
        view["action"] = t("payment.pay_by_card") if payable else ""
        return view
    if order.state is OrderState.CANCELLED:
        return view | _cancelled_view(request, cards)
    settled = order.state in (OrderState.READY, OrderState.HANDED_OVER)
    if settled and any(one.state is State.CAPTURED for one in tenders):
        return view | _settled_view(request, order, tenders)
    return view | _card_view(request, cards[-1], payable=payable)


def _cancelled_view(request: ShopRequest, cards: list[Tender]) -> dict[str, Any]:
    t = request.site.catalogues[request.language]
    captured = sum(one.captured_cents for one in cards)
    if captured:
        return {"text": t("payment.given_back", amount=format_cents(captured, t.language))}
    return {"text": t("payment.released" if any(one.held_cents for one in cards) else "payment.nothing")}


def _settled_view(request: ShopRequest, order: Order, tenders: list[Tender]) -> dict[str, Any]:
    """What was paid by which means, what was given back, what is left."""
    t = request.site.catalogues[request.language]
    final = order.total_cents if order.final_cents is None else order.final_cents
    counter = [one for one in tenders if one.kind is Kind.AT_STORE]
    cards = [one for one in tenders if one.kind is Kind.CARD]
    left = balance(tenders, final_cents=final)
    amounts = (
        ("payment.paid", sum(one.captured_cents for one in cards)),
        ("payment.given_back", sum(one.refunded_cents for one in cards)),
        ("payment.paid_at_store", sum(one.taken_cents for one in counter)),
        ("payment.left", left.due_cents - left.coming_cents),
    )
    said = [t(name, amount=format_cents(cents, t.language)) for name, cents in amounts if cents > 0]
    return {"text": " ".join(said), "kind": "warn" if left.due_cents else "ok"}


def _card_view(request: ShopRequest, tender: Tender, *, payable: bool) -> dict[str, Any]:
    t, language = request.site.catalogues[request.language], request.language

    def euros(cents: int) -> str:
        return format_cents(cents, language)

    if tender.authorisable(request.now):
        until = clock_time(tender.expires_at, language)
        text = t("payment.to_authorise", amount=euros(tender.maximum_cents), time=until)
        return {"text": text, "kind": "warn", "action": t("payment.authorise") if payable else ""}
    match tender.state:
        case State.HELD:
            return {"text": t("payment.held", amount=euros(tender.held_cents)), "kind": "ok"}
        case State.CAPTURED:
            return {"text": t("payment.paid", amount=euros(tender.captured_cents)), "kind": "ok"}
        case State.RELEASED:
            return {"text": t("payment.released"), "kind": ""}
        case _:
            return {
                "text": t("payment.failed"),
                "kind": "warn",
                "action": t("payment.try_again") if payable else "",
            }


def _payment(request: ShopRequest, order: Order, tender: Tender) -> NewPayment:
    t = request.site.catalogues[request.language]
    left = tender.expires_at - request.now
    return NewPayment(
        key=tender.key,
        cents=tender.maximum_cents,
        title=t("payment.title", code=order.code),
        language=request.language,
        back=back_address(request.site.settings.public_url, order.order_id),
        expires_in=max(1, int(min(left, AUTHORISED_WITHIN).total_seconds())),
    )


def back_address(site: str, order_id: UUID) -> str:
    return f"{site}/commandes/{order_id}/paiement/retour"


def _away(request: ShopRequest) -> Notice:
    return Notice("warn", request.site.catalogues[request.language]("payment.away"))


def _too_late(request: ShopRequest) -> Notice:
    return Notice("info", request.site.catalogues[request.language]("payment.too_late"))


ROUTES = [begin, go, come_back]
