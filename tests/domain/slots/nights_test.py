"""
The two nights on which the clocks change in 2027, and clocks that disagree: what opens, when, under which number.

On Sunday 28 March the hour from 2 to 3 does not exist; on Sunday 31 October it comes twice.
"""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio

from cabas.domain.slots import managing
from cabas.domain.slots import operations as slots
from cabas.domain.slots.managing import Pattern
from cabas.domain.slots.model import Channel, SlotClosed, SlotNotOpen
from cabas.domain.slots.publishing import publish_slots
from cabas.kit.clock import PARIS, paris_midnight
from cabas.web.dates import span

SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)
NIGHT = [time(0, 30), time(1, 30), time(2, 30), time(3, 30), time(9), time(18)]
HALF_HOUR = timedelta(minutes=30)
CUTOFF = timedelta(hours=2)
FIVE_SECONDS = timedelta(seconds=5)


def a_pattern(starts_at: time) -> Pattern:
    ends_at = (datetime.combine(SPRING, starts_at) + HALF_HOUR).time()
    return Pattern(
        store_id=1,
        channel=Channel.DRIVE,
        weekday=7,
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=2,
        fee_cents=0,
        cutoff_minutes=int(CUTOFF.total_seconds() // 60),
    )


async def hold(tx, slot_id, now):
    async with tx._connection.transaction():
        return await slots.hold_slot(
            tx,
            store_id=1,
            slot_id=slot_id,
            shopper_id=uuid4(),
            cart_id=uuid4(),
            now=now,
            duration=timedelta(minutes=10),
        )


async def test_the_night_the_hour_is_missing_has_no_slot_in_it(published):
    found = await published(SPRING)

    assert [slot["starts_at"] for slot in found] == [
        datetime(2027, 3, 27, 23, 30, tzinfo=UTC),  # 0:30 in winter time
        datetime(2027, 3, 28, 0, 30, tzinfo=UTC),  # from 1:30 to the change: 2:00 is 3:00
        datetime(2027, 3, 28, 1, 30, tzinfo=UTC),  # 3:30 in summer time: 2:30 never was
        datetime(2027, 3, 28, 7, tzinfo=UTC),
        datetime(2027, 3, 28, 16, tzinfo=UTC),
    ]


async def test_the_night_the_hour_comes_twice_has_each_slot_once(published):
    found = await published(AUTUMN)

    assert [slot["starts_at"] for slot in found] == [
        datetime(2027, 10, 30, 22, 30, tzinfo=UTC),  # 0:30 in summer time
        datetime(2027, 10, 30, 23, 30, tzinfo=UTC),
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),  # the first 2:30
        datetime(2027, 10, 31, 2, 30, tzinfo=UTC),  # 3:30 in winter time
        datetime(2027, 10, 31, 8, tzinfo=UTC),
        datetime(2027, 10, 31, 17, tzinfo=UTC),
    ]
    numbers = [slot["slot_id"] for slot in found]
    assert len(set(numbers)) == len(numbers)
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("day", [SPRING, AUTUMN], ids=["spring", "autumn"])
async def test_labels_are_those_of_the_wall_clock_and_all_different(published, day):
    found = await published(day)

    labels = [span(slot["starts_at"], slot["ends_at"], "fr").replace("\u00a0", " ") for slot in found]

    assert labels[-2:] == ["9 h à 9 h 30", "18 h à 18 h 30"]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("day", [SPRING, AUTUMN], ids=["spring", "autumn"])
async def test_a_cut_off_is_so_many_real_minutes_before_the_slot(published, day):
    found = await published(day)

    assert {slot["starts_at"] - slot["closes_at"] for slot in found} == {CUTOFF}


async def test_a_cut_off_that_crosses_the_change_is_not_an_hour_off(published, tx):
    found = await published(AUTUMN)
    early = next(slot for slot in found if slot["starts_at"] == datetime(2027, 10, 31, 2, 30, tzinfo=UTC))
    last_moment = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)  # the first 2:30: two hours before 3:30

    await hold(tx, early["slot_id"], last_moment - timedelta(seconds=1))
    with pytest.raises(SlotClosed):
        await hold(tx, early["slot_id"], last_moment)


@pytest.mark.parametrize(
    ("day", "opens_at"),
    [
        (SPRING + timedelta(days=7), datetime(2027, 3, 27, 23, tzinfo=UTC)),  # that very night, winter time
        (SPRING + timedelta(days=8), datetime(2027, 3, 28, 22, tzinfo=UTC)),  # 23 hours later
        (AUTUMN + timedelta(days=7), datetime(2027, 10, 30, 22, tzinfo=UTC)),
        (AUTUMN + timedelta(days=8), datetime(2027, 10, 31, 23, tzinfo=UTC)),  # 25 hours later
    ],
    ids=["spring", "after-spring", "autumn", "after-autumn"],
)
async def test_the_opening_of_each_of_those_nights_is_its_own_midnight(tx, day, opens_at):
    pattern = a_pattern(time(18))
    for weekday in (1, 7):
        await managing.set_pattern(tx, pattern=msgspec.structs.replace(pattern, weekday=weekday))

    await publish_slots(tx, now=opens_at - timedelta(days=1), booking_days=7)

    found = await tx.fetchrow(
        "select slot_id, opens_at from slot where (starts_at at time zone 'Europe/Paris')::date = $1", day
    )
    assert found["opens_at"] == opens_at
    with pytest.raises(SlotNotOpen):
        await hold(tx, found["slot_id"], opens_at - timedelta(microseconds=1))
    assert await hold(tx, found["slot_id"], opens_at)


async def test_a_process_five_seconds_slow_opens_nothing_early_and_nothing_twice(published, tx):
    """Each process goes by its own clock: the slow one refuses while the other sells, and both sell the same places."""
    [*_, slot] = await published(SPRING)
    opens_at = slot["opens_at"]
    right, slow = opens_at, opens_at - FIVE_SECONDS

    await hold(tx, slot["slot_id"], right)
    with pytest.raises(SlotNotOpen):
        await hold(tx, slot["slot_id"], slow)
    await hold(tx, slot["slot_id"], slow + FIVE_SECONDS)

    assert await tx.fetchval("select taken from slot where slot_id = $1", slot["slot_id"]) == 2


def test_the_two_days_are_an_hour_short_and_an_hour_long():
    assert paris_midnight(date(2027, 3, 29)) - paris_midnight(SPRING) == timedelta(hours=23)
    assert paris_midnight(date(2027, 11, 1)) - paris_midnight(AUTUMN) == timedelta(hours=25)
    assert datetime(2027, 10, 31, 2, 30, tzinfo=PARIS).astimezone(UTC).hour == 0


@pytest_asyncio.fixture
async def published(tx):
    """``published(day)``: the drive slots of that day in store 1, as a worker publishes them a week before."""

    async def publish(day):
        for starts_at in NIGHT:
            await managing.set_pattern(tx, pattern=a_pattern(starts_at))
        await publish_slots(tx, now=paris_midnight(day - timedelta(days=8)), booking_days=7)
        rows = await tx.fetch(
            """select slot_id, starts_at, ends_at, opens_at, closes_at from slot
                where store_id = 1 and (starts_at at time zone 'Europe/Paris')::date = $1
                order by starts_at""",
            day,
        )
        return [dict(row.items()) for row in rows]

    return publish
