"""A guest who holds a place and signs in keeps it."""

from datetime import timedelta
from uuid import uuid4

from cabas.domain.slots import operations as slots
from cabas.domain.slots import queries
from factories.slots import make_slot, taken

TEN_MINUTES = timedelta(minutes=10)


async def hold(tx, slot, shopper, now):
    await slots.hold_slot(
        tx,
        store_id=slot.store_id,
        slot_id=slot.slot_id,
        shopper_id=shopper,
        cart_id=uuid4(),
        now=now,
        duration=TEN_MINUTES,
    )


async def test_a_guests_place_becomes_the_customers(tx, now):
    slot, guest, customer = await make_slot(tx, now=now), uuid4(), uuid4()
    await hold(tx, slot, guest, now)

    assert await slots.claim_hold(tx, store_id=1, guest_id=guest, customer_id=customer, now=now)

    kept = await queries.hold_of(tx, store_id=1, shopper_id=customer, now=now)
    assert kept is not None
    assert kept.expires_at == now + TEN_MINUTES
    assert await taken(tx, slot) == 1


async def test_the_customers_own_place_elsewhere_is_given_back(tx, now):
    here, there = await make_slot(tx, now=now), await make_slot(tx, now=now, store_id=2)
    guest, customer = uuid4(), uuid4()
    await hold(tx, there, customer, now)
    await hold(tx, here, guest, now)

    await slots.claim_hold(tx, store_id=1, guest_id=guest, customer_id=customer, now=now)

    assert (await taken(tx, here), await taken(tx, there)) == (1, 0)


async def test_without_a_guests_place_the_customer_keeps_theirs(tx, now):
    slot, customer = await make_slot(tx, now=now), uuid4()
    await hold(tx, slot, customer, now)

    assert not await slots.claim_hold(tx, store_id=1, guest_id=uuid4(), customer_id=customer, now=now)

    assert await queries.hold_of(tx, store_id=1, shopper_id=customer, now=now) is not None
