"""More places in many stores: previewed, applied store by store, taken back as it was."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio

from cabas.domain.capacity import jobs, operations, planning
from cabas.domain.capacity.model import (
    ApprovalPassed,
    BadRaise,
    CapacityPolicy,
    Frozen,
    NeedsAnother,
    RaisesLimited,
    RaiseUnknown,
    Scope,
    Stage,
    UndoPassed,
)
from cabas.domain.slots import managing
from cabas.domain.slots.model import Channel
from cabas.domain.staff.model import SYSTEM, NotAllowed, Role
from cabas.kit.clock import FixedClock
from factories.shop import make_shop
from factories.staff import at_work, make_staff

POLICY = CapacityPolicy()
TODAY = date(2026, 11, 24)
BOTH = Scope(first_day=TODAY, last_day=TODAY, percent=130)
IN_RENNES = msgspec.structs.replace(BOTH, region="Bretagne")
MINUTE = timedelta(minutes=1)


async def test_the_preview_says_what_would_come_and_who_would_prepare_it(tx, now):
    await tx.execute(
        """update store set preparation = '{"pickers": 4, "lines_per_picker_hour": 95}' where store_id = 1"""
    )
    await tx.execute("update slot set taken = 5 where store_id = 2")

    plan = await planning.plan(tx, scope=BOTH, policy=POLICY, now=now)

    assert (plan.slots, plan.capacity, plan.taken, plan.places, plan.capped) == (8, 40, 20, 16, 0)
    tours = next(one for one in plan.stores if one.store_id == 1)
    # 5 places in half an hour: 10 orders of 38 lines an hour, 95 lines a picker: 4 pickers; 7 places: 5.6.
    assert (tours.pickers, tours.people_before, tours.people_after) == (4, 4, 6)
    assert tours.hours == pytest.approx(8 * 38 / 95)
    assert plan.cost_cents == round(plan.hours * POLICY.picker_hour_cents)
    assert await slots(tx) == {5}, "a preview writes nothing"


async def test_the_preview_counts_neither_closed_slots_nor_those_past_their_cut_off(tx, now):
    first, *_ = await ids(tx)
    await tx.execute("update slot set closed = true where store_id = 1 and slot_id = $1", first)
    after_cut_off = now + timedelta(
        hours=4, minutes=10
    )  # 14:10 in Paris; the first two close at 14:00 and 14:30

    plan = await planning.plan(tx, scope=BOTH, policy=POLICY, now=after_cut_off)

    assert {one.store_id: one.slots for one in plan.stores} == {1: 3, 2: 3}


async def test_a_raise_reaches_every_store_of_its_scope_and_the_journal(tx, now):
    await ask(tx, now)

    assert await settle(tx, now) == 2

    assert await slots(tx) == {7}
    assert await slots(tx, day=TODAY + timedelta(days=1)) == {5}, "another day"
    asked = (await planning.recent(tx))[0]
    assert (asked.stage(POLICY, now), asked.stores_applied, asked.slots, asked.places) == (
        "applied",
        2,
        8,
        16,
    )
    change = (await managing.changes(tx, store_id=2))[0]
    assert (change.before["capacity"], change.after["capacity"], change.reason) == (5, 7, "Noël")
    line = await tx.fetchrow(
        "select store_id, actor, action, detail from audit_line where subject like 'capacity:%'"
    )
    assert (line["store_id"], line["actor"], line["action"]) == (0, "system", "capacity.raised")
    assert (line["detail"]["percent"], line["detail"]["stores"]) == (130, 2)


async def test_what_is_applied_is_what_was_previewed(tx, now):
    await tx.execute(
        "update slot set capacity = 498 where store_id = 1 and slot_id = (select min(slot_id) from slot)"
    )
    plan = await planning.plan(tx, scope=BOTH, policy=POLICY, now=now)

    await ask(tx, now)
    await settle(tx, now)

    done = (await planning.recent(tx))[0]
    assert (done.slots, done.places, plan.capped) == (plan.slots, plan.places, 1)


async def test_another_region_keeps_its_places(tx, now):
    await ask(tx, now, scope=IN_RENNES)

    assert await settle(tx, now) == 1

    assert (await slots(tx, 1), await slots(tx, 2)) == ({5}, {7})


async def test_one_way_of_shopping_alone_can_be_raised(tx, now):
    scope = msgspec.structs.replace(BOTH, channels=(Channel.DELIVERY,))

    with pytest.raises(BadRaise, match="bad_capacity_raise"):
        await ask(tx, now, scope=scope)


async def test_the_same_request_twice_raises_once(tx, now):
    one = uuid4()

    first = await ask(tx, now, raise_id=one)
    again = await ask(tx, now, raise_id=one)
    await settle(tx, now)
    await ask(tx, now, raise_id=one)

    assert first == again
    assert await settle(tx, now) == 0
    assert await slots(tx) == {7}


async def test_undo_puts_back_exactly_what_was_before(tx, now):
    first, *_ = await ids(tx)
    await tx.execute("update slot set capacity = 9 where store_id = 1 and slot_id = $1", first)
    before = await everything(tx)
    asked = await ask(tx, now)
    await settle(tx, now)

    await operations.undo(tx, raise_id=asked.raise_id, actor=SYSTEM, policy=POLICY, now=now + 9 * MINUTE)
    assert await settle(tx, now + 9 * MINUTE) == 2

    assert await everything(tx) == before
    done = await planning.raise_of(tx, raise_id=asked.raise_id)
    assert (done.stage(POLICY, now), done.stores_undone, done.places_kept, done.slots_kept) == (
        "undone",
        2,
        0,
        0,
    )
    assert all(change.undone_at for change in await managing.changes(tx, store_id=1))
    assert await tx.fetchval("select count(*) from audit_line where action = 'capacity.undone'") == 1


async def test_undo_keeps_what_was_booked_meanwhile_and_what_a_store_changed_itself(tx, now):
    first, second, *_ = await ids(tx)
    asked = await ask(tx, now)
    await settle(tx, now)
    await tx.execute("update slot set taken = 6 where store_id = 1 and slot_id = $1", first)
    await managing.change_slot(tx, store_id=1, slot_id=second, capacity=8, actor="Paul", now=now + MINUTE)

    await undo(tx, asked, now + MINUTE)

    found = dict(
        await tx.fetch(
            "select slot_id, capacity from slot where store_id = 1 and slot_id = any($1)", [first, second]
        )
    )
    assert found == {first: 6, second: 8}
    done = await planning.raise_of(tx, raise_id=asked.raise_id)
    assert (done.places_kept, done.slots_kept) == (1, 1)


async def test_what_a_store_put_back_itself_is_left_to_it(tx, now):
    first, *_ = await ids(tx)
    asked = await ask(tx, now)
    await settle(tx, now)
    change = next(one for one in await managing.changes(tx, store_id=1) if one.slot_id == first)
    await managing.undo_change(tx, store_id=1, change_id=change.change_id, now=now + MINUTE)
    await managing.change_slot(tx, store_id=1, slot_id=first, capacity=8, actor="Paul", now=now + MINUTE)

    await undo(tx, asked, now + MINUTE)

    assert await tx.fetchval("select capacity from slot where store_id = 1 and slot_id = $1", first) == 8
    assert await slots(tx, 2) == {5}


async def test_undo_while_it_is_applied_stops_it(tx, now):
    asked = await ask(tx, now)
    assert await operations.apply_next(tx, now=now) in (1, 2)

    await undo(tx, asked, now)

    assert await slots(tx) == {5}
    done = await planning.raise_of(tx, raise_id=asked.raise_id)
    assert (done.stage(POLICY, now), done.stores_applied) == (Stage.UNDONE, 1)


async def test_undo_is_for_ten_minutes_and_twice_is_harmless(tx, now):
    asked = await ask(tx, now)
    await settle(tx, now)

    with pytest.raises(UndoPassed):
        await undo(tx, asked, now + 10 * MINUTE)
    await undo(tx, asked, now + 9 * MINUTE)
    await undo(tx, asked, now + 60 * MINUTE)

    assert await slots(tx) == {5}


async def test_much_more_waits_for_a_second_person(tx, now):
    alice = await someone(tx, now, "Alice")
    bruno = await someone(tx, now, "Bruno")
    asked = await ask(tx, now, actor=alice)

    assert (asked.stage(POLICY, now), await settle(tx, now)) == (Stage.WAITING, 0)
    with pytest.raises(NeedsAnother):
        await operations.approve(tx, raise_id=asked.raise_id, actor=alice, policy=POLICY, now=now)
    with pytest.raises(UndoPassed):
        await undo(tx, asked, now)
    agreed = await operations.approve(tx, raise_id=asked.raise_id, actor=bruno, policy=POLICY, now=now)
    again = await operations.approve(tx, raise_id=asked.raise_id, actor=bruno, policy=POLICY, now=now)

    assert (agreed.approved_name, agreed) == ("Bruno", again)
    assert await settle(tx, now) == 2
    assert await slots(tx) == {7}


async def test_a_little_more_needs_one_person(tx, now):
    alice = await someone(tx, now, "Alice")

    asked = await ask(tx, now, actor=alice, scope=msgspec.structs.replace(BOTH, percent=110))

    assert asked.stage(POLICY, now) is Stage.APPLYING


async def test_nobody_agrees_to_figures_of_an_hour_ago(tx, now):
    asked = await ask(tx, now, actor=await someone(tx, now, "Alice"))
    bruno = await someone(tx, now, "Bruno")

    with pytest.raises(ApprovalPassed):
        await operations.approve(
            tx, raise_id=asked.raise_id, actor=bruno, policy=POLICY, now=now + 60 * MINUTE
        )


async def test_a_stores_manager_may_do_none_of_it(tx, now):
    asked = await ask(tx, now)
    paul = await at_work(tx, await make_staff(tx, now=now, role=Role.MANAGER), now=now)

    with pytest.raises(NotAllowed):
        await ask(tx, now, actor=paul)
    with pytest.raises(NotAllowed):
        await operations.approve(tx, raise_id=asked.raise_id, actor=paul, policy=POLICY, now=now)
    with pytest.raises(NotAllowed):
        await operations.undo(tx, raise_id=asked.raise_id, actor=paul, policy=POLICY, now=now)


async def test_around_midnight_only_a_runbook_moves_it(tx):
    midnight = datetime(2026, 11, 23, 23, tzinfo=UTC)

    with pytest.raises(Frozen):
        await ask(tx, midnight)
    asked = await ask(tx, midnight, runbook=True)

    assert asked.approved_at == midnight


async def test_so_many_raises_within_an_hour_are_enough(tx, now):
    for _ in range(POLICY.raises_an_hour):
        await ask(tx, now)

    with pytest.raises(RaisesLimited):
        await ask(tx, now)


async def test_a_raise_needs_its_reason_and_a_known_id(tx, now):
    with pytest.raises(BadRaise):
        await ask(tx, now, reason=" ")
    with pytest.raises(RaiseUnknown):
        await operations.undo(tx, raise_id=uuid4(), actor=SYSTEM, policy=POLICY, now=now)


async def test_demand_is_what_was_booked_of_the_last_days(tx, now):
    later = now + timedelta(days=3)
    await tx.execute("update slot set taken = 4 where store_id = 2 and starts_at < $1", later)

    found = {
        one.region: (one.capacity, one.taken, one.percent) for one in await planning.fills(tx, now=later)
    }

    assert found == {"Bretagne": (60, 48, 80), "Centre-Val de Loire": (60, 0, 0)}


async def test_workers_share_the_stores_and_a_second_round_does_nothing(database, now):
    async with database.transaction() as tx:
        await make_shop(tx, now=now)
        await ask(tx, now)
    clock = FixedClock(now)

    async with database.transaction() as holding:
        claimed = await operations.apply_next(holding, now=now)
        assert await jobs.settle_raises(database, clock) == 1, "the store in another's hands is passed over"
        async with database.read() as reader:
            assert (await planning.recent(reader))[0].stage(POLICY, now) is Stage.APPLYING
    assert await jobs.settle_raises(database, clock) == 0

    async with database.read() as reader:
        assert (await planning.recent(reader))[0].stage(POLICY, now) is Stage.APPLIED
        assert await slots(reader) == {7}
    assert claimed in (1, 2)


async def ask(tx, now, *, raise_id=None, scope=BOTH, reason="Noël", actor=SYSTEM, runbook=False):
    return await operations.ask(
        tx,
        raise_id=raise_id or uuid4(),
        scope=scope,
        reason=reason,
        actor=actor,
        runbook=runbook,
        policy=POLICY,
        now=now,
    )


async def settle(tx, now):
    """What the worker's job does, within the test's transaction; how many stores."""
    done = 0
    for step in (operations.apply_next, operations.undo_next):
        while await step(tx, now=now) is not None:
            done += 1
    await operations.finish(tx, now=now)
    return done


async def undo(tx, asked, now):
    await operations.undo(tx, raise_id=asked.raise_id, actor=SYSTEM, policy=POLICY, now=now)
    await settle(tx, now)


async def someone(tx, now, name):
    staff_id = await make_staff(tx, now=now, role=Role.HEAD_OFFICE, store_id=0, name=name)
    return await at_work(tx, staff_id, now=now)


async def ids(reader):
    rows = await reader.fetch("select slot_id from slot where store_id = 1 order by slot_id limit 4")
    return [row["slot_id"] for row in rows]


async def slots(reader, store_id=None, *, day=TODAY):
    rows = await reader.fetch(
        """
        select distinct capacity from slot
         where (starts_at at time zone 'Europe/Paris')::date = $1 and ($2::int is null or store_id = $2)""",
        day,
        store_id,
    )
    return {row["capacity"] for row in rows}


async def everything(reader):
    return [tuple(row) for row in await reader.fetch("select * from slot order by store_id, slot_id")]


@pytest_asyncio.fixture
async def tx(tx, now):
    """Two stores, four half hours of five places a day."""
    await make_shop(tx, now=now)
    return tx
