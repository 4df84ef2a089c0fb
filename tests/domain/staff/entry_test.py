import asyncio
from datetime import timedelta

import pytest

from cabas.domain.staff import operations as staff
from cabas.domain.staff import queries
from cabas.domain.staff.model import NETWORK, SYSTEM, Permission, Role, StaffRole, allowed
from cabas.domain.staff.operations import PinLocked, WrongPin, WrongStaffCredentials
from cabas.kit.errors import TooMany
from cabas.kit.ids import new_id
from factories.customers import ADDRESS, opener_of
from factories.staff import OTHER_STORE, PASSWORD, PIN, STORE, at_work, make_staff, make_store


async def _device(tx, now, store_id=STORE):
    await make_store(tx, store_id)
    opened = await staff.enrol_device(tx, store_id=store_id, label="Tablette 1", actor=SYSTEM, now=now)
    device = await queries.device_by_secret(tx, token_hash=opened.token_hash, now=now)
    assert device is not None
    return device


async def _enter(tx, device, staff_id, pin, now):
    return await staff.sign_in_by_pin(opener_of(tx), device=device, staff_id=staff_id, pin=pin, now=now)


async def _sign_in(tx, now, email="siege@exemple.fr", password=PASSWORD):
    return await staff.sign_in(
        opener_of(tx), email=email, password=password, address=ADDRESS, label="Chrome", now=now
    )


async def test_a_pin_on_the_stores_device_opens_a_session_of_that_store(tx, now):
    sacha = await make_staff(tx, now=now, pin=PIN)
    device = await _device(tx, now)

    opened = await _enter(tx, device, sacha, PIN, now)

    actor = await queries.staff_by_session(tx, token_hash=opened.token_hash, now=now)
    assert actor is not None
    assert (actor.name, actor.device_store_id) == ("Sacha", STORE)
    assert allowed(actor, Permission.PREPARE_ORDERS, STORE)
    assert not allowed(actor, Permission.MANAGE_OFFERS, STORE)


async def test_on_a_shared_device_only_the_roles_of_its_store_count(tx, now):
    sacha = await make_staff(tx, now=now, pin=PIN)
    await make_store(tx, OTHER_STORE)
    for held in (
        StaffRole(role=Role.MANAGER, store_id=OTHER_STORE),
        StaffRole(role=Role.HEAD_OFFICE, store_id=NETWORK),
    ):
        await staff.give_role(tx, staff_id=sacha, held=held, actor=SYSTEM, now=now)
    device = await _device(tx, now)

    opened = await _enter(tx, device, sacha, PIN, now)

    actor = await queries.staff_by_session(tx, token_hash=opened.token_hash, now=now)
    assert actor is not None
    assert actor.roles == (StaffRole(role=Role.PICKER, store_id=STORE),)


async def test_a_pin_is_worth_nothing_in_another_store(tx, now):
    sacha = await make_staff(tx, now=now, pin=PIN)
    elsewhere = await _device(tx, now, OTHER_STORE)

    with pytest.raises(WrongPin):
        await _enter(tx, elsewhere, sacha, PIN, now)


async def test_five_wrong_pins_lock_for_five_minutes_on_every_device(tx, now):
    sacha = await make_staff(tx, now=now, pin=PIN)
    first, second = await _device(tx, now), await _device(tx, now)
    for _ in range(5):
        with pytest.raises(WrongPin):
            await _enter(tx, first, sacha, "9999", now)

    with pytest.raises(PinLocked) as refused:
        await _enter(tx, second, sacha, PIN, now)
    assert refused.value.detail["retry_after_seconds"] == 300

    await _enter(tx, second, sacha, PIN, now + timedelta(minutes=5))


async def test_five_wrong_pins_of_several_people_lock_the_device(tx, now):
    team = [await make_staff(tx, now=now, pin=PIN, name=f"Sacha {n}") for n in range(3)]
    device = await _device(tx, now)
    for turn in range(5):
        with pytest.raises(WrongPin):
            await _enter(tx, device, team[turn % 3], "9999", now)

    with pytest.raises(PinLocked):
        await _enter(tx, device, team[0], PIN, now)

    await _enter(tx, device, team[0], PIN, now + timedelta(minutes=6))


async def test_right_pins_are_no_offence(tx, now):
    sacha = await make_staff(tx, now=now, pin=PIN)
    device = await _device(tx, now)

    for _ in range(8):
        await _enter(tx, device, sacha, PIN, now)


async def test_someone_unknown_gets_the_same_answer_as_a_wrong_pin(tx, now):
    device = await _device(tx, now)

    with pytest.raises(WrongPin):
        await _enter(tx, device, new_id(now), PIN, now)


async def test_tries_at_the_same_time_do_not_beat_the_lock(database, now):
    async with database.transaction() as tx:
        sacha = await make_staff(tx, now=now, pin="9402")
        devices = [await _device(tx, now) for _ in range(4)]

    async def attempt(number: int) -> str:
        try:
            await staff.sign_in_by_pin(
                database.transaction,
                device=devices[number % 4],
                staff_id=sacha,
                pin=f"10{number:02}",
                now=now,
            )
        except (WrongPin, PinLocked) as refused:
            return refused.code
        return "entered"

    said = await asyncio.gather(*(attempt(number) for number in range(16)))

    assert said.count("wrong_pin") == 5
    assert said.count("pin_locked") == 11


async def test_head_office_signs_in_by_e_mail(tx, now):
    await make_staff(tx, now=now, role=Role.HEAD_OFFICE, store_id=NETWORK, email="Siege@exemple.fr")

    opened = await _sign_in(tx, now, email=" SIEGE@exemple.fr")

    actor = await queries.staff_by_session(tx, token_hash=opened.token_hash, now=now)
    assert actor is not None
    assert allowed(actor, Permission.SEE_NETWORK, NETWORK)


async def test_a_picker_without_a_password_can_not_sign_in_by_e_mail(tx, now):
    await make_staff(tx, now=now, pin=PIN)

    for email in ("", "inconnu@exemple.fr"):
        with pytest.raises(WrongStaffCredentials):
            await _sign_in(tx, now, email=email)


async def test_the_tenth_wrong_password_is_the_last(tx, now):
    await make_staff(tx, now=now, role=Role.HEAD_OFFICE, store_id=NETWORK, email="siege@exemple.fr")
    for _ in range(10):
        with pytest.raises(WrongStaffCredentials):
            await _sign_in(tx, now, password="autre")

    with pytest.raises(TooMany):
        await _sign_in(tx, now)


async def test_a_session_ends_idle_and_after_a_shift(tx, now):
    sacha = await make_staff(tx, now=now)
    token = (await at_work(tx, sacha, now=now)).token_hash

    assert await queries.staff_by_session(tx, token_hash=token, now=now + timedelta(minutes=14)) is not None
    assert await queries.staff_by_session(tx, token_hash=token, now=now + timedelta(minutes=15)) is None
    for minutes in range(10, 12 * 60, 10):
        await staff.note_seen(tx, token_hash=token, now=now + timedelta(minutes=minutes))
    late = now + timedelta(hours=11, minutes=59)
    assert await queries.staff_by_session(tx, token_hash=token, now=late) is not None
    assert await queries.staff_by_session(tx, token_hash=token, now=now + timedelta(hours=12)) is None


async def test_locking_the_device_ends_the_session(tx, now):
    token = (await at_work(tx, await make_staff(tx, now=now), now=now)).token_hash

    await staff.lock(tx, token_hash=token, now=now)

    assert await queries.staff_by_session(tx, token_hash=token, now=now) is None


async def test_a_token_of_a_store_has_the_roles_of_that_store_and_no_idle_end(tx, now):
    sacha = await make_staff(tx, now=now, role=Role.MANAGER)
    await make_store(tx, OTHER_STORE)
    await staff.give_role(
        tx, staff_id=sacha, held=StaffRole(role=Role.MANAGER, store_id=OTHER_STORE), actor=SYSTEM, now=now
    )
    opened = await staff.issue_token(
        tx, staff_id=sacha, store_id=STORE, label="caisse", actor=SYSTEM, now=now
    )

    later = now + timedelta(days=30)
    actor = await queries.staff_by_token(tx, token_hash=opened.token_hash, now=later)

    assert actor is not None
    assert allowed(actor, Permission.MANAGE_OFFERS, STORE)
    assert not allowed(actor, Permission.MANAGE_OFFERS, OTHER_STORE)
    assert await queries.staff_by_session(tx, token_hash=opened.token_hash, now=now) is None
