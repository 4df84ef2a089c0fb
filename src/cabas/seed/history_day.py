"""The orders of one slot day: which slots they take, who places them and when, how they are prepared. Pure arrays."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

import msgspec
import numpy as np

from cabas.domain.slots.calendar import PatternRow, slot_id_of
from cabas.domain.slots.model import Channel
from cabas.kit.clock import PARIS, paris_midnight
from cabas.seed.chance import number
from cabas.seed.history_goods import mixed
from cabas.seed.history_plan import Floats, Ints, Plan
from cabas.seed.shops import Shop

SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000
"""In microseconds, as instants are kept."""

OPENED_SHARE = 0.2
"""Of the places that a store could prepare, those it opens on a day without a rush."""

LEADS, LEADS_IN_RUSH = (
    (0.2, 0.4, 0.16, 0.09, 0.06, 0.04, 0.03, 0.02),
    (0.05, 0.1, 0.05, 0.03, 0.03, 0.04, 0.1, 0.6),
)
"""How many days before its slot an order is placed."""

HOURS = (
    8, 4, 2, 1, 1, 2, 8, 20, 36, 48, 55, 52, 48, 46, 42, 40, 42, 50, 58, 70, 88, 84, 52, 22,
)  # fmt: skip
"""How likely each hour of the day (Paris) is for placing one."""

SLOT_HOURS = {8: 5, 9: 8, 10: 10, 11: 10, 12: 6, 13: 5, 14: 6, 15: 7, 16: 10, 17: 15, 18: 17, 19: 10, 20: 4}
MIDNIGHT_SECONDS = 480
"""In a rush, most come within so many seconds of the opening."""

CANCELLED_SHARE, DELIVERED_HOURS = 0.02, 2
LOYAL_SHARE, LOYAL_EVERY, RECENT_SHARE = 0.55, 4, 0.08
RUSH_LEAVERS = 0.5
"""Of the returns that people who came in a rush would make, those that don't happen."""


class SlotTable(msgspec.Struct, frozen=True):
    """The slots of one weekday, sorted by store: ``store`` is a place in the plan's stores."""

    store: Ints
    starts_minute: Ints
    minutes: Ints
    channel: Ints
    capacity: Ints
    fee: Ints
    cutoff_minutes: Ints
    pull: Floats


class DaySlots(msgspec.Struct, frozen=True):
    """A day's slots with what was taken of them; ``lost`` and ``wanted`` by store. Instants in microseconds."""

    day: date
    table: SlotTable
    starts_at: Ints
    slot_ids: Ints
    capacity: Ints
    taken: Ints
    wanted: Ints
    lost: Ints
    rush: float


class Orders(msgspec.Struct, frozen=True):
    """A part of a day's orders, by slot. Instants in microseconds since 1970, UTC."""

    slot: Ints
    store: Ints
    ids: Ints
    customer: Ints
    placed_at: Ints
    placed_day: Ints
    placed_hour: Ints
    cancelled: Ints
    line_count: Ints


def slot_tables(patterns: Sequence[PatternRow], shops: Sequence[Shop]) -> dict[int, SlotTable]:
    """By ISO weekday."""
    places = {shop.store_id: place for place, shop in enumerate(shops)}
    tables = {}
    for weekday in range(1, 8):
        rows = [row for row in patterns if row.weekday == weekday]
        rows.sort(key=lambda row: (places[row.store_id], row.channel.value, row.starts_at))
        tables[weekday] = SlotTable(
            store=np.array([places[row.store_id] for row in rows], np.int64),
            starts_minute=np.array(
                [row.starts_at.hour * 60 + row.starts_at.minute for row in rows], np.int64
            ),
            minutes=np.array([_minutes(row) for row in rows], np.int64),
            channel=np.array([1 if row.channel.value == "drive" else 2 for row in rows], np.int64),
            capacity=np.array([row.capacity for row in rows], np.int64),
            fee=np.array([row.fee_cents for row in rows], np.int64),
            cutoff_minutes=np.array([row.cutoff_minutes for row in rows], np.int64),
            pull=np.array([SLOT_HOURS.get(row.starts_at.hour, 3) * row.capacity for row in rows], np.float64),
        )
    return tables


def _minutes(row: PatternRow) -> int:
    return (row.ends_at.hour - row.starts_at.hour) * 60 + row.ends_at.minute - row.starts_at.minute


def stream_of(seed: int, day: date, *topic: object) -> np.random.Generator:
    """The same draws for the same day and topic, whichever process makes it."""
    return np.random.Generator(np.random.Philox(number(seed, "history", day.isoformat(), *topic)))


def fill_slots(plan: Plan, tables: dict[int, SlotTable], place: int, *, seed: int) -> DaySlots:
    """People come by slot; who finds it full takes another of the store's, while there is one."""
    day = plan.day(place)
    table, rush = tables[day.isoweekday()], float(plan.rush[place])
    draw = stream_of(seed, day, "slots")
    stores = len(plan.store_ids)
    share = 1.0 if rush > 1 else OPENED_SHARE
    capacity = np.maximum(1, np.round(table.capacity * share)).astype(np.int64)
    pull = np.bincount(table.store, table.pull, stores)
    wanted_rate = plan.demand[place][table.store] * table.pull / np.maximum(pull[table.store], 1e-9)
    wanted = draw.poisson(wanted_rate)
    taken = np.minimum(wanted, capacity)
    excess, left = np.bincount(table.store, wanted - taken, stores), capacity - taken
    room = np.bincount(table.store, left, stores)
    moved = np.minimum(excess, room)
    taken = taken + np.floor(left * (moved / np.maximum(room, 1))[table.store]).astype(np.int64)
    by_store = np.bincount(table.store, wanted, stores).astype(np.int64)
    lost = by_store - np.bincount(table.store, taken, stores).astype(np.int64)
    starts_at, slot_ids = _instants(day, table)
    return DaySlots(
        day=day,
        table=table,
        starts_at=starts_at,
        slot_ids=slot_ids,
        capacity=capacity,
        taken=taken,
        wanted=by_store,
        lost=lost,
        rush=rush,
    )


def _instants(day: date, table: SlotTable) -> tuple[Ints, Ints]:
    """When each slot starts, and its id."""
    starts: dict[tuple[int, int], tuple[int, int]] = {}
    for minute, channel in {*zip(table.starts_minute.tolist(), table.channel.tolist(), strict=True)}:
        at = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=PARIS)
        slot_id = slot_id_of(at, Channel.DRIVE if channel == 1 else Channel.DELIVERY)
        starts[minute, channel] = (int(at.timestamp()) * SECOND, slot_id)
    rows = [starts[key] for key in zip(table.starts_minute.tolist(), table.channel.tolist(), strict=True)]
    both = np.array(rows, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def orders_of(plan: Plan, slots: DaySlots, place: int, *, seed: int, at_most: int) -> Iterator[Orders]:
    """The day's orders by slot, in parts of about ``at_most``; those that are cancelled again come on top."""
    placed = slots.taken + (slots.taken * CANCELLED_SHARE + 0.5).astype(np.int64)
    edges = np.searchsorted(np.cumsum(placed), np.arange(at_most, placed.sum(), at_most))
    for part, rows in enumerate(np.split(np.arange(len(placed)), edges)):
        if placed[rows].sum():
            draw = stream_of(seed, slots.day, "orders", part)
            yield _orders(plan, slots, place, rows, placed[rows], draw)


def _orders(
    plan: Plan, slots: DaySlots, place: int, rows: Ints, placed: Ints, draw: np.random.Generator
) -> Orders:
    slot = np.repeat(rows, placed)
    nth = np.arange(len(slot)) - np.repeat(np.cumsum(placed) - placed, placed)
    cancelled = (nth >= slots.taken[slot]).astype(np.int64)
    store = slots.table.store[slot]
    placed_at, placed_day, placed_hour = _placing(slots, slot, draw)
    ids = _ids(placed_at, plan.store_ids[store], draw)
    line_count = np.clip(np.round(draw.gamma(4.0, 8.75, len(slot))), 3, 120).astype(np.int64)
    return Orders(
        slot=slot,
        store=store,
        ids=ids,
        customer=_customers(plan, place, store, draw),
        placed_at=placed_at,
        placed_day=placed_day,
        placed_hour=placed_hour,
        cancelled=cancelled,
        line_count=line_count,
    )


def _placing(slots: DaySlots, slot: Ints, draw: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """When each is placed: always before the slot's cut-off. Instant, days since 1970, hour in Paris."""
    count = len(slot)
    lead = draw.choice(8, count, p=LEADS_IN_RUSH if slots.rush > 1 else LEADS)
    odds = np.array(HOURS) / sum(HOURS)
    hour = draw.choice(24, count, p=odds)
    last_hour = (slots.table.starts_minute[slot] - slots.table.cutoff_minutes[slot]) // 60 - 1
    lead = np.where((lead == 0) & (last_hour < 6), 1, lead)
    hour = np.where((lead == 0) & (hour > last_hour), 6 + hour % np.maximum(last_hour - 5, 1), hour)
    second = draw.integers(0, 3600, count)
    if slots.rush > 1:
        at_opening = lead == 7
        hour = np.where(at_opening, 0, hour)
        second = np.where(at_opening, np.minimum(draw.exponential(MIDNIGHT_SECONDS / 3, count), 3599), second)
    midnights = np.array(
        [int(paris_midnight(slots.day - timedelta(days=days)).timestamp()) for days in range(8)], np.int64
    )
    shifted = _clock_shift(slots.day, lead, hour)
    placed_at = (midnights[lead] + hour * 3600 + second.astype(np.int64) + shifted) * SECOND
    placed_at += draw.integers(0, SECOND, count)
    epoch_day = slots.day.toordinal() - date(1970, 1, 1).toordinal()
    return placed_at, epoch_day - lead, hour


def _clock_shift(day: date, lead: Ints, hour: Ints) -> Ints:
    """Seconds to add after three o'clock on a day when the clocks change, so that hours are those of the wall."""
    shift = np.zeros(len(lead), np.int64)
    for days in range(8):
        own = day - timedelta(days=days)
        length = paris_midnight(own + timedelta(days=1)) - paris_midnight(own)
        if length != timedelta(days=1):
            extra = int((length - timedelta(days=1)).total_seconds())
            shift = np.where((lead == days) & (hour >= 3), extra, shift)
    return shift


def _ids(placed_at: Ints, store_ids: Ints, draw: np.random.Generator) -> Ints:
    """Identifiers laid out as `cabas.kit.ids` does: ``[n, 2]`` big-endian halves."""
    noise = draw.integers(0, 1 << 58, len(placed_at), np.uint64)
    millis = (placed_at // 1000).astype(np.uint64)
    high = (millis << np.uint64(16)) | np.uint64(0x8000) | (noise >> np.uint64(46))
    low = (
        np.uint64(1 << 63)
        | (store_ids.astype(np.uint64) << np.uint64(46))
        | (noise & np.uint64((1 << 46) - 1))
    )
    return np.stack([high, low], axis=1).astype(">u8")


def _customers(plan: Plan, place: int, store: Ints, draw: np.random.Generator) -> Ints:
    """A key each: new people, or those of the store's pool, the loyal and the recent more often."""
    count = len(store)
    pool = np.maximum(plan.pool[place][store], 1.0)
    arriving = np.maximum(plan.demand[place][store] * plan.new_share[place], 1.0)
    new = draw.random(count) < plan.new_share[place]
    loyal = np.floor(draw.random(count) * pool / LOYAL_EVERY) * LOYAL_EVERY
    recent = np.floor(pool * (1 - np.minimum(draw.exponential(RECENT_SHARE, count), 0.999)))
    known = np.where(draw.random(count) < LOYAL_SHARE, loyal, recent)
    for rush in np.nonzero(plan.rush[:place] > 1)[0]:
        came_then = (known >= plan.pool[rush][store]) & (known < plan.pool[rush + 1][store])
        known = np.where(came_then & (draw.random(count) < RUSH_LEAVERS), loyal, known)
    person = np.where(new, np.floor(pool + draw.random(count) * arriving), known).astype(np.int64)
    return mixed(plan.store_ids[store] << 32 | person)
