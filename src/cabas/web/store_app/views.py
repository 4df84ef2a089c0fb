"""An order at work as plain values: for the templates, and for the device's own copy."""

from typing import Any
from uuid import UUID

import msgspec

from cabas.domain.orders.model import OrderLine, OrderState
from cabas.domain.preparation.model import CRATE_LETTERS
from cabas.domain.preparation.queries import Substitute, Task
from cabas.domain.preparation.route import place_of_location
from cabas.kit.ids import new_id
from cabas.kit.money import format_cents, round_half_up
from cabas.kit.quantity import format_quantity
from cabas.policies import DEFAULTS
from cabas.web.request import ShopRequest
from cabas.web.store_app import words

ZONES = ("ambient", "chilled", "frozen")


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of the current line before it could be settled."""

    missing: bool = False
    weigh: bool = False
    grams: int = 0
    substitute: int = 0


def line(
    request: ShopRequest, task: Task, one: OrderLine, substitutes: list[Substitute], typed: Typed
) -> dict[str, Any]:
    """One line's screen."""
    t, language = request.site.catalogues[request.language], request.language
    product, done = one.product, task.picked.get(one.line_no)
    place = place_of_location(product.location)
    asked = words.asked(request, one)
    numbers = [each.line_no for each in task.lines]
    return {
        "no": one.line_no,
        "position": numbers.index(one.line_no) + 1,
        "place": {"aisle": place.aisle, "bay": place.bay, "shelf": place.level} if product.location else None,
        "item": {
            "name": product.name,
            "brand": product.brand,
            "net": words.pack(product, language),
            "picture": product.picture,
            "zone": product.zone,
            "quantity_label": asked["label"],
            "unit": asked["unit"],
        },
        "zone": {"key": product.zone, "label": t(f"store_app.zone_{product.zone}")},
        "gtin": f"{one.gtin:013d}",
        "by_weight": product.by_weight,
        "quantity": one.quantity,
        "note": product.note,
        "adult": product.minimum_age,
        "rule": t(f"store_app.rule_{one.substitution}"),
        "never": one.substitution == "never",
        "done": words.outcome_text(request, one, done) if done else "",
        "substitutes": [_substitute(request, one, each) for each in substitutes],
        "missing": typed.missing,
        "weigh": typed.weigh,
        "grams": typed.grams or "",
        "confirm": typed.grams > 0,
        "confirm_substitute": typed.substitute or "",
        "asked_text": f"{asked['label']} {asked['unit']}",
        "event_id": event_id(request),
    }


def rows(request: ShopRequest, task: Task) -> list[dict[str, Any]]:
    """The list of all lines, in the order of the walk."""
    shown = []
    for one in task.lines:
        done, asked = task.picked.get(one.line_no), words.asked(request, one)
        place = place_of_location(one.product.location)
        shown.append(
            {
                "no": one.line_no,
                "name": one.product.name,
                "place": f"{place.aisle}-{place.bay}-{place.level}" if one.product.location else "",
                "asked": f"{asked['label']} {asked['unit']}",
                "zone": one.product.zone,
                "done": words.outcome_text(request, one, done) if done else "",
                "kind": "" if done is None else "warn" if done.outcome.value != "picked" else "ok",
            }
        )
    return shown


def crates(request: ShopRequest, task: Task) -> dict[str, Any]:
    t = request.site.catalogues[request.language]
    used = {crate.crate_no for crate in task.crates}
    have = {crate.zone for crate in task.crates}
    free = next((number for number in range(1, len(CRATE_LETTERS) + 1) if number not in used), 0)
    return {
        "list": [
            {
                "no": crate.crate_no,
                "letter": crate.letter,
                "label": crate.label,
                "zone": {"key": crate.zone, "label": t(f"store_app.zone_{crate.zone}")},
                "place": crate.staging_place,
                "event_id": event_id(request),
                "remove_id": event_id(request),
            }
            for crate in task.crates
        ],
        "next": free,
        "zones": [
            {**zone, "needed": zone["key"] not in have, "event_id": event_id(request)}
            for zone in [{"key": key, "label": t(f"store_app.zone_{key}")} for key in ZONES]
        ],
        "lines_left": len(task.lines) - task.handled,
        "event_id": event_id(request),
    }


def zones(request: ShopRequest, task: Task) -> list[dict[str, str]]:
    t = request.site.catalogues[request.language]
    used = {one.product.zone for one in task.lines}
    return [{"key": zone, "label": t(f"store_app.zone_{zone}")} for zone in ZONES if zone in used]


def banner(request: ShopRequest, task: Task) -> dict[str, Any] | None:
    """What blocks packing: the shopper changed the order, or it was cancelled."""
    language = request.language
    if task.order.state is OrderState.CANCELLED:
        names = [one.product.name for one in task.lines if one.line_no in task.picked]
        return {
            "kind": "cancelled",
            "changes": [{"name": name, "text": ""} for name in names],
            "event_id": "",
        }
    if not task.changed:
        return None
    return {
        "kind": "changed",
        "changes": [
            {
                "name": change.name,
                "text": " → ".join(
                    format_quantity(amount, "g" if change.by_weight else "piece", language)
                    for amount in (change.before, change.after)
                ),
            }
            for change in task.changes
        ],
        "event_id": event_id(request),
    }


def for_device(
    request: ShopRequest, staff_id: UUID, task: Task, substitutes: dict[int, list[Substitute]]
) -> dict[str, Any]:
    """What the device needs to go on without network: lines, what is done, and the rules."""
    tolerance = DEFAULTS.weight_tolerance_percent
    return {
        "order": str(task.order.order_id),
        "code": task.order.code,
        "actor": str(staff_id),
        "revision": task.preparation.revision if task.preparation else task.order.revision,
        "lines": [
            {
                "no": one.line_no,
                "gtin": f"{one.gtin:013d}",
                "name": one.product.name,
                "by_weight": one.product.by_weight,
                "quantity": one.quantity,
                "grams_min": -(-one.quantity * (100 - tolerance) // 100),
                "grams_max": one.quantity * (100 + tolerance) // 100,
                "kilogram_cents": one.unit_price_cents if one.product.by_weight else 0,
                "zone": one.product.zone,
                "substitutes": [
                    {"gtin": f"{each.offer.gtin:013d}", "name": each.offer.name, "zone": each.offer.zone}
                    for each in substitutes.get(one.line_no, ())
                ],
            }
            for one in task.lines
        ],
        "done": {str(number): picked.outcome.value for number, picked in task.picked.items()},
        "crates": [{"no": crate.crate_no, "zone": crate.zone} for crate in task.crates],
    }


def amount(request: ShopRequest, cents: int | None) -> str:
    return "" if cents is None else format_cents(cents, request.language)


def event_id(request: ShopRequest) -> str:
    """A fresh id for a form: sending it twice is one deed."""
    return str(new_id(request.now))


def _substitute(request: ShopRequest, one: OrderLine, each: Substitute) -> dict[str, Any]:
    offer, language = each.offer, request.language
    place = place_of_location(offer.location)
    cents = (
        offer.price_cents if not offer.by_weight else round_half_up(offer.price_cents * one.quantity, 1000)
    )
    return {
        "gtin": f"{offer.gtin:013d}",
        "name": offer.name,
        "brand": offer.brand,
        "net": "" if offer.by_weight else words.net(offer.net_quantity, offer.net_unit, language),
        "picture": offer.picture,
        "price": format_cents(cents, language),
        "dearer": each.dearer,
        "place": f"{place.aisle}-{place.bay}-{place.level}" if offer.location else "",
        "event_id": event_id(request),
    }
