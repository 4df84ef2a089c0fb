"""When a store is open."""

from datetime import UTC, date, datetime

import msgspec

from cabas.domain.stores import queries
from cabas.domain.stores.model import Store
from cabas.kit.db import Transaction
from factories.stores import HOURS, make_store

TUESDAY = date(2026, 11, 24)


async def _store(tx: Transaction, **more: object) -> Store:
    await make_store(tx)
    store = await queries.store(tx, store_id=1, today=TUESDAY)
    return msgspec.structs.replace(store, **more)


def _paris(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour - 1, minute, tzinfo=UTC)


async def test_it_is_open_until_it_closes_and_not_a_moment_longer(tx: Transaction) -> None:
    store = await _store(tx)

    assert store.open_until(_paris(24, 8, 30)) == _paris(24, 20)
    assert store.open_until(_paris(24, 8, 29)) is None
    assert store.open_until(_paris(24, 20)) is None


async def test_after_saturday_it_opens_on_monday(tx: Transaction) -> None:
    store = await _store(tx)

    assert store.opens_next(_paris(28, 21)) == _paris(30, 8, 30)


async def test_a_closure_wins_over_the_week(tx: Transaction) -> None:
    store = await _store(tx, closures={TUESDAY: "Inventaire"})

    assert store.open_until(_paris(24, 10)) is None
    assert store.opens_next(_paris(24, 7)) == _paris(25, 8, 30)


async def test_a_lunch_break_is_a_break(tx: Transaction) -> None:
    store = await _store(tx, opening_hours=HOURS | {"2": [["08:30", "12:30"], ["14:00", "19:00"]]})

    assert store.open_until(_paris(24, 13)) is None
    assert store.opens_next(_paris(24, 13)) == _paris(24, 14)


async def test_midnight_is_the_end_of_the_day(tx: Transaction) -> None:
    store = await _store(tx, opening_hours={"2": [["08:00", "24:00"]]})

    assert store.open_until(_paris(24, 23, 59)) == datetime(2026, 11, 24, 23, tzinfo=UTC)


async def test_hours_keep_to_the_clock_when_summer_time_ends(tx: Transaction) -> None:
    store = await _store(tx)

    (summer,) = store.spans_of(date(2026, 10, 24))
    (winter,) = store.spans_of(date(2026, 10, 26))

    assert (summer[0].astimezone(UTC).hour, winter[0].astimezone(UTC).hour) == (6, 7)


async def test_a_store_that_never_opens_says_so(tx: Transaction) -> None:
    store = await _store(tx, opening_hours={})

    assert store.opens_next(_paris(24, 8)) is None
