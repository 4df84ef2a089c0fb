"""The counter: who is here, an order found by code or QR, its crates, identity, the amount, given."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from cabas.domain.handover import operations, queries
from cabas.domain.handover.model import (
    AlreadyHandedOver,
    CratesMissing,
    IdentityUnchecked,
    NotReady,
    OrderCancelled,
    UnknownCrate,
)
from cabas.domain.handover.queries import Counter
from cabas.domain.orders.model import OrderNotFound, OrderState
from cabas.domain.payments.model import Balance, PaymentDue
from cabas.domain.staff.model import Permission
from cabas.web.dates import clock_time
from cabas.web.forms import read_form
from cabas.web.pages import Notice, see_other
from cabas.web.request import ShopRequest
from cabas.web.store_app import views
from cabas.web.store_app.access import HOME, at_work, order_path, page
from cabas.web.store_app.picking import first_name

PATH = f"{HOME}/remises"
LATE_MINUTES = 5
"""A handover should take less, from the shopper's arrival on."""

CODE_LENGTH_MAX = 300
CENTS_MAX = 10_000_000
REFUSALS = (CratesMissing, IdentityUnchecked, PaymentDue, NotReady, OrderCancelled, AlreadyHandedOver)


@get("/remises", include_in_schema=False)
async def arrivals(request: ShopRequest) -> Response[str]:
    async with request.read() as reader:
        work = await at_work(request, reader, Permission.HAND_OVER)
        here = await queries.arrivals(reader, store_id=work.store_id)
    t = request.site.catalogues[request.language]
    return page(
        request,
        "store_app/arrivals.html",
        t("store_app.counter_title"),
        back=HOME,
        arrivals=[
            {
                "code": one.code,
                "name": first_name({"name": one.name}),
                "href": f"{PATH}/{one.order_id}"
                if one.state is OrderState.READY
                else order_path(one.order_id),
                "ready": one.state is OrderState.READY,
                "state": t(f"store_app.state_{one.state.value}"),
                "bay": one.bay,
                "places": ", ".join(one.places),
                "minutes": _minutes(request, one.arrived_at),
                "late": _minutes(request, one.arrived_at) >= LATE_MINUTES,
                "since": clock_time(one.arrived_at, request.language),
            }
            for one in here
        ],
    )


@post("/remises", include_in_schema=False)
async def find(request: ShopRequest) -> Response[Any]:
    form = await read_form(request)
    text = form.text("code", length_max=CODE_LENGTH_MAX)
    async with request.read() as reader:
        work = await at_work(request, reader, Permission.HAND_OVER)
        try:
            order = await queries.find(reader, store_id=work.store_id, text=text)
        except OrderNotFound:
            return see_other(request, PATH, notice=_ko(request, "no_such_order"))
    return see_other(request, f"{PATH}/{order.order_id}")


@get("/remises/{order_id:uuid}", include_in_schema=False)
async def order(request: ShopRequest, order_id: FromPath[UUID]) -> Response[str]:
    async with request.read() as reader:
        work = await at_work(request, reader, Permission.HAND_OVER)
        counter = await queries.counter(reader, store_id=work.store_id, order_id=order_id)
    t = request.site.catalogues[request.language]
    return page(
        request,
        "store_app/counter.html",
        t("store_app.handover_title", code=counter.order.code),
        back=PATH,
        heading=counter.order.code,
        order=_order(request, counter),
        zones=_zones(request, counter),
        missing=sum(crate.handed_at is None for crate in counter.crates),
        path=f"{PATH}/{order_id}",
        prepare=order_path(order_id),
    )


@post("/remises/{order_id:uuid}/debut", include_in_schema=False)
async def start(request: ShopRequest, order_id: FromPath[UUID]) -> Response[Any]:
    async with request.transaction() as tx:
        work = await at_work(request, tx, Permission.HAND_OVER)
        await operations.start(
            tx, store_id=work.store_id, order_id=order_id, actor=work.actor, now=request.now
        )
    return see_other(request, f"{PATH}/{order_id}")


@post("/remises/{order_id:uuid}/bacs", include_in_schema=False)
async def crate(request: ShopRequest, order_id: FromPath[UUID]) -> Response[Any]:
    """A crate scanned (``code``) or ticked; ``retour`` takes a tick back."""
    form = await read_form(request)
    label, back = form.text("code", length_max=CODE_LENGTH_MAX), form.flag("retour")
    notice = None
    async with request.transaction() as tx:
        work = await at_work(request, tx, Permission.HAND_OVER)
        try:
            if back:
                await operations.take_back_crate(
                    tx, store_id=work.store_id, order_id=order_id, label=label, actor=work.actor
                )
            else:
                await operations.start(
                    tx, store_id=work.store_id, order_id=order_id, actor=work.actor, now=request.now
                )
                await operations.bring_crate(
                    tx,
                    store_id=work.store_id,
                    order_id=order_id,
                    label=label,
                    actor=work.actor,
                    now=request.now,
                )
        except UnknownCrate:
            notice = _ko(request, "crate_unknown")
    return see_other(request, f"{PATH}/{order_id}", notice=notice)


@post("/remises/{order_id:uuid}", include_in_schema=False)
async def give(request: ShopRequest, order_id: FromPath[UUID]) -> Response[Any]:
    form = await read_form(request)
    remark = form.text("remark", required=False, length_max=200)
    checked = form.flag("identity")
    due = form.integer("due", low=0, high=CENTS_MAX, required=False) or 0
    collected = max(due, 0) if form.flag("collected") else 0
    refused = ""
    async with request.transaction() as tx:
        work = await at_work(request, tx, Permission.HAND_OVER)
        try:
            await operations.hand_over(
                tx,
                store_id=work.store_id,
                order_id=order_id,
                actor=work.actor,
                identity_checked=checked,
                remarks=[remark],
                collected_cents=collected,
                now=request.now,
            )
        except REFUSALS as problem:
            refused = problem.code  # each is raised before anything is written, or undone with its lock
    if refused and refused != AlreadyHandedOver.code:
        return see_other(request, f"{PATH}/{order_id}", notice=_ko(request, refused))
    return see_other(request, f"{PATH}/{order_id}")


def _order(request: ShopRequest, counter: Counter) -> dict[str, Any]:
    order, handover = counter.order, counter.handover
    since = handover.started_at if handover else counter.arrived_at
    given = handover.handed_over_at if handover else None
    return {
        "id": str(order.order_id),
        "code": order.code,
        "name": str(order.contact.get("name") or ""),
        "state": order.state.value,
        "ready": order.state is OrderState.READY,
        "bay": counter.bay,
        "since": since.isoformat() if since else "",
        "since_text": clock_time(since, request.language) if since else "",
        "minutes": _minutes(request, since) if since else 0,
        "amount": views.amount(request, order.final_cents),
        "announced": views.amount(request, order.total_cents),
        "minimum_age": counter.minimum_age,
        "begun": handover is not None,
        "given_at": clock_time(given, request.language) if given else "",
        "given_by": handover.handed_by if handover else "",
        "card": _card(request, counter.balance),
    }


def _card(request: ShopRequest, left: Balance | None) -> dict[str, Any] | None:
    """What a card or a cagnotte has paid, and what is left to the counter; None: all of it."""
    if left is None:
        return None
    return {
        "taken": views.amount(request, left.taken_cents) if left.taken_cents else "",
        "due": views.amount(request, left.due_cents) if left.due_cents else "",
        "due_cents": left.due_cents,
        "coming": left.coming_cents > 0,
    }


def _zones(request: ShopRequest, counter: Counter) -> list[dict[str, Any]]:
    t = request.site.catalogues[request.language]
    groups = []
    for zone in views.ZONES:
        crates = [one for one in counter.crates if one.zone == zone]
        if crates:
            here = sum(one.handed_at is not None for one in crates)
            groups.append(
                {
                    "key": zone,
                    "label": t(f"store_app.zone_{zone}"),
                    "count": f"{here}/{len(crates)}",
                    "complete": here == len(crates),
                    "crates": [
                        {
                            "label": one.label,
                            "letter": one.letter,
                            "place": one.staging_place,
                            "here": one.handed_at is not None,
                        }
                        for one in crates
                    ],
                }
            )
    return groups


def _minutes(request: ShopRequest, since: Any) -> int:
    return max(0, int((request.now - since).total_seconds() // 60))


def _ko(request: ShopRequest, code: str) -> Notice:
    return Notice("ko", request.site.catalogues[request.language](f"store_app.ko_{code}"))
