from datetime import UTC, date, datetime, time

from cabas.domain.slots.calendar import PatternRow, slot_id_of, slots_of_day
from cabas.domain.slots.model import Channel


def a_row(starts_at: time, ends_at: time, *, weekday: int = 7, store_id: int = 7) -> PatternRow:
    return PatternRow(
        store_id=store_id,
        channel=Channel.DRIVE,
        weekday=weekday,
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=12,
        fee_cents=0,
        cutoff_minutes=120,
    )


def slots(*rows: PatternRow, day: date, closed=frozenset()):
    return list(slots_of_day(rows, day=day, closed_stores=closed))


def test_a_winter_slot_is_one_hour_behind_the_wall_clock():
    [slot] = slots(a_row(time(10), time(11), weekday=2), day=date(2026, 11, 24))

    assert slot.starts_at == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert slot.ends_at == datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert slot.slot_id == 26112409001


def test_it_closes_its_cut_off_before_it_starts():
    [slot] = slots(a_row(time(10), time(11), weekday=2), day=date(2026, 11, 24))

    assert slot.closes_at == datetime(2026, 11, 24, 7, tzinfo=UTC)


def test_it_opens_at_paris_midnight_seven_days_before_its_day():
    [slot] = slots(a_row(time(10), time(11), weekday=2), day=date(2026, 11, 24))

    assert slot.opens_at == datetime(2026, 11, 16, 23, tzinfo=UTC)


def test_it_opens_at_summer_midnight_when_the_clocks_change_in_between():
    [slot] = slots(a_row(time(10), time(11), weekday=2), day=date(2026, 10, 27))

    assert slot.starts_at == datetime(2026, 10, 27, 9, tzinfo=UTC)
    assert slot.opens_at == datetime(2026, 10, 19, 22, tzinfo=UTC)


def test_the_night_the_clocks_go_forward_has_no_slot_in_the_missing_hour():
    day = date(2026, 3, 29)
    made = slots(a_row(time(1), time(1, 30)), a_row(time(2, 15), time(3)), a_row(time(3), time(4)), day=day)

    assert [slot.starts_at for slot in made] == [
        datetime(2026, 3, 29, 0, tzinfo=UTC),
        datetime(2026, 3, 29, 1, tzinfo=UTC),
    ]


def test_the_night_the_clocks_go_back_takes_the_first_of_the_two_hours():
    [slot] = slots(a_row(time(2, 30), time(3)), day=date(2026, 10, 25))

    assert slot.starts_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert slot.ends_at == datetime(2026, 10, 25, 2, tzinfo=UTC)


def test_a_sunday_morning_after_each_change_keeps_its_wall_clock():
    row = a_row(time(9), time(10))

    assert slots(row, day=date(2026, 3, 29))[0].starts_at == datetime(2026, 3, 29, 7, tzinfo=UTC)
    assert slots(row, day=date(2026, 10, 25))[0].starts_at == datetime(2026, 10, 25, 8, tzinfo=UTC)


def test_other_weekdays_and_closed_stores_have_none():
    rows = (a_row(time(9), time(10), weekday=3), a_row(time(9), time(10), weekday=2, store_id=8))

    assert slots(*rows, day=date(2026, 11, 24), closed={8}) == []


def test_the_channel_is_the_last_digit_of_the_slot_id():
    start = datetime(2026, 11, 24, 9, tzinfo=UTC)

    assert slot_id_of(start, Channel.DELIVERY) == slot_id_of(start, Channel.DRIVE) + 1
