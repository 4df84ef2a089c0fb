"""An order at work: its lines one at a time, their list, its crates; one address, three views."""

from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from cabas.domain.orders.model import OrderState
from cabas.domain.preparation import queries
from cabas.domain.preparation.queries import Substitute, Task
from cabas.kit.clock import paris_day
from cabas.policies import DEFAULTS
from cabas.web.dates import long_day, span
from cabas.web.request import ShopRequest
from cabas.web.store_app import views
from cabas.web.store_app.access import HOME, Post, at_work, page
from cabas.web.store_app.views import Typed

LINE, LIST, CRATES, START = "ligne", "liste", "bacs", "debut"


@get("/commandes/{order_id:uuid}", include_in_schema=False)
async def order(
    request: ShopRequest,
    order_id: FromPath[UUID],
    vue: FromQuery[str] = "",
    n: FromQuery[int] = 0,
    tout: FromQuery[int] = 0,
    manque: FromQuery[int] = 0,
    pese: FromQuery[int] = 0,
    grammes: FromQuery[int] = 0,
    remplacant: FromQuery[int] = 0,
) -> Response[str]:
    """
    ``tout=1``: every line at once, for the device's client; else only what is looked at.

    ``manque``, ``pese``, ``grammes``, ``remplacant``: what was said of the line so far, without scripts.
    """
    async with request.read() as reader:
        post = await at_work(request, reader)
        task = await queries.task(reader, store_id=post.store_id, order_id=order_id)
        view, current = _where(task, post, request, vue, n)
        shown = [line for line in task.lines if view == LINE and (tout or line.line_no == current)]
        if tout and view != START:
            shown = task.lines
        substitutes: dict[int, list[Substitute]] = {}
        for line in shown:
            substitutes[line.line_no] = await queries.substitutes(
                reader, store_id=post.store_id, line=line, now=request.now
            )
    typed = Typed(missing=bool(manque), weigh=bool(pese), grams=grammes, substitute=remplacant)
    return page(
        request,
        "store_app/order.html",
        request.site.catalogues[request.language]("store_app.order_title", code=task.order.code),
        back=HOME,
        heading=task.order.code,
        view=view,
        current=current,
        whole=bool(tout),
        order=_order(request, post, task),
        lines=[views.line(request, task, line, substitutes[line.line_no], typed) for line in shown],
        rows=views.rows(request, task),
        crates=views.crates(request, task),
        banner=views.banner(request, task),
        data=views.for_device(request, post.actor.staff_id, task, substitutes) if tout else None,
    )


def _where(task: Task, post: Post, request: ShopRequest, view: str, number: int) -> tuple[str, int]:
    """The view and the line to show: what was asked for, else what comes next."""
    held = task.preparation
    mine = held is not None and held.lease is not None and held.lease.picker_id == post.actor.staff_id
    if task.order.state is OrderState.READY:
        return (view if view in (LIST, CRATES) else CRATES), 0
    if task.order.state is not OrderState.PREPARING or not mine:
        return (LIST if view == LIST else START), 0
    left = [line.line_no for line in task.lines if line.line_no not in task.picked]
    known = {line.line_no for line in task.lines}
    current = number if number in known else next(iter(left), 0)
    if view in (LIST, CRATES):
        return view, current
    return (LINE, current) if current else (CRATES, 0)


def _order(request: ShopRequest, post: Post, task: Task) -> dict[str, object]:
    order, held = task.order, task.preparation
    lease = held.lease if held else None
    other = lease is not None and lease.picker_id != post.actor.staff_id and lease.holds(request.now)
    day = (
        ""
        if paris_day(order.slot_starts_at) == paris_day(request.now)
        else long_day(order.slot_starts_at, request.language)
    )
    return {
        "id": str(order.order_id),
        "code": order.code,
        "state": order.state.value,
        "revision": held.revision if held and held.started_at else order.revision,
        "latest": order.revision,
        "day": day,
        "time": span(order.slot_starts_at, order.slot_ends_at, request.language),
        "late": order.slot_starts_at <= request.now,
        "name": first_name(order.contact),
        "lines": len(task.lines),
        "handled": task.handled,
        "begun": bool(held and held.started_at),
        "holder": lease.name if lease and other else "",
        "zones": views.zones(request, task),
        "final": views.amount(request, order.final_cents),
        "places": ", ".join(sorted({crate.staging_place for crate in task.crates if crate.staging_place})),
        "tolerance": DEFAULTS.weight_tolerance_percent,
    }


def first_name(contact: dict[str, object]) -> str:
    """All that is said of the shopper in the aisles and on labels."""
    return str(contact.get("name") or "").split(" ", 1)[0]
