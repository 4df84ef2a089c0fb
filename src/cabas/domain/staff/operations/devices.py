"""The phones and tablets of a store, which its staff share."""

from datetime import datetime
from uuid import UUID

from cabas.domain.staff.model import (
    DEVICE_LIFETIME,
    NAME_LENGTH_MAX,
    NETWORK,
    Permission,
    StaffActor,
    require,
)
from cabas.domain.staff.operations.team import BadStaffDetails
from cabas.kit import audit, sessions
from cabas.kit.db import Transaction
from cabas.kit.errors import NotFound
from cabas.kit.ids import new_id
from cabas.kit.sessions import Opened
from cabas.kit.text import clean_line


class DeviceNotFound(NotFound):
    """There is no such device in this store."""

    code = "device_not_found"


async def enrol_device(
    tx: Transaction, *, store_id: int, label: str, actor: StaffActor, now: datetime
) -> Opened:
    """
    Make the device at hand one of the store's; the secret goes into its cookie.

    :raises NotAllowed: the actor may not in this store.
    :raises BadStaffDetails: the network has no devices, a device has a name.
    """
    require(actor, Permission.ENROL_DEVICES, store_id)
    label = clean_line(label)
    if store_id == NETWORK:
        raise BadStaffDetails(store="required")
    if not label or len(label) > NAME_LENGTH_MAX:
        raise BadStaffDetails(label="too_long" if label else "required")
    device_id = new_id(now, store_id)
    await audit.record(
        tx,
        store_id=store_id,
        actor=actor.label,
        action="device.enrolled",
        subject=f"device:{device_id}",
        detail={"label": label},
        now=now,
    )
    return await sessions.open_session(
        tx,
        subject_kind="device",
        subject_id=device_id,
        kind="session",
        label=label,
        now=now,
        lifetime=DEVICE_LIFETIME,
        store_id=store_id,
    )


async def remove_device(
    tx: Transaction, *, store_id: int, device_id: UUID, actor: StaffActor, now: datetime
) -> None:
    """
    Lost or replaced: the device can no longer be signed in on, and what is open on the
    store's devices ends (a session knows its store, not its device).

    :raises NotAllowed: the actor may not in this store.
    :raises DeviceNotFound: no such device in this store.
    """
    require(actor, Permission.ENROL_DEVICES, store_id)
    if not await sessions.revoke_in_store(
        tx, subject_kind="device", store_id=store_id, subject_id=device_id, now=now
    ):
        raise DeviceNotFound
    await sessions.revoke_in_store(tx, subject_kind="staff", store_id=store_id, subject_id=None, now=now)
    await audit.record(
        tx,
        store_id=store_id,
        actor=actor.label,
        action="device.removed",
        subject=f"device:{device_id}",
        detail={},
        now=now,
    )
