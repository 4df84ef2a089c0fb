"""What the journal refuses, in the picker's words; amounts as they are read at a shelf."""

from collections.abc import Mapping
from typing import Any

from cabas.domain.orders.model import FrozenProduct, OrderLine
from cabas.domain.preparation.model import LineOutcome, PickedLine
from cabas.kit.quantity import format_quantity
from cabas.web.request import ShopRequest

REASONS = frozenset(
    {
        "leased", "surplus", "order_ready", "order_cancelled", "order_handed_over", "order_changed",
        "order_not_found", "not_started", "no_such_line", "weight_needed", "pieces_needed", "wrong_product",
        "not_short", "too_many", "too_heavy", "too_light", "no_substitute_wanted", "not_sold_here",
        "not_an_alternative", "too_expensive", "nothing_to_undo", "crate_exists", "no_such_crate",
        "lines_left", "nothing_picked", "crate_needed", "unreadable",
    }
)  # fmt: skip


def refusal(request: ShopRequest, reason: str, detail: Mapping[str, Any] | None = None) -> str:
    """One sentence: what is wrong, and what to do."""
    t = request.site.catalogues[request.language]
    said = detail or {}
    key = reason if reason in REASONS else "unreadable"
    if key == "leased":
        return t("store_app.refused_leased", holder=str(said.get("holder", "")) or "?")
    if key == "crate_needed":
        zones = ", ".join(t(f"store_app.zone_{zone}").lower() for zone in said.get("zones", ()))
        return t("store_app.refused_crate_needed", zones=zones)
    if key == "lines_left":
        return t("store_app.refused_lines_left", n=len(said.get("lines", ())))
    return t(f"store_app.refused_{key}")


def asked(request: ShopRequest, line: OrderLine) -> dict[str, str]:
    """The quantity as it is shown largest: ``{"label": "2", "unit": "pièces"}``."""
    t = request.site.catalogues[request.language]
    if line.product.by_weight:
        label, _, unit = format_quantity(line.quantity, "g", request.language).partition("\u00a0")
        return {"label": label, "unit": unit}
    return {"label": str(line.quantity), "unit": t("store_app.pieces", n=line.quantity)}


def outcome_text(request: ShopRequest, line: OrderLine, picked: PickedLine) -> str:
    """``2 pris``, ``940 g pesés``, ``Introuvable``, ``Remplacé : Lait entier``."""
    t = request.site.catalogues[request.language]
    if picked.outcome is LineOutcome.MISSING:
        return t("store_app.was_missing")
    if picked.outcome is LineOutcome.SUBSTITUTED:
        return t("store_app.was_substituted", name=str(picked.frozen.get("name", "")))
    if line.product.by_weight:
        return t("store_app.was_weighed", weight=format_quantity(picked.weight_grams, "g", request.language))
    if picked.outcome is LineOutcome.SHORT:
        return t("store_app.was_short", n=picked.quantity, asked=line.quantity)
    return t("store_app.was_picked", n=picked.quantity)


def pack(product: FrozenProduct, language: str) -> str:
    """``1 L``; nothing for goods sold by weight."""
    return "" if product.by_weight else net(product.net_quantity, product.net_unit, language)


def net(quantity: int, unit: str, language: str) -> str:
    if unit == "piece":
        return f"× {quantity}" if quantity > 1 else ""
    return format_quantity(quantity, unit, language)
