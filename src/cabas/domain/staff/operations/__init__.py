"""Intentions of staff: coming to work (entry), who is on the team (team), and with which devices."""

from cabas.domain.staff.operations.devices import DeviceNotFound, enrol_device, remove_device
from cabas.domain.staff.operations.entry import (
    PinLocked,
    WrongPin,
    WrongStaffCredentials,
    issue_token,
    lock,
    note_seen,
    sign_in,
    sign_in_by_pin,
)
from cabas.domain.staff.operations.team import (
    BadStaffDetails,
    StaffEmailTaken,
    StaffNotFound,
    create_staff,
    deactivate,
    give_role,
    hash_password,
    hash_pin,
    set_password,
    set_pin,
    take_role,
)

__all__ = [
    "BadStaffDetails",
    "DeviceNotFound",
    "PinLocked",
    "StaffEmailTaken",
    "StaffNotFound",
    "WrongPin",
    "WrongStaffCredentials",
    "create_staff",
    "deactivate",
    "enrol_device",
    "give_role",
    "hash_password",
    "hash_pin",
    "issue_token",
    "lock",
    "note_seen",
    "remove_device",
    "set_password",
    "set_pin",
    "sign_in",
    "sign_in_by_pin",
    "take_role",
]
