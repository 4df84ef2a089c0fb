"""A day of the made-up year in the export's form: Arrow tables, built from whole arrays."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from cabas.connectors.warehouse_parquet.arrow import schema_of, struct_of, type_of
from cabas.domain.analytics.facts import ORDER_END, ORDER_EVENT, Dataset
from cabas.seed.history_day import (
    DELIVERED_HOURS,
    HOUR,
    MINUTE,
    SECOND,
    DaySlots,
    Orders,
)
from cabas.seed.history_goods import GRAMS, GRAMS_ODDS, PIECES, PIECES_ODDS, Goods, Shelf, label_of
from cabas.seed.history_plan import Ints, Plan

MISSING, SUBSTITUTED, SHORT = 0.016, 0.022, 0.008
"""Of lines, on a day without a rush; three times as many in one."""

RUSH_TROUBLE = 3.0
LINES_A_PICKER_HOUR = 112.0
GUEST_EVERY = 25
MEDIAN_SECONDS_TO_HAND_OVER = 150.0
_CHANNELS = pa.array(["", "drive", "delivery"])


class Lines(msgspec.Struct, frozen=True):
    """All lines of a part, order after order; ``order`` is the place of each line's order."""

    order: Ints
    line_no: Ints
    product: Ints
    quantity: Ints
    unit_cents: Ints
    discount_cents: Ints
    total_cents: Ints


def lines_of(orders: Orders, goods: Goods, shelf: Shelf, plan: Plan, draw: np.random.Generator) -> Lines:
    counts = orders.line_count
    order = np.repeat(np.arange(len(counts)), counts)
    line_no = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    product = np.searchsorted(shelf.ladder, draw.random(len(order)), side="right").clip(
        max=len(goods.gtins) - 1
    )
    weighed = goods.by_weight[product] == 1
    pieces = draw.choice(np.array(PIECES), len(order), p=PIECES_ODDS)
    grams = draw.choice(np.array(GRAMS), len(order), p=GRAMS_ODDS)
    quantity = np.where(weighed, grams, pieces)
    dearness = np.array([98, 100, 103])[plan.store_ids[orders.store[order]] % 3]
    unit = np.maximum(1, goods.prices[product] * dearness // 100)
    gross = np.where(weighed, np.maximum(1, (unit * quantity + 500) // 1000), unit * quantity)
    discount = gross * shelf.percents[product] // 100
    return Lines(order, line_no, product, quantity, unit, discount, gross - discount)


def events_table(
    orders: Orders, lines: Lines, slots: DaySlots, goods: Goods, shelf: Shelf, plan: Plan, *, first_seq: int
) -> pa.Table:
    """``order_placed`` of each; ``day`` is the day it was placed."""
    count = len(orders.slot)
    discount = _by_order(lines.discount_cents, lines.order, count)
    goods_cents = _by_order(lines.total_cents, lines.order, count) + discount
    fee = slots.table.fee[orders.slot]
    labels = pa.array([label_of(percent) for percent in range(101)])
    fields = [
        lines.line_no,
        goods.gtins[lines.product],
        lines.quantity,
        goods.by_weight[lines.product] == 1,
        lines.unit_cents,
        lines.discount_cents,
        lines.total_cents,
        labels.take(pa.array(shelf.percents[lines.product])),
    ]
    return column_table(
        ORDER_EVENT,
        count,
        {
            **_of_event(orders, slots, plan),
            "day": orders.placed_day,
            "store_seq": -(first_seq + np.arange(count)),
            "kind": "order_placed",
            "told_at": orders.placed_at + SECOND,
            "goods_cents": goods_cents,
            "discount_cents": discount,
            "deposit_cents": 0,
            "fee_cents": fee,
            "total_cents": goods_cents - discount + fee,
            "line_count": orders.line_count,
            "lines": _listed(ORDER_EVENT, orders.line_count, fields),
        },
    )


def cancellations_table(orders: Orders, slots: DaySlots, plan: Plan, *, first_seq: int) -> pa.Table:
    """``order_cancelled`` of those that are, on the slot's day."""
    kept = np.nonzero(orders.cancelled)[0]
    some = _part(orders, kept)
    nothing = dict.fromkeys(("goods_cents", "discount_cents", "deposit_cents", "fee_cents", "total_cents"), 0)
    return column_table(
        ORDER_EVENT,
        len(kept),
        {
            **_of_event(some, slots, plan),
            **nothing,
            "day": slots.day,
            "store_seq": -(first_seq + np.arange(len(kept))),
            "kind": "order_cancelled",
            "told_at": _cancelled_at(some, slots),
            "line_count": 0,
            "lines": _listed(ORDER_EVENT, np.zeros(len(kept), np.int64), [[]] * 8),
        },
    )


def _of_event(orders: Orders, slots: DaySlots, plan: Plan) -> dict[str, Any]:
    starts_at = slots.starts_at[orders.slot]
    return {
        "store_id": plan.store_ids[orders.store],
        "order_id": _keys(orders.ids),
        "revision": 1,
        "placed_at": orders.placed_at,
        "placed_day": orders.placed_day,
        "placed_hour": orders.placed_hour,
        "channel": _CHANNELS.take(pa.array(slots.table.channel[orders.slot])),
        "slot_id": slots.slot_ids[orders.slot],
        "slot_starts_at": starts_at,
        "slot_day": slots.day,
        "slot_hour": slots.table.starts_minute[orders.slot] // 60,
        "customer_key": orders.customer,
        "guest": orders.customer % GUEST_EVERY == 0,
        "payment_method": "at_store",
    }


def ends_table(
    orders: Orders, lines: Lines, slots: DaySlots, goods: Goods, plan: Plan, draw: np.random.Generator
) -> pa.Table:
    """What became of each, on the slot's day."""
    count = len(orders.slot)
    gone = orders.cancelled == 1
    outcome, charged = _outcomes(orders, lines, goods, slots.rush, draw)
    told = _by_order(lines.total_cents, lines.order, count) + slots.table.fee[orders.slot]
    final = _by_order(charged, lines.order, count) + slots.table.fee[orders.slot]
    times = _times(orders, slots, draw)
    asked = orders.line_count
    counts = {name: _by_order(outcome == code, lines.order, count) for name, code in _OUTCOMES.items()}
    values: dict[str, Any] = {
        "day": slots.day,
        "store_id": plan.store_ids[orders.store],
        "order_id": _keys(orders.ids),
        "state": pa.array(["handed_over", "cancelled"]).take(pa.array(orders.cancelled)),
        "placed_day": orders.placed_day,
        "slot_day": slots.day,
        "slot_starts_at": slots.starts_at[orders.slot],
        "channel": _CHANNELS.take(pa.array(slots.table.channel[orders.slot])),
        "customer_key": orders.customer,
        "received_at": orders.placed_at + 3 * SECOND,
        **{name: (at, gone) for name, at in times.items()},
        "ended_at": np.where(gone, _cancelled_at(orders, slots), times["ended_at"]),
        "cancelled_by": pa.array(["", "shopper"]).take(pa.array(orders.cancelled)),
        "total_cents": told,
        "final_cents": (np.minimum(final, told), gone),
        "lines_asked": asked,
        "lines_picked": np.where(gone, 0, asked - sum(counts.values())),
        **{f"lines_{name}": np.where(gone, 0, lines_) for name, lines_ in counts.items()},
        "simulated": True,
        "exceptions": _exceptions(orders, lines, goods, outcome, charged),
    }
    return column_table(ORDER_END, count, values)


_OUTCOMES = {"missing": 1, "substituted": 2, "short": 3}


def _outcomes(
    orders: Orders, lines: Lines, goods: Goods, rush: float, draw: np.random.Generator
) -> tuple[Ints, Ints]:
    """What became of each line (0: picked), and what it costs."""
    trouble = RUSH_TROUBLE if rush > 1 else 1.0
    chance = draw.random(len(lines.order)) / trouble
    outcome = np.where(chance < MISSING, 1, np.where(chance < MISSING + SUBSTITUTED, 2, 0))
    can_be_short = (outcome == 0) & (lines.quantity > 1) & (goods.by_weight[lines.product] == 0)
    outcome = np.where(can_be_short & (chance < MISSING + SUBSTITUTED + SHORT * 4), 3, outcome)
    outcome = np.where(orders.cancelled[lines.order] == 1, 0, outcome)
    charged = np.where(outcome == 1, 0, lines.total_cents)
    charged = np.where(
        outcome == 3, lines.total_cents * (lines.quantity // 2) // np.maximum(lines.quantity, 1), charged
    )
    return outcome.astype(np.int64), charged


def _exceptions(orders: Orders, lines: Lines, goods: Goods, outcome: Ints, charged: Ints) -> pa.Array:
    rows = np.nonzero(outcome)[0]
    counts = np.bincount(lines.order[rows], minlength=len(orders.slot))
    what = outcome[rows]
    product = lines.product[rows]
    instead = np.where(what == 2, (product + 1) % len(goods.gtins), product)
    picked = np.where(what == 1, 0, np.where(what == 3, lines.quantity[rows] // 2, lines.quantity[rows]))
    names = pa.array(["", "missing", "substituted", "short"])
    fields = [
        lines.line_no[rows],
        goods.gtins[product],
        names.take(pa.array(what)),
        lines.quantity[rows],
        goods.gtins[instead],
        picked,
        charged[rows],
    ]
    return _listed(ORDER_END, counts, fields)


def _times(orders: Orders, slots: DaySlots, draw: np.random.Generator) -> dict[str, Ints]:
    """Preparation and handover of each order; deliveries have no arrival."""
    count = len(orders.slot)
    starts_at, minutes = slots.starts_at[orders.slot], slots.table.minutes[orders.slot]
    seconds = orders.line_count * 3600 / LINES_A_PICKER_HOUR * draw.lognormal(0, 0.25, count) + 90
    late = np.where(draw.random(count) < (0.12 if slots.rush > 1 else 0.015), 40 * MINUTE, 0)
    ready_at = starts_at - (draw.uniform(10, 100, count) * MINUTE).astype(np.int64) + late
    arrived_at = starts_at + (draw.uniform(0, 1, count) * minutes * MINUTE).astype(np.int64)
    begun_at = np.maximum(arrived_at, ready_at) + (draw.uniform(15, 110, count) * SECOND).astype(np.int64)
    slow = 1.6 if slots.rush > 1 else 1.0
    ended_at = begun_at + (
        draw.lognormal(np.log(MEDIAN_SECONDS_TO_HAND_OVER * slow), 0.4, count) * SECOND
    ).astype(np.int64)
    delivered = slots.table.channel[orders.slot] == 2
    return {
        "started_at": ready_at - (seconds * SECOND).astype(np.int64),
        "ready_at": ready_at,
        "arrived_at": np.where(delivered, -1, arrived_at),
        "handover_started_at": begun_at,
        "ended_at": np.where(delivered, starts_at + DELIVERED_HOURS * HOUR // 2, ended_at),
    }


def _cancelled_at(orders: Orders, slots: DaySlots) -> Ints:
    """In the morning of the slot's day, or a quarter of an hour after it was placed."""
    morning = slots.starts_at[orders.slot] - 3 * HOUR
    return np.maximum(morning, orders.placed_at + 15 * MINUTE)


def _by_order(values: Ints, order: Ints, count: int) -> Ints:
    return np.bincount(order, values, count).astype(np.int64)


def _part(orders: Orders, rows: Ints) -> Orders:
    return Orders(**{name: getattr(orders, name)[rows] for name in Orders.__struct_fields__})


def _keys(ids: Ints) -> pa.Array:
    data = np.ascontiguousarray(ids).tobytes()
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(ids), [None, pa.py_buffer(data)])


def _listed(dataset: Dataset, counts: Ints, fields: list[Any]) -> pa.Array:
    """The last column of a dataset: lists of so many lines each, their fields one after the other."""
    column = dataset.columns[-1]
    arrays = [
        field if isinstance(field, pa.Array) else pa.array(field, type_of(line))
        for line, field in zip(column.lines, fields, strict=True)
    ]
    members = pa.StructArray.from_arrays(arrays, fields=list(struct_of(column)))
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    return pa.ListArray.from_arrays(offsets, members, type=type_of(column))


def column_table(dataset: Dataset, count: int, values: Mapping[str, Any]) -> pa.Table:
    """From whole columns: an array, one value for all rows, or an array with a mask of what is absent."""
    schema = schema_of(dataset)
    return pa.Table.from_arrays(
        [_column(field, count, values[field.name]) for field in schema], schema=schema
    )


def _column(field: pa.Field, count: int, value: Any) -> pa.Array:
    if isinstance(value, pa.Array):
        return value
    mask = None
    if isinstance(value, tuple):
        value, mask = value
    if not isinstance(value, np.ndarray):
        return pa.repeat(pa.scalar(value, field.type), count)
    if pa.types.is_timestamp(field.type):
        absent = value < 0 if mask is None else mask | (value < 0)
        return pa.array(value, pa.int64(), mask=absent).cast(field.type)
    if pa.types.is_date(field.type):
        return pa.array(value, pa.int32()).cast(field.type)
    return pa.array(value, field.type, mask=mask)
