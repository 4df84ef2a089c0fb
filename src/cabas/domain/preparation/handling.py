"""What a line comes to when its picker settles it: verified against the order and the store's offers, and charged."""

from datetime import datetime
from typing import Any

import msgspec

from cabas.domain.catalog import queries as catalog
from cabas.domain.catalog.model import Offer
from cabas.domain.orders.model import OrderLine
from cabas.domain.preparation import charging, queries
from cabas.domain.preparation.charging import Charge, WeightVerdict, weight_verdict
from cabas.domain.preparation.events import Handling, Missing, Picked, Short, Substituted, Weighed
from cabas.domain.preparation.model import LineOutcome, PickedLine, SetAside
from cabas.kit.db import Connection

_KEPT = (
    "name", "brand", "net_quantity", "net_unit", "sold_by", "zone", "picture", "deposit_cents", "minimum_age",
    "vat_basis_points", "category_id", "price_cents",
)  # fmt: skip
"""What is kept of a substitute."""


async def settled(
    reader: Connection,
    *,
    store_id: int,
    line: OrderLine,
    event: Handling,
    tolerance_percent: int,
    picked_by: str,
    now: datetime,
) -> PickedLine:
    """:raises SetAside: it can't be that; says why."""
    match event:
        case Missing():
            nothing = Charge(unit_price_cents=line.unit_price_cents, total_cents=0)
            picked = _line(line, LineOutcome.MISSING, nothing, picked_by=picked_by, now=now)
        case Weighed():
            picked = _weighed(line, event, tolerance_percent, picked_by=picked_by, now=now)
        case Picked() | Short():
            picked = _pieces(line, event, picked_by=picked_by, now=now)
        case Substituted():
            offer = await _substitute(reader, store_id, line, event.gtin, now)
            picked = _substituted(line, event, offer, tolerance_percent, picked_by=picked_by, now=now)
    return picked


def _pieces(line: OrderLine, event: Picked | Short, *, picked_by: str, now: datetime) -> PickedLine:
    if line.product.by_weight:
        raise SetAside("weight_needed")
    if isinstance(event, Picked):
        _check_scanned(line, event.gtin)
    elif event.quantity >= line.quantity:
        raise SetAside("not_short", ordered=line.quantity)
    charge = charging.charge_picked(line, amount=event.quantity)
    outcome = LineOutcome.PICKED if event.quantity == line.quantity else LineOutcome.SHORT
    return _line(line, outcome, charge, quantity=event.quantity, picked_by=picked_by, now=now)


def _weighed(
    line: OrderLine, event: Weighed, tolerance_percent: int, *, picked_by: str, now: datetime
) -> PickedLine:
    if not line.product.by_weight:
        raise SetAside("pieces_needed")
    _check_scanned(line, event.gtin)
    _check_weight(line, event.weight_grams, tolerance_percent, confirmed=event.confirmed)
    return _line(
        line,
        LineOutcome.PICKED,
        charging.charge_picked(line, amount=event.weight_grams),
        quantity=event.pieces,
        weight_grams=event.weight_grams,
        picked_by=picked_by,
        now=now,
    )


def _substituted(
    line: OrderLine,
    event: Substituted,
    offer: Offer,
    tolerance_percent: int,
    *,
    picked_by: str,
    now: datetime,
) -> PickedLine:
    by_weight = line.product.by_weight
    amount = event.weight_grams if by_weight else event.quantity
    if amount <= 0:
        raise SetAside("weight_needed" if by_weight else "pieces_needed")
    if by_weight:
        _check_weight(line, amount, tolerance_percent, confirmed=event.confirmed)
    if line.substitution == queries.SAME_PRICE and charging.dearer(line, offer, amount=amount):
        raise SetAside("too_expensive")
    picked = _line(
        line,
        LineOutcome.SUBSTITUTED,
        charging.charge_substitute(line, offer, amount=amount),
        quantity=event.quantity,
        weight_grams=amount if by_weight else 0,
        picked_by=picked_by,
        now=now,
    )
    particulars: dict[str, Any] = {field: getattr(offer, field) for field in _KEPT}
    return msgspec.structs.replace(picked, gtin=offer.gtin, frozen=particulars)


async def _substitute(reader: Connection, store_id: int, line: OrderLine, gtin: int, now: datetime) -> Offer:
    if line.substitution == queries.NEVER:
        raise SetAside("no_substitute_wanted")
    offer = (await catalog.offers_for(reader, store_id=store_id, gtins=[gtin], now=now)).get(gtin)
    if offer is None or not offer.available:
        raise SetAside("not_sold_here")
    if gtin == line.gtin or offer.minimum_age > line.product.minimum_age:
        raise SetAside("not_an_alternative")
    fitting = await catalog.alternatives(
        reader, store_id=store_id, gtin=line.gtin, now=now, limit=queries.ALTERNATIVES_MAX
    )
    if all(card.gtin != gtin for card in fitting):
        raise SetAside("not_an_alternative")
    return offer


def _check_weight(line: OrderLine, grams: int, tolerance_percent: int, *, confirmed: bool) -> None:
    verdict = weight_verdict(
        asked_grams=line.quantity, weight_grams=grams, tolerance_percent=tolerance_percent
    )
    if verdict is not WeightVerdict.OK and not confirmed:
        raise SetAside(verdict.value, asked=line.quantity)


def _check_scanned(line: OrderLine, gtin: int | None) -> None:
    if gtin is not None and gtin != line.gtin:
        raise SetAside("wrong_product", expected=line.gtin)


def _line(
    line: OrderLine,
    outcome: LineOutcome,
    charge: Charge,
    *,
    picked_by: str,
    now: datetime,
    quantity: int = 0,
    weight_grams: int = 0,
) -> PickedLine:
    return PickedLine(
        line_no=line.line_no,
        outcome=outcome,
        gtin=line.gtin,
        quantity=quantity,
        weight_grams=weight_grams,
        unit_price_cents=charge.unit_price_cents,
        total_cents=charge.total_cents,
        frozen={},
        picked_by=picked_by,
        picked_at=now,
    )
