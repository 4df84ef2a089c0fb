"""A store's orders: by day or slot, by code, one in full, and its cancellation by the store."""

from datetime import timedelta
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from cabas.domain.messages.model import Told
from cabas.domain.messages.queries import told_of_order
from cabas.domain.orders import operations, queries
from cabas.domain.orders.model import TRANSITIONS, Order, OrderNotFound, OrderState
from cabas.domain.payments.model import State, Tender
from cabas.domain.payments.queries import tenders_of
from cabas.domain.staff.model import Permission
from cabas.kit.clock import paris_day, paris_midnight
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.kit.quantity import format_quantity
from cabas.web.console.access import Desk, page, store_desk
from cabas.web.dates import full, long_day, short_slot, span
from cabas.web.forms import read_form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest

DAYS_AHEAD = 8
STATE_KINDS = {
    OrderState.PLACED: "warn",
    OrderState.RECEIVED: "info",
    OrderState.PREPARING: "moon",
    OrderState.READY: "ok",
    OrderState.HANDED_OVER: "",
    OrderState.CANCELLED: "ko",
}
PAYMENT_KINDS = {State.HELD: "info", State.CAPTURED: "ok", State.FAILED: "ko"}
TOLD_KINDS = {"sent": "ok", "failed": "ko", "waiting": "warn"}
_COLUMNS = (("code", False), ("slot", False), ("who", False), ("state", False), ("total", True))


@get("/magasins/{slug:str}/commandes", include_in_schema=False)
async def listed(
    request: ShopRequest, slug: FromPath[str], q: FromQuery[str] = "", creneau: FromQuery[int] = 0
) -> Response[str]:
    day_start = paris_midnight(paris_day(request.now))
    notices: list[Notice] = []
    t = request.site.catalogues[request.language]
    async with request.read() as reader:
        desk = await store_desk(request, reader, slug, Permission.SEE_ORDERS)
        if q.strip():
            try:
                orders = [
                    await queries.order_by_code(
                        reader, store_id=desk.store_id, code=q.replace(" ", "")[:10].replace("\0", "")
                    )
                ]
            except OrderNotFound:
                orders, notices = [], [Notice("warn", t("console.no_such_code"))]
        else:
            orders = await queries.orders_of_slots(
                reader,
                store_id=desk.store_id,
                start=day_start,
                end=day_start + timedelta(days=DAYS_AHEAD),
            )
    if creneau:
        orders = [order for order in orders if order.slot_id == creneau]
    return page(
        request,
        desk,
        "console/orders.html",
        Frame(title=t("console.orders_title"), nav="orders", notices=notices),
        query=q[:20],
        columns=[
            {"label": t(f"console.orders_{key}"), "number": number, "sort_href": "", "sorted": ""}
            for key, number in _COLUMNS
        ],
        rows=[_row(request, desk, order) for order in orders],
    )


@get("/magasins/{slug:str}/commandes/{order_id:uuid}", include_in_schema=False)
async def shown(request: ShopRequest, slug: FromPath[str], order_id: FromPath[UUID]) -> Response[str]:
    async with request.read() as reader:
        desk = await store_desk(request, reader, slug, Permission.SEE_ORDERS)
        order = await queries.order_of_store(reader, store_id=desk.store_id, order_id=order_id)
        lines = await queries.lines(
            reader, store_id=desk.store_id, order_id=order_id, revision=order.revision
        )
        history = await queries.history(reader, store_id=desk.store_id, order_id=order_id)
        log = await told_of_order(reader, store_id=desk.store_id, order_id=order_id)
        tenders = await tenders_of(reader, store_id=desk.store_id, order_id=order_id)
    t = request.site.catalogues[request.language]
    language = request.language
    return page(
        request,
        desk,
        "console/order.html",
        Frame(title=t("console.order_title", code=order.code), nav="orders"),
        code=order.code,
        state={"text": t(f"console.state_{order.state.value}"), "kind": STATE_KINDS[order.state]},
        slot=f"{long_day(order.slot_starts_at, language)}, "
        f"{span(order.slot_starts_at, order.slot_ends_at, language)}",
        contact=order.contact,
        total=format_cents(
            order.final_cents if order.final_cents is not None else order.total_cents, language
        ),
        settled=order.final_cents is not None,
        maximum=format_cents(order.maximum_cents, language),
        columns=[
            {
                "label": t(f"console.line_{key}"),
                "number": key in ("quantity", "total"),
                "sort_href": "",
                "sorted": "",
            }
            for key in ("name", "quantity", "total")
        ],
        rows=[
            [
                {"text": f"{line.product.name} {line.product.brand}".strip(), "href": "", "badge": ""},
                {
                    "text": format_quantity(
                        line.quantity, "g" if line.product.by_weight else "piece", language
                    ),
                    "href": "",
                    "badge": "",
                },
                {"text": format_cents(line.total_cents, language), "href": "", "badge": ""},
            ]
            for line in lines
        ],
        history=[
            {
                "what": t(f"console.state_{step.state.value}"),
                "when": full(step.at, language),
                "who": step.actor,
            }
            for step in history
        ],
        told=[_told(one, t) for one in log],
        payments=[_payment(one, t) for one in tenders],
        may_cancel=desk.may(Permission.MANAGE_ORDERS) and OrderState.CANCELLED in TRANSITIONS[order.state],
        cancel_action=f"{desk.base}/commandes/{order_id}/annulation",
    )


@post("/magasins/{slug:str}/commandes/{order_id:uuid}/annulation", include_in_schema=False)
async def cancel(request: ShopRequest, slug: FromPath[str], order_id: FromPath[UUID]) -> Response[str]:
    form = await read_form(request)
    reason = form.text("reason")
    t = request.site.catalogues[request.language]
    async with request.transaction() as tx:
        desk = await store_desk(request, tx, slug, Permission.MANAGE_ORDERS)
        if form.ok:
            await operations.cancel_by_store(
                tx,
                store_id=desk.store_id,
                order_id=order_id,
                by=f"store:{desk.actor.name}",
                reason=reason,
                now=request.now,
            )
    notice = (
        Notice("ok", t("console.order_cancelled")) if form.ok else Notice("ko", t("console.reason_needed"))
    )
    return see_other(request, f"{desk.base}/commandes/{order_id}", notice=notice)


def _told(one: Told, t: Catalogue) -> dict[str, str]:
    """A line of the log: what, by which way, with which end and when."""
    when = one.sent_at or one.failed_at or one.created_at
    name = f"console.told_{one.template}"
    return {
        "what": t(name) if name in t.keys else one.template,
        "channel": t(f"console.told_by_{one.channel.value}"),
        "state": t(f"console.told_{one.state}"),
        "kind": TOLD_KINDS[one.state],
        "when": full(when, t.language),
        "problem": one.problem,
    }


def _payment(tender: Tender, t: Catalogue) -> dict[str, str]:
    """How one means of payment stands: its amounts, and what the bank last made difficult."""
    amounts = (
        ("maximum", tender.maximum_cents),
        ("held", tender.held_cents),
        ("captured", tender.captured_cents),
        ("refunded", tender.refunded_cents),
    )
    said = [
        t(f"console.payment_{name}", amount=format_cents(cents, t.language))
        for name, cents in amounts
        if cents
    ]
    return {
        "what": t(f"console.payment_kind_{tender.kind.value}"),
        "state": t(f"console.payment_state_{tender.state.value}"),
        "kind": PAYMENT_KINDS.get(tender.state, ""),
        "amounts": " · ".join(said),
        "when": full(tender.opened_at, t.language),
        "problem": tender.problem,
    }


def _row(request: ShopRequest, desk: Desk, order: Order) -> list[dict[str, str]]:
    t = request.site.catalogues[request.language]
    amount = order.final_cents if order.final_cents is not None else order.total_cents
    return [
        {
            "text": f"{order.code[:3]} {order.code[3:]}",
            "href": f"{desk.base}/commandes/{order.order_id}",
            "badge": "",
        },
        {"text": short_slot(order.slot_starts_at, request.now, request.language), "href": "", "badge": ""},
        {"text": order.contact.get("name", ""), "href": "", "badge": ""},
        {
            "text": t(f"console.state_{order.state.value}"),
            "href": "",
            "badge": STATE_KINDS[order.state],
        },
        {"text": format_cents(amount, request.language), "href": "", "badge": ""},
    ]
