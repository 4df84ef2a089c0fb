"""Slots exist days before they open, and a published day is never written over."""

from datetime import date, time, timedelta

from cabas.domain.slots import managing
from cabas.domain.slots.managing import Pattern
from cabas.domain.slots.model import Channel
from cabas.domain.slots.publishing import DAYS_BEFORE_OPENING, publish_slots

BOOKING_DAYS = 7
PUBLISHED = BOOKING_DAYS + DAYS_BEFORE_OPENING + 1


async def every_day(tx, *, store_id=1, capacity=4):
    for weekday in range(1, 8):
        await managing.set_pattern(
            tx,
            pattern=Pattern(
                store_id=store_id,
                channel=Channel.DRIVE,
                weekday=weekday,
                starts_at=time(18),
                ends_at=time(18, 30),
                capacity=capacity,
                fee_cents=0,
                cutoff_minutes=120,
            ),
        )


async def test_slots_are_there_before_their_bookings_open(tx, now):
    await every_day(tx)

    new = await publish_slots(tx, now=now, booking_days=BOOKING_DAYS)

    assert new == PUBLISHED
    last = await tx.fetchrow("select opens_at, starts_at from slot order by starts_at desc limit 1")
    assert last["opens_at"] > now


async def test_publishing_twice_adds_nothing(tx, now):
    await every_day(tx)
    await publish_slots(tx, now=now, booking_days=BOOKING_DAYS)

    assert await publish_slots(tx, now=now, booking_days=BOOKING_DAYS) == 0


async def test_the_next_day_one_more_day_is_published(tx, now):
    await every_day(tx)
    await publish_slots(tx, now=now, booking_days=BOOKING_DAYS)

    assert await publish_slots(tx, now=now + timedelta(days=1), booking_days=BOOKING_DAYS) == 1


async def test_a_day_of_closure_gets_no_slot(tx, now):
    await every_day(tx)
    await tx.execute(
        """insert into store (store_id, slug, name, format, street, postcode, city, department, region, latitude,
                              longitude, phone, email, legal_entity, opening_hours, has_drive, delivers, search_name)
                values (1, 's', 'S', 'super', '', '', '', '', '', 0, 0, '', '', '{}', '{}', true, false, '')"""
    )
    await tx.execute(
        "insert into store_closure (store_id, day, reason, closed_by, closed_at) values (1, $1, '', '', $2)",
        date(2026, 11, 26),
        now,
    )

    await publish_slots(tx, now=now, booking_days=BOOKING_DAYS)

    days = await tx.fetch("select (starts_at at time zone 'Europe/Paris')::date as day from slot")
    assert date(2026, 11, 26) not in {row["day"] for row in days}
    assert len(days) == PUBLISHED - 1


async def test_a_pattern_changed_later_leaves_published_days_as_they_are(tx, now):
    await every_day(tx, capacity=4)
    await publish_slots(tx, now=now, booking_days=BOOKING_DAYS)
    await every_day(tx, capacity=9)

    await publish_slots(tx, now=now + timedelta(days=1), booking_days=BOOKING_DAYS)

    capacities = await tx.fetch("select capacity from slot order by starts_at")
    assert [row["capacity"] for row in capacities] == [4] * PUBLISHED + [9]
