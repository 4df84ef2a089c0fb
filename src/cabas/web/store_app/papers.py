"""What is printed: crate labels, and the whole order when no device has it."""

from typing import Any
from uuid import UUID

import segno
from litestar import Response, get
from litestar.params import FromPath

from cabas.domain.preparation import queries
from cabas.domain.preparation.model import Crate
from cabas.domain.preparation.queries import Task
from cabas.domain.staff.model import Permission
from cabas.web.dates import long_day, span
from cabas.web.request import ShopRequest
from cabas.web.store_app import views
from cabas.web.store_app.access import at_work, order_path, page
from cabas.web.store_app.picking import first_name


@get("/commandes/{order_id:uuid}/etiquettes", include_in_schema=False)
async def labels(request: ShopRequest, order_id: FromPath[UUID]) -> Response[str]:
    async with request.read() as reader:
        post = await at_work(request, reader)
        task = await queries.task(reader, store_id=post.store_id, order_id=order_id)
    t = request.site.catalogues[request.language]
    return page(
        request,
        "store_app/labels.html",
        t("store_app.labels_title", code=task.order.code),
        back=f"{order_path(order_id)}?vue=bacs",
        heading=task.order.code,
        labels=[_label(request, task, crate) for crate in task.crates],
    )


@get("/commandes/{order_id:uuid}/impression", include_in_schema=False)
async def sheet(request: ShopRequest, order_id: FromPath[UUID]) -> Response[str]:
    """The order on paper, in the order of the walk: the fallback when devices or network fail."""
    async with request.read() as reader:
        post = await at_work(request, reader, Permission.SEE_ORDERS)
        task = await queries.task(reader, store_id=post.store_id, order_id=order_id)
    t, order = request.site.catalogues[request.language], task.order
    return page(
        request,
        "store_app/sheet.html",
        t("store_app.sheet_title", code=order.code),
        back=order_path(order_id),
        heading=order.code,
        code=order.code,
        when=f"{long_day(order.slot_starts_at, request.language)}, "
        f"{span(order.slot_starts_at, order.slot_ends_at, request.language)}",
        name=str(order.contact.get("name") or ""),
        phone=str(order.contact.get("phone") or ""),
        rows=views.rows(request, task),
        rules={str(line.line_no): t(f"store_app.rule_{line.substitution}") for line in task.lines},
    )


def qr_svg(text: str) -> str:
    """A QR code as SVG markup, without size or style."""
    svg: str = segno.make_qr(text, error="m").svg_inline(border=2, omitsize=True)
    return svg


def _label(request: ShopRequest, task: Task, crate: Crate) -> dict[str, Any]:
    t, order = request.site.catalogues[request.language], task.order
    of_zone = [one.crate_no for one in task.crates if one.zone == crate.zone]
    return {
        "code": order.code,
        "letter": crate.letter,
        "label": crate.label,
        "zone": {"key": crate.zone, "label": t(f"store_app.zone_{crate.zone}")},
        "number": t(
            "store_app.crate_of",
            n=[one.crate_no for one in task.crates].index(crate.crate_no) + 1,
            total=len(task.crates),
        ),
        "zone_number": f"{of_zone.index(crate.crate_no) + 1}/{len(of_zone)}",
        "day": long_day(order.slot_starts_at, request.language),
        "time": span(order.slot_starts_at, order.slot_ends_at, request.language),
        "name": first_name(order.contact),
        "qr": qr_svg(crate.label),
    }
