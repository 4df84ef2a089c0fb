from uuid import UUID

import pytest

from cabas.domain.staff.model import (
    NETWORK,
    PERMISSIONS,
    BadPin,
    NotAllowed,
    Permission,
    Role,
    StaffActor,
    StaffRole,
    allowed,
    allowed_all,
    check_pin,
    require,
)


def _actor(*roles: tuple[Role, int]) -> StaffActor:
    return StaffActor(
        staff_id=UUID(int=7),
        name="Sacha",
        roles=tuple(StaffRole(role=role, store_id=store_id) for role, store_id in roles),
    )


PICKER = _actor((Role.PICKER, 1))
MANAGER = _actor((Role.MANAGER, 1))
HEAD_OFFICE = _actor((Role.HEAD_OFFICE, NETWORK))


@pytest.mark.parametrize("actor", [PICKER, MANAGER, HEAD_OFFICE, None])
def test_an_empty_permission_set_denies(actor):
    assert not allowed_all(actor, [], 1)
    assert not allowed_all(actor, frozenset(), NETWORK)


def test_all_of_several_permissions_are_needed():
    assert allowed_all(MANAGER, [Permission.MANAGE_OFFERS, Permission.HAND_OVER], 1)
    assert not allowed_all(PICKER, [Permission.MANAGE_OFFERS, Permission.HAND_OVER], 1)


@pytest.mark.parametrize("permission", list(Permission))
def test_nobody_and_someone_without_a_role_may_do_nothing(permission):
    assert not allowed(None, permission, 1)
    assert not allowed(_actor(), permission, 1)
    assert not allowed(_actor(), permission, NETWORK)


@pytest.mark.parametrize("permission", list(Permission))
@pytest.mark.parametrize("role", list(Role))
def test_a_role_allows_what_its_page_lists_and_nothing_else(role, permission):
    home = NETWORK if role is Role.HEAD_OFFICE else 1

    assert allowed(_actor((role, home)), permission, home) is (permission in PERMISSIONS[role])


@pytest.mark.parametrize("permission", list(Permission))
def test_another_store_is_out_of_reach(permission):
    assert not allowed(PICKER, permission, 2)
    assert not allowed(MANAGER, permission, 2)
    assert not allowed(MANAGER, permission, NETWORK)


def test_head_office_reaches_every_store_but_no_shopkeepers_prices():
    assert allowed(HEAD_OFFICE, Permission.MANAGE_SLOTS, 1437)
    assert not allowed(HEAD_OFFICE, Permission.MANAGE_OFFERS, 1437)


def test_a_picker_of_the_network_by_mistake_has_no_store():
    assert not allowed(_actor((Role.PICKER, NETWORK)), Permission.PREPARE_ORDERS, 1)


def test_roles_in_two_stores_do_not_mix():
    both = _actor((Role.PICKER, 1), (Role.MANAGER, 2))

    assert allowed(both, Permission.MANAGE_OFFERS, 2)
    assert not allowed(both, Permission.MANAGE_OFFERS, 1)


def test_what_is_not_allowed_is_refused_with_its_name():
    with pytest.raises(NotAllowed) as refused:
        require(PICKER, Permission.MANAGE_OFFERS, 1)

    assert refused.value.detail == {"permission": "manage_offers", "store": 1}


@pytest.mark.parametrize("pin", ["4827", " 90210 ", "73519402"])
def test_a_pin_has_four_to_eight_digits(pin):
    assert check_pin(pin) == pin.strip()


@pytest.mark.parametrize(
    "pin",
    ["", "482", "482719203", "48a7", "٤٨٢٧", "4827\n1", "0000", "1234", "654321", "x" * 10_000, "48\x0027"],
)
def test_other_pins_are_refused(pin):
    with pytest.raises(BadPin):
        check_pin(pin)
