from datetime import timedelta

import pytest

from cabas.kit import board as boards
from cabas.kit.board import Board
from cabas.kit.clock import FixedClock
from cabas.kit.guard import GuardPolicy, Standing, Unavailable

POLICY = GuardPolicy(deadline_seconds=1, concurrency=1)


async def test_a_state_is_written_when_it_changes_and_as_a_sign_of_life(database, now):
    clock = FixedClock(now)
    board = Board("web:1", clock)
    assert await board.tell(database, clock) == 0  # nothing is guarded

    guard = board.guard("loyalty", POLICY)
    assert await board.tell(database, clock) == 1
    assert await board.tell(database, clock) == 0

    for _ in range(5):
        with pytest.raises(Unavailable):
            await guard.call(_broken)
    assert await board.tell(database, clock) == 1
    assert [one.state for one in await _told(database, now)] == [guard.state()]
    assert guard.state().standing is Standing.OPEN

    clock.at += timedelta(seconds=19)
    assert await board.tell(database, clock) == 0
    clock.at += timedelta(seconds=1)
    assert await board.tell(database, clock) == 1


async def test_who_says_nothing_for_a_minute_has_ended(database, now):
    clock = FixedClock(now)
    first, second = Board("web:1", clock), Board("web:2", clock)
    for board in (first, second):
        board.guard("loyalty", POLICY)
        await board.tell(database, clock)
    assert [one.process_id for one in await _told(database, now)] == ["web:1", "web:2"]

    clock.at += timedelta(seconds=61)
    await second.tell(database, clock)

    assert [one.process_id for one in await _told(database, clock.at)] == ["web:2"]


def test_a_service_has_one_guard(now):
    board = Board("web:1", FixedClock(now))

    assert board.guard("loyalty", POLICY) is board.guard("loyalty", POLICY)


async def _told(database, now):
    async with database.read() as reader:
        return await boards.told(reader, now=now)


async def _broken() -> None:
    raise OSError
