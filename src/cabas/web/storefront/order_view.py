"""An order as its shopper sees it: where it stands, what became of each line, what it comes to."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import segno
from babel.dates import format_date

from cabas.domain.orders.model import Order, OrderLine, OrderState
from cabas.domain.orders.withdrawing import handed_over_at, open_until, retractable_lines
from cabas.domain.preparation.model import LineOutcome, PickedLine
from cabas.kit.clock import PARIS
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.kit.quantity import format_quantity
from cabas.policies import DEFAULTS
from cabas.web import dates
from cabas.web.request import ShopRequest
from cabas.web.storefront.basket_view import fee_label, quantity_label
from cabas.web.storefront.checkout_view import store_words, vat_view
from cabas.web.storefront.order_access import Told
from cabas.web.storefront.shopper import store_of

STEPS = (
    OrderState.PLACED,
    OrderState.RECEIVED,
    OrderState.PREPARING,
    OrderState.READY,
    OrderState.HANDED_OVER,
)
ENDED = frozenset({OrderState.HANDED_OVER, OrderState.CANCELLED})
SETTLED = frozenset({OrderState.READY, OrderState.HANDED_OVER})


def slot_label(order: Order, language: str) -> str:
    day = dates.long_day(order.slot_starts_at, language)
    return f"{day}, {dates.span(order.slot_starts_at, order.slot_ends_at, language)}"


def moment_label(moment: datetime, language: str) -> str:
    """``mardi 24 novembre, 14 h``."""
    return f"{dates.long_day(moment, language)}, {dates.clock_time(moment, language)}"


def stamp(moment: datetime, t: Catalogue) -> str:
    """``mardi 24 novembre 2026 à 14:05:09``, the Paris clock: for what may have to be proved."""
    local = moment.astimezone(PARIS)
    day = format_date(local.date(), "EEEE d MMMM y", locale=t.language)
    return t("orders.stamp", day=str(day), time=f"{local:%H:%M:%S}")


def last_day(until: datetime, language: str) -> str:
    """The last whole day before an exclusive end: ``mardi 8 décembre``."""
    return dates.long_day(until - timedelta(microseconds=1), language)


def spoken_code(code: str) -> str:
    """Six characters in two groups: ``K7F 2MQ``."""
    return f"{code[:3]}\u00a0{code[3:]}"


def qr_svg(code: str) -> str:
    """The code alone, so that any scanner at the counter reads what a person would say."""
    return str(segno.make(code, error="m").svg_inline(scale=4, border=1, omitsize=True))


def state_values(request: ShopRequest, told: Told) -> dict[str, Any]:
    """What `orders/_state.html` shows: the part that lives."""
    t, order = request.site.catalogues[request.language], told.order
    language = t.language
    settled = order.state in SETTLED and bool(told.picked)
    final = order.final_cents if settled else None
    return {
        "headline": t(f"orders.state_{order.state.value}"),
        "steps": _steps(told, t),
        "changes": picked_changes(told.lines, told.picked, t) if settled else [],
        "settled": settled,
        "final": format_cents(final, language) if final is not None else "",
        "saved": format_cents(order.total_cents - final, language)
        if final is not None and final < order.total_cents
        else "",
        "arrived": _arrived(told, t),
        "ended": order.state in ENDED,
    }


def may_say_here(told: Told, *, now: datetime) -> bool:
    """Not days ahead, when a tap by mistake would have the counter wait; but whoever said it may correct their bay."""
    order = told.order
    if order.channel != "drive" or order.state in ENDED:
        return False
    soon = now >= order.slot_starts_at - DEFAULTS.arrival_before
    return soon or order.state is OrderState.READY or told.arrival is not None


def order_values(request: ShopRequest, told: Told) -> dict[str, Any]:
    """What the whole page shows beside its state."""
    t, order, now = request.site.catalogues[request.language], told.order, request.now
    language = t.language
    store = store_of(request, order.store_id)
    address = order.contact.get("address")
    changeable = order.changeable(now)
    return {
        "order_href": f"/commandes/{order.order_id}",
        "number": str(order.order_id)[-12:].upper(),
        "code": spoken_code(order.code),
        "plain_code": order.code,
        "qr": qr_svg(order.code),
        "slot": slot_label(order, language),
        "delivery": order.channel == "delivery",
        "store": store_words(store),
        "deliver_to": f"{address['street']}, {address['postcode']} {address['city']}" if address else "",
        "placed": stamp(order.placed_at, t),
        "cutoff": moment_label(order.cutoff_at, language),
        "changeable": changeable,
        "here": may_say_here(told, now=now),
        "arrived": told.arrival is not None,
        "bay": told.arrival.bay if told.arrival else "",
        "adult": bool(order.agreed.get("adult")),
        "lines": [line_view(line, t) for line in told.lines],
        "totals": totals_view(order, told.lines, t),
        "vat": vat_view(order.agreed.get("vat", []), t),
        "maximum": format_cents(order.maximum_cents, language),
        "maximum_differs": order.maximum_cents != order.total_cents,
        "seller": order.agreed.get("seller", {}),
        "agreed": t(
            "orders.agreed",
            button=str(order.agreed.get("button", "")),
            version=str(order.agreed.get("legal_version", "")),
        ),
        "substitution": t(f"basket.substitution_{order.substitution}"),
        "contact": order.contact,
        "cancelled": _cancelled(told, t),
        "withdrawal": withdrawal_view(request, told),
        "ended": order.state in ENDED,
    }


def line_view(line: OrderLine, t: Catalogue) -> dict[str, Any]:
    language, product = t.language, line.product
    quantity = quantity_label(line.quantity, by_weight=product.by_weight, language=language)
    each = format_cents(line.unit_price_cents, language)
    return {
        "line": line.line_no,
        "gtin": line.gtin,
        "name": product.name,
        "brand": product.brand,
        "picture": product.picture,
        "net": ""
        if product.by_weight or product.net_unit == "piece"
        else format_quantity(product.net_quantity, product.net_unit, language),
        "unit_price": "",
        "by_weight": product.by_weight,
        "quantity": line.quantity,
        "quantity_label": quantity,
        "each": f"{each}/kg" if product.by_weight else each,
        "total": format_cents(line.total_cents, language),
        "saved": format_cents(line.discount_cents, language) if line.discount_cents else "",
        "note": product.note,
        "retractable": product.retractable,
    }


def totals_view(order: Order, lines: list[OrderLine], t: Catalogue) -> list[dict[str, str]]:
    """For the macro `facts`: what was agreed."""
    language = t.language
    weighed = any(line.product.by_weight for line in lines)
    rows = [(t("orders.goods"), format_cents(order.goods_cents, language), "")]
    if order.discount_cents:
        rows.append((t("basket.savings"), format_cents(-order.discount_cents, language), "saving"))
    if order.deposit_cents:
        rows.append((t("basket.deposits"), format_cents(order.deposit_cents, language), ""))
    rows.append((t("basket.fee"), fee_label(order.fee_cents, t), ""))
    label = t("basket.total_estimated") if weighed else t("basket.total")
    rows.append((label, format_cents(order.total_cents, language), "total"))
    if order.final_cents is not None and order.state in SETTLED:
        rows.append((t("orders.final"), format_cents(order.final_cents, language), "total"))
    return [{"label": label, "value": value, "kind": kind} for label, value, kind in rows]


def withdrawal_view(request: ShopRequest, told: Told) -> dict[str, Any] | None:
    """Whether lines can still be given back, until when; None before the handover."""
    since = handed_over_at(told.history)
    if since is None:
        return None
    t = request.site.catalogues[request.language]
    until = open_until(since, days=DEFAULTS.withdrawal_days)
    left = retractable_lines(told.lines, not_received=told.not_received, declared=told.withdrawals)
    return {
        "open": request.now < until and bool(left),
        "until": last_day(until, t.language),
        "receipts": [
            {
                "href": f"/commandes/{told.order.order_id}/retractation/{one.withdrawal_id}",
                "label": t("orders.receipt_of", when=stamp(one.declared_at, t)),
            }
            for one in told.withdrawals
        ],
    }


def _steps(told: Told, t: Catalogue) -> list[dict[str, str]]:
    """For the macro `timeline`."""
    order, language = told.order, t.language
    reached = {change.state: change.at for change in told.history}
    delivery = order.channel == "delivery"
    steps = []
    current = STEPS.index(order.state) if order.state in STEPS else -1
    for rank, state in enumerate(STEPS):
        at = reached.get(state)
        over = order.state is OrderState.CANCELLED
        if over and at is None:
            continue
        done = over or rank < current or state is OrderState.HANDED_OVER is order.state
        key = f"{state.value}_delivery" if delivery and state in SETTLED else state.value
        steps.append(
            {
                "title": t(f"orders.step_{key}"),
                "state": "done" if done else "now" if rank == current else "later",
                "time": _step_time(state, at, t),
                "note": t("orders.passing_on") if state is order.state is OrderState.PLACED else "",
            }
        )
    if order.state is OrderState.CANCELLED:
        at = reached.get(OrderState.CANCELLED)
        steps.append(
            {
                "title": t("orders.state_cancelled"),
                "state": "problem",
                "time": moment_label(at, language) if at else "",
                "note": "",
            }
        )
    return steps


def _step_time(state: OrderState, at: datetime | None, t: Catalogue) -> str:
    if at is None:
        return ""
    if state is OrderState.RECEIVED:
        return t("orders.received_at", time=dates.clock_time(at, t.language))
    return moment_label(at, t.language)


def picked_changes(
    lines: Sequence[OrderLine], picked_lines: Mapping[int, PickedLine], t: Catalogue
) -> list[dict[str, str]]:
    """What is not as it was ordered: missing, fewer, replaced, weighed. Told before leaving home."""
    changes = []
    for line in lines:
        picked = picked_lines.get(line.line_no)
        if picked is None:
            continue
        said = _said_of(line, picked, t)
        if said:
            changes.append(
                {
                    "name": line.product.name,
                    "kind": "info" if picked.outcome is LineOutcome.PICKED else "warn",
                    "said": said,
                    "before": format_cents(line.total_cents, t.language),
                    "now": format_cents(picked.total_cents, t.language),
                }
            )
    return changes


def _said_of(line: OrderLine, picked: PickedLine, t: Catalogue) -> str:
    language = t.language
    match picked.outcome:
        case LineOutcome.MISSING:
            return t("orders.line_missing")
        case LineOutcome.SUBSTITUTED:
            return t("orders.line_substituted", name=str(picked.frozen.get("name", "")))
        case LineOutcome.SHORT:
            asked, got = str(line.quantity), str(picked.quantity)
            return t("orders.line_short", got=got, asked=asked)
        case _ if line.product.by_weight and picked.weight_grams != line.quantity:
            asked = format_quantity(line.quantity, "g", language)
            return t(
                "orders.line_weighed", got=format_quantity(picked.weight_grams, "g", language), asked=asked
            )
    return ""


def _arrived(told: Told, t: Catalogue) -> str:
    if told.arrival is None or told.order.state in ENDED:
        return ""
    time = dates.clock_time(told.arrival.arrived_at, t.language)
    if told.arrival.bay:
        return t("orders.arrived_bay", time=time, bay=told.arrival.bay)
    return t("orders.arrived", time=time)


def _cancelled(told: Told, t: Catalogue) -> str:
    found = told.cancellation
    if found is None:
        return ""
    when = moment_label(found.cancelled_at, t.language)
    who = "shopper" if found.cancelled_by == "shopper" else "store"
    return t(f"orders.cancelled_by_{who}", when=when)
