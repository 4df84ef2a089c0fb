import pytest

from cabas.domain.staff import operations as staff
from cabas.domain.staff import queries
from cabas.domain.staff.model import NETWORK, SYSTEM, BadPin, NotAllowed, Role, StaffRole
from cabas.domain.staff.operations import (
    BadStaffDetails,
    DeviceNotFound,
    StaffEmailTaken,
    StaffNotFound,
)
from cabas.kit import audit
from cabas.kit.ids import new_id
from factories.staff import OTHER_STORE, PIN, STORE, at_work, make_staff, make_store

PICKER_HERE = StaffRole(role=Role.PICKER, store_id=STORE)


@pytest.fixture
async def manager(tx, now):
    await make_store(tx, OTHER_STORE)
    return await at_work(tx, await make_staff(tx, now=now, role=Role.MANAGER, name="Dominique"), now=now)


async def _actions(tx, store_id=STORE):
    return [line.action for line in await audit.latest_lines(tx, store_id=store_id)]


async def test_a_manager_makes_a_picker_of_their_store_and_it_is_written_down(tx, now, manager):
    staff_id = await staff.create_staff(tx, name="Noa", roles=[PICKER_HERE], actor=manager, now=now)
    await staff.set_pin(
        tx, store_id=STORE, staff_id=staff_id, pin_hash=await staff.hash_pin(PIN), actor=manager, now=now
    )

    assert [one.name for one in await queries.names_on_device(tx, store_id=STORE)] == ["Noa"]
    lines = await audit.lines_about(tx, store_id=STORE, subject=f"staff:{staff_id}")
    assert {line.action for line in lines} == {"staff.role_given", "staff.pin_set"}
    assert {line.actor for line in lines} == {manager.label}


@pytest.mark.parametrize(
    "held",
    [
        StaffRole(role=Role.PICKER, store_id=OTHER_STORE),
        StaffRole(role=Role.MANAGER, store_id=OTHER_STORE),
        StaffRole(role=Role.HEAD_OFFICE, store_id=NETWORK),
        StaffRole(role=Role.HEAD_OFFICE, store_id=STORE),
        StaffRole(role=Role.PICKER, store_id=NETWORK),
    ],
)
async def test_a_manager_gives_no_role_beyond_their_store(tx, now, manager, held):
    with pytest.raises(NotAllowed):
        await staff.create_staff(tx, name="Noa", roles=[held], actor=manager, now=now)
    with pytest.raises(NotAllowed):
        await staff.give_role(tx, staff_id=manager.staff_id, held=held, actor=manager, now=now)


async def test_a_picker_manages_nobody(tx, now):
    sacha = await make_staff(tx, now=now)
    noa = await make_staff(tx, now=now, name="Noa")
    picker = await at_work(tx, sacha, now=now)

    with pytest.raises(NotAllowed):
        await staff.create_staff(tx, name="Ami", roles=[PICKER_HERE], actor=picker, now=now)
    with pytest.raises(NotAllowed):
        await staff.set_pin(tx, store_id=STORE, staff_id=noa, pin_hash="x", actor=picker, now=now)
    with pytest.raises(NotAllowed):
        await staff.deactivate(tx, staff_id=noa, actor=picker, now=now)
    with pytest.raises(NotAllowed):
        await staff.enrol_device(tx, store_id=STORE, label="La mienne", actor=picker, now=now)
    with pytest.raises(NotAllowed):
        await staff.issue_token(tx, staff_id=sacha, store_id=STORE, label="", actor=picker, now=now)


async def test_ones_own_pin_is_ones_own_to_change_in_ones_own_store(tx, now):
    sacha = await make_staff(tx, now=now, pin=PIN)
    picker = await at_work(tx, sacha, now=now, device_store_id=STORE)

    await staff.set_pin(tx, store_id=STORE, staff_id=sacha, pin_hash="x", actor=picker, now=now)
    with pytest.raises(NotAllowed):
        await staff.set_pin(tx, store_id=OTHER_STORE, staff_id=sacha, pin_hash="x", actor=picker, now=now)


async def test_a_pin_needs_someone_of_the_store(tx, now, manager):
    with pytest.raises(StaffNotFound):
        await staff.set_pin(tx, store_id=STORE, staff_id=new_id(now), pin_hash="x", actor=manager, now=now)
    with pytest.raises(BadPin):
        await staff.hash_pin("1234")


async def test_a_new_pin_ends_what_was_open_with_the_old(tx, now, manager):
    sacha = await make_staff(tx, now=now, pin=PIN)
    open_here = await at_work(tx, sacha, now=now, device_store_id=STORE)

    await staff.set_pin(
        tx, store_id=STORE, staff_id=sacha, pin_hash=await staff.hash_pin("7351"), actor=manager, now=now
    )

    assert await queries.staff_by_session(tx, token_hash=open_here.token_hash, now=now) is None


async def test_someone_deactivated_is_out_at_once(tx, now, manager):
    sacha = await make_staff(tx, now=now, pin=PIN)
    session = (await at_work(tx, sacha, now=now)).token_hash
    token = await staff.issue_token(tx, staff_id=sacha, store_id=STORE, label="", actor=manager, now=now)

    await staff.deactivate(tx, staff_id=sacha, actor=manager, now=now)

    assert await queries.staff_by_session(tx, token_hash=session, now=now) is None
    assert await queries.staff_by_token(tx, token_hash=token.token_hash, now=now) is None
    assert await queries.names_on_device(tx, store_id=STORE) == []
    member = await queries.member(tx, store_id=STORE, staff_id=sacha)
    assert member is not None
    assert member.deactivated_at == now
    assert "staff.deactivated" in await _actions(tx)
    with pytest.raises(StaffNotFound):
        await staff.deactivate(tx, staff_id=sacha, actor=manager, now=now)


async def test_a_manager_does_not_deactivate_someone_who_works_elsewhere_too(tx, now, manager):
    sacha = await make_staff(tx, now=now)
    elsewhere = StaffRole(role=Role.PICKER, store_id=OTHER_STORE)
    await staff.give_role(tx, staff_id=sacha, held=elsewhere, actor=SYSTEM, now=now)

    with pytest.raises(NotAllowed):
        await staff.deactivate(tx, staff_id=sacha, actor=manager, now=now)
    with pytest.raises(NotAllowed):
        await staff.set_password(tx, staff_id=sacha, password_hash="x", actor=manager, now=now)

    await staff.take_role(tx, staff_id=sacha, held=PICKER_HERE, actor=manager, now=now)
    assert await queries.member(tx, store_id=STORE, staff_id=sacha) is None


async def test_the_last_role_in_a_store_takes_pin_and_sessions_with_it(tx, now, manager):
    sacha = await make_staff(tx, now=now, pin=PIN)
    session = (await at_work(tx, sacha, now=now, device_store_id=STORE)).token_hash

    await staff.take_role(tx, staff_id=sacha, held=PICKER_HERE, actor=manager, now=now)

    assert await queries.staff_by_session(tx, token_hash=session, now=now) is None
    assert await queries.names_on_device(tx, store_id=STORE) == []
    with pytest.raises(StaffNotFound):
        await staff.take_role(tx, staff_id=sacha, held=PICKER_HERE, actor=manager, now=now)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "\x00 "}, "name"),
        ({"name": "x" * 10_000}, "name"),
        ({"roles": []}, "roles"),
        ({"email": "pas une adresse"}, "email"),
    ],
)
async def test_a_person_needs_a_name_a_role_and_a_real_e_mail(tx, now, manager, wrong, field):
    with pytest.raises(BadStaffDetails) as refused:
        await staff.create_staff(
            tx, **({"name": "Noa", "roles": [PICKER_HERE]} | wrong), actor=manager, now=now
        )

    assert list(refused.value.fields) == [field]


async def test_two_people_do_not_share_an_e_mail(tx, now):
    await make_staff(tx, now=now, email="noa@exemple.fr")

    with pytest.raises(StaffEmailTaken):
        await make_staff(tx, now=now, email="NOA@exemple.fr")


async def test_a_removed_device_and_what_is_open_on_the_stores_devices_ends(tx, now, manager):
    opened = await staff.enrol_device(tx, store_id=STORE, label="Tablette", actor=manager, now=now)
    sacha = await make_staff(tx, now=now, pin=PIN)
    session = (await at_work(tx, sacha, now=now, device_store_id=STORE)).token_hash
    [device] = await queries.devices_of_store(tx, store_id=STORE, now=now)

    with pytest.raises(NotAllowed):
        await staff.remove_device(
            tx, store_id=OTHER_STORE, device_id=device.device_id, actor=manager, now=now
        )
    with pytest.raises(DeviceNotFound):
        await staff.remove_device(tx, store_id=STORE, device_id=new_id(now), actor=manager, now=now)
    await staff.remove_device(tx, store_id=STORE, device_id=device.device_id, actor=manager, now=now)

    assert await queries.device_by_secret(tx, token_hash=opened.token_hash, now=now) is None
    assert await queries.staff_by_session(tx, token_hash=session, now=now) is None
    assert {"device.enrolled", "device.removed"} <= set(await _actions(tx))


async def test_the_audit_holds_no_secret(tx, now, manager):
    staff_id = await staff.create_staff(tx, name="Noa", roles=[PICKER_HERE], actor=manager, now=now)
    pin_hash = await staff.hash_pin(PIN)
    await staff.set_pin(tx, store_id=STORE, staff_id=staff_id, pin_hash=pin_hash, actor=manager, now=now)

    lines = await tx.fetch("select a::text as line from audit_line a")

    assert not any(PIN in row["line"] or "argon2" in row["line"] for row in lines)
