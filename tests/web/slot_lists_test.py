"""Lists of slots: fresh as a rule, a few seconds old at most from L1 up."""

from datetime import timedelta

import pytest

from cabas.domain.ladder.model import Level
from cabas.domain.slots.model import Channel
from cabas.web.slot_lists import KEPT_FOR, SlotLists
from factories.slots import make_slot


@pytest.fixture
async def listed(tx, now):
    slot = await make_slot(tx, now=now, capacity=10)
    lists = SlotLists()

    async def ask(level, later=timedelta(0)):
        found = await lists.between(
            tx,
            store_id=slot.store_id,
            channel=Channel.DRIVE,
            start=now - timedelta(days=1),
            end=now + timedelta(days=30),
            level=level,
            now=now + later,
        )
        return [one.taken for one in found]

    async def take():
        await tx.execute("update slot set taken = taken + 1")

    return ask, take


async def test_while_all_is_well_each_list_is_fresh(listed):
    ask, take = listed
    before = await ask(Level.NORMAL)
    await take()

    assert (before, await ask(Level.NORMAL)) == ([0], [1])


async def test_from_l1_up_a_list_serves_for_seconds_and_no_longer(listed):
    ask, take = listed
    await ask(Level.LEAN)
    await take()

    soon, later = await ask(Level.NO_EXTRAS), await ask(Level.LEAN, KEPT_FOR)

    assert (soon, later) == ([0], [1])


async def test_back_to_normal_nothing_old_is_shown(listed):
    ask, take = listed
    await ask(Level.LEAN)
    await take()

    assert await ask(Level.NORMAL) == [1]
