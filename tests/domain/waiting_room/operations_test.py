"""Opening, steering and closing the room on a real database."""

import asyncio
from datetime import timedelta

import asyncpg
import msgspec
import pytest

from cabas.domain.waiting_room import operations, queries, records
from cabas.domain.waiting_room.jobs import SERVING_FILE, steer
from cabas.domain.waiting_room.model import START, Forced, Switch, Trigger
from cabas.domain.waiting_room.operations import NoReason, RoomPolicy
from cabas.domain.waiting_room.steering import Pace
from cabas.kit import audit
from cabas.kit.clock import FixedClock, paris_midnight
from factories.waiting_room import RoomByHand

MIDNIGHT = RoomPolicy(midnight=True, pace=Pace(per_second_first=10))


async def test_the_room_is_off_unless_something_asks_for_it(room):
    assert await room.tick() is None


async def test_it_opens_half_an_hour_before_midnight_for_the_day_that_opens_then(room, clock, now):
    room.policy = MIDNIGHT
    midnight = paris_midnight(now.date() + timedelta(days=1))
    clock.at = midnight - timedelta(minutes=31)
    assert await room.tick() is None

    clock.at = midnight - timedelta(minutes=30)
    event = await room.tick()

    assert (event.trigger, event.opens_at) == (Trigger.SCHEDULE, midnight)
    assert event.day == now.date() + timedelta(days=8)
    assert not event.guards(midnight - timedelta(seconds=1))


async def test_at_midnight_the_early_are_called_in_the_order_of_the_draw(room, clock, now):
    room.policy = MIDNIGHT
    midnight = paris_midnight(now.date() + timedelta(days=1))
    clock.at = midnight - timedelta(seconds=10)
    event = await room.tick()
    await room.tell(event.event_id, joined={0: 1000})

    before = await room.seconds(9)
    for second in range(11):  # those who are called come in, ten a second
        after = await room.seconds(1)
        await room.tell(event.event_id, joined={0: 1000}, exchanged=10 * second)

    assert before.threshold == START
    assert after.threshold.bucket == 0
    assert 90 <= after.called <= 110


async def test_when_it_is_calm_it_closes_by_itself(room, clock, now):
    room.policy = MIDNIGHT
    clock.at = paris_midnight(now.date() + timedelta(days=1)) - timedelta(seconds=2)
    event = await room.tick()
    await room.tell(event.event_id, joined={0: 20})

    assert await room.seconds(40) is not None
    assert await room.seconds(60) is None
    assert (await _events(room.database)) == 1


async def test_a_limiter_that_stays_full_opens_the_room_and_a_moment_of_it_does_not(room, clock):
    await _tell_pressure(room, full_for=2)
    assert await room.tick() is None

    await _tell_pressure(room, full_for=3)
    event = await room.tick()

    assert (event.trigger, event.opens_at, event.day) == (Trigger.SATURATION, clock.at, None)
    assert event.guards(clock.at)


async def test_a_full_site_is_steered_by_what_it_still_does(room, clock):
    await _tell_pressure(room, full_for=5)
    event = await room.tick()
    await room.tell(event.event_id, joined={1: 5000})

    for _ in range(8):
        await _tell_pressure(room, full_for=5)
        event = await room.seconds(1)

    assert event.per_second == pytest.approx(0.75 * 2 * 60 / room.policy.pace.requests_per_checkout)


async def test_figures_of_a_dead_process_are_not_believed(room, clock):
    await _tell_pressure(room, full_for=60)
    clock.at += timedelta(seconds=11)

    assert await room.tick() is None


async def test_forced_on_it_stays_until_it_is_let_go_of(room):
    await room.force()
    opened = await room.seconds(200)
    assert (opened.trigger, opened.guards(room.clock.at)) == (Trigger.HAND, True)

    await room.force(Forced.AUTO)

    assert await room.seconds(1) is None


async def test_forced_off_it_stays_off_whatever_asks(room, clock, now):
    room.policy = MIDNIGHT
    clock.at = paris_midnight(now.date() + timedelta(days=1)) - timedelta(minutes=5)
    assert await room.tick() is not None

    await room.force(Forced.OFF)

    assert await room.seconds(3) is None


async def test_the_switch_says_who_moved_it_and_why(tx, now):
    switch = Switch(forced=Forced.ON, reason="Répétition", actor="staff:Odile")

    await operations.force(tx, switch=switch, now=now)

    (line,) = await audit.lines_about(tx, store_id=0, subject="waiting_room")
    assert (line.actor, line.action) == ("staff:Odile", "waiting_room.switched")
    assert (line.detail["before"], line.detail["after"], line.detail["reason"]) == (
        "auto",
        "on",
        "Répétition",
    )
    with pytest.raises(NoReason):
        await operations.force(tx, switch=msgspec.structs.replace(switch, reason=" "), now=now)


async def test_a_standby_looks_on_while_another_worker_steers_and_takes_over_when_it_dies(
    room, clock, database_url
):
    await room.force()
    first = await room.seconds(1)
    leader = await asyncpg.connect(database_url)
    await leader.execute("begin")
    assert await records.try_lock(leader)

    looked = await room.seconds(3)
    assert looked.ticked_at == first.ticked_at

    leader.terminate()
    await asyncio.sleep(0.2)
    taken_over = await room.seconds(1)
    assert taken_over.ticked_at == clock.at


async def test_two_workers_in_one_second_move_the_threshold_once(room, clock):
    await room.force()
    event = await room.seconds(1)
    await room.tell(event.event_id, joined={1: 1000})
    await room.seconds(5)
    before = await room.tick()

    clock.at += timedelta(milliseconds=300)
    again = await room.tick()

    assert again == before


async def test_counts_of_all_processes_add_up_those_that_died_included(room):
    await room.force()
    event = await room.seconds(1)
    await room.tell(event.event_id, joined={1: 30}, exchanged=4, process="a")
    await room.seconds(30)
    await room.tell(event.event_id, joined={1: 12, 2: 5}, exchanged=3, process="b", finished=1)

    async with room.database.read() as reader:
        state = await queries.state(reader, now=room.clock.at)

    assert state.joined == {1: 42, 2: 5}
    assert (state.counts.exchanged, state.counts.finished, state.processes) == (7, 1, 1)


async def test_an_events_secret_must_have_the_digest_that_was_published(tx, now):
    with pytest.raises(asyncpg.CheckViolationError):
        await tx.execute(
            """
            insert into room_event (secret, digest, opens_at, created_at, trigger, ticked_at)
                 values ($1, $2, $3, $3, 'hand', $3)""",
            b"a" * 32,
            b"b" * 32,
            now,
        )


async def test_one_room_at_a_time(room, tx, now):
    await room.force()
    await room.seconds(1)

    with pytest.raises(asyncpg.UniqueViolationError):
        async with room.database.transaction() as other:
            await other.execute(
                """
                insert into room_event (secret, digest, opens_at, created_at, trigger, ticked_at)
                     select secret, digest, opens_at, created_at, trigger, ticked_at from room_event"""
            )


async def test_the_job_leaves_a_whole_file_for_the_edge_each_second(room, clock, tmp_path):
    await room.force()

    await steer(room.database, clock, policy=room.policy, booking_days=7, folder=tmp_path)

    told = msgspec.json.decode((tmp_path / SERVING_FILE).read_bytes())
    assert told["on"] is True
    assert told["threshold"] == [0, 0.0]
    assert [path.name for path in tmp_path.iterdir()] == [SERVING_FILE]


async def test_a_day_that_is_gone_is_told_at_once(room, clock, tmp_path, shop):
    async with room.database.transaction() as tx:
        await tx.execute("update slot set taken = capacity where store_id = 2")
    await room.force()
    await steer(room.database, clock, policy=room.policy, booking_days=7, folder=tmp_path)
    clock.at += timedelta(seconds=1)
    await steer(room.database, clock, policy=room.policy, booking_days=7, folder=tmp_path)

    stock = msgspec.json.decode((tmp_path / SERVING_FILE).read_bytes())["stock"]

    assert (stock["none"], stock["nothing"], stock["few"]) == ([2], [2], [])


async def _tell_pressure(room, *, full_for: int) -> None:
    """Two web processes, both full for so long, each answering 60 requests a second."""
    at = room.clock.at
    async with room.database.transaction() as tx:
        for process in ("web:1", "web:2"):
            await tx.execute(
                """
                insert into process_pressure (process_id, at, limit_now, in_flight, goodput_per_s,
                                              saturated_since, level)
                     values ($1, $2, 20, 20, 60, $3, 2)
                on conflict (process_id) do update
                        set at = excluded.at, saturated_since = excluded.saturated_since""",
                process,
                at,
                at - timedelta(seconds=full_for),
            )


async def _events(database) -> int:
    async with database.read() as reader:
        return await reader.fetchval("select count(*) from room_event")


@pytest.fixture
def clock(now):
    return FixedClock(now)


@pytest.fixture
def room(database, clock):
    return RoomByHand(database, clock)
