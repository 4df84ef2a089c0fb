import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from cabas.domain.slots import operations as slots
from cabas.domain.slots import queries
from cabas.domain.slots.model import Channel, SlotClosed, SlotFull, SlotNotOpen, SlotUnknown
from factories.slots import make_slot, taken

TEN_MINUTES = timedelta(minutes=10)


def hold(tx, slot, shopper, now):
    return slots.hold_slot(
        tx,
        store_id=slot.store_id,
        slot_id=slot.slot_id,
        shopper_id=shopper,
        cart_id=uuid4(),
        now=now,
        duration=TEN_MINUTES,
    )


async def test_a_hold_takes_one_place_for_ten_minutes(tx, now):
    slot = await make_slot(tx, now=now)

    kept = await hold(tx, slot, uuid4(), now)

    assert kept.expires_at == now + TEN_MINUTES
    assert await taken(tx, slot) == 1


async def test_holding_again_neither_takes_another_place_nor_renews(tx, now):
    slot, shopper = await make_slot(tx, now=now), uuid4()
    await hold(tx, slot, shopper, now)

    again = await hold(tx, slot, shopper, now + timedelta(minutes=3))

    assert again.expires_at == now + TEN_MINUTES
    assert await taken(tx, slot) == 1


async def test_a_shopper_who_chooses_another_slot_lets_go_of_the_first(tx, now):
    early = await make_slot(tx, now=now, slot_id=1)
    late = await make_slot(tx, now=now, slot_id=2)
    shopper = uuid4()
    await hold(tx, late, shopper, now)

    await hold(tx, early, shopper, now)

    assert (await taken(tx, early), await taken(tx, late)) == (1, 0)


async def test_a_hold_in_another_store_lets_go_of_the_first_store(tx, now):
    here, there = await make_slot(tx, now=now, store_id=1), await make_slot(tx, now=now, store_id=2)
    shopper = uuid4()
    await hold(tx, here, shopper, now)

    await hold(tx, there, shopper, now)

    assert (await taken(tx, here), await taken(tx, there)) == (0, 1)


async def test_a_full_slot_refuses(tx, now):
    slot = await make_slot(tx, now=now, capacity=1, taken=1)

    with pytest.raises(SlotFull):
        async with tx._connection.transaction():
            await hold(tx, slot, uuid4(), now)


async def test_a_full_slot_takes_over_the_place_of_a_hold_that_ran_out(tx, now):
    slot, late_comer = await make_slot(tx, now=now, capacity=1), uuid4()
    await hold(tx, slot, uuid4(), now)

    await hold(tx, slot, late_comer, now + TEN_MINUTES)

    assert await taken(tx, slot) == 1
    held = await queries.hold_of(tx, store_id=1, shopper_id=late_comer, now=now + TEN_MINUTES)
    assert held is not None


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"closed": True}, SlotClosed),
        ({"starts_in": timedelta(hours=1)}, SlotClosed),
        ({"opens_at": "tomorrow"}, SlotNotOpen),
    ],
)
async def test_a_slot_that_cannot_be_booked_says_why(tx, now, wrong, refusal):
    if wrong.get("opens_at") == "tomorrow":
        wrong = {"opens_at": now + timedelta(seconds=1)}
    slot = await make_slot(tx, now=now, **wrong)

    with pytest.raises(refusal):
        async with tx._connection.transaction():
            await hold(tx, slot, uuid4(), now)


async def test_a_slot_of_no_store_is_unknown(tx, now):
    slot = await make_slot(tx, now=now)

    with pytest.raises(SlotUnknown):
        await slots.hold_slot(
            tx,
            store_id=9,
            slot_id=slot.slot_id,
            shopper_id=uuid4(),
            cart_id=uuid4(),
            now=now,
            duration=TEN_MINUTES,
        )


async def test_a_slot_opens_at_its_instant_not_before(tx, now):
    slot = await make_slot(tx, now=now, opens_at=now)

    await hold(tx, slot, uuid4(), now)

    assert await taken(tx, slot) == 1


async def test_releasing_twice_gives_back_one_place(tx, now):
    slot, shopper = await make_slot(tx, now=now), uuid4()
    await hold(tx, slot, shopper, now)

    assert await slots.release_hold(tx, store_id=1, shopper_id=shopper)
    assert not await slots.release_hold(tx, store_id=1, shopper_id=shopper)
    assert await taken(tx, slot) == 0


async def test_the_sweeper_frees_only_what_ran_out(tx, now):
    slot = await make_slot(tx, now=now)
    await hold(tx, slot, uuid4(), now)
    await hold(tx, slot, uuid4(), now + timedelta(minutes=5))

    expired = await slots.expired_slots(tx, now=now + TEN_MINUTES)
    freed = [await slots.free_expired(tx, store_id=s, slot_id=i, now=now + TEN_MINUTES) for s, i in expired]

    assert freed == [1]
    assert await taken(tx, slot) == 1


async def test_the_nearest_open_slots_come_nearest_first(tx, now):
    for number, hours in enumerate((5, 6, 8, 12, 30)):
        await make_slot(
            tx, now=now, slot_id=number, starts_in=timedelta(hours=hours), capacity=1, taken=int(hours == 6)
        )

    near = await queries.nearest_open(
        tx, store_id=1, channel=Channel.DRIVE, around=now + timedelta(hours=6), now=now
    )

    assert [slot.slot_id for slot in near] == [0, 2, 3]


async def test_sixty_four_shoppers_on_five_places_get_exactly_five(database, now):
    async with database.transaction() as tx:
        slot = await make_slot(tx, now=now, capacity=5)

    async def try_to_hold():
        try:
            async with database.transaction() as tx:
                await hold(tx, slot, uuid4(), now)
        except SlotFull:
            return 0
        return 1

    won = sum(await asyncio.gather(*(try_to_hold() for _ in range(64))))

    async with database.transaction() as tx:
        assert (won, await taken(tx, slot)) == (5, 5)


async def test_shoppers_who_swap_slots_against_each_other_do_not_deadlock(database, now):
    async with database.transaction() as tx:
        pair = [await make_slot(tx, now=now, slot_id=i, capacity=40) for i in (1, 2)]

    async def hop(shopper, first):
        for turn in range(6):
            async with database.transaction() as tx:
                await hold(tx, pair[(first + turn) % 2], shopper, now)

    await asyncio.gather(*(hop(uuid4(), number % 2) for number in range(16)))

    async with database.transaction() as tx:
        assert await taken(tx, pair[0]) + await taken(tx, pair[1]) == 16
