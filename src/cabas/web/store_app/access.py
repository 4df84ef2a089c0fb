"""
Who is at work in the store app: a device of the store, and a picker who typed their PIN on it.

Every handler begins here. What they may do in the store, the operations ask again.
"""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from cabas.domain.staff import queries as staff
from cabas.domain.staff.model import Device, Permission, StaffActor, require
from cabas.kit.db import Connection
from cabas.kit.errors import Denied
from cabas.kit.signing import fingerprint
from cabas.web import pages
from cabas.web.pages import Frame, Notice
from cabas.web.request import DEVICE_COOKIE, ShopRequest

HOME = "/preparation"


class DeviceNeeded(Denied):
    """This browser isn't one of a store's devices: it must be enrolled first."""

    code = "device_needed"


class PinNeeded(Denied):
    """Nobody is at work on this device: the PIN comes first."""

    code = "pin_needed"


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One request of the store app: who, on which device, in which store."""

    actor: StaffActor
    device: Device
    store_name: str

    @property
    def store_id(self) -> int:
        return self.device.store_id

    @property
    def device_id(self) -> str:
        return str(self.device.device_id)


async def device_at_hand(request: ShopRequest, reader: Connection) -> Device:
    """:raises DeviceNeeded: the browser holds no device's cookie, or a removed device's."""
    secret = request.cookies.get(DEVICE_COOKIE)
    device = (
        await staff.device_by_secret(reader, token_hash=fingerprint(secret), now=request.now)
        if secret
        else None
    )
    if device is None:
        raise DeviceNeeded
    return device


async def at_work(
    request: ShopRequest, reader: Connection, permission: Permission = Permission.PREPARE_ORDERS
) -> Post:
    """
    :raises DeviceNeeded: not a store's device.
    :raises PinNeeded: nobody signed in on it, or in another store.
    :raises cabas.domain.staff.model.NotAllowed: signed in, but this isn't theirs to do.
    """
    device = await device_at_hand(request, reader)
    actor = await request.staff_actor(reader)
    if actor is None or not actor.permissions_in(device.store_id):
        raise PinNeeded
    require(actor, permission, device.store_id)
    return Post(actor=actor, device=device, store_name=store_name(request, device.store_id))


def store_name(request: ShopRequest, store_id: int) -> str:
    store = request.site.directory.store(store_id)
    return store.name if store else str(store_id)


def page(
    request: ShopRequest,
    template: str,
    title: str,
    *,
    back: str = "",
    heading: str = "",
    notices: list[Notice] | None = None,
    status: int = 200,
    **values: Any,
) -> Response[str]:
    """A page of the store app, never kept by a cache that others may read."""
    return pages.page(
        request,
        template,
        Frame(title=title, notices=notices or []),
        status=status,
        headers={"cache-control": "private, no-cache"},
        frame_extra={"back": back, "heading": heading or title, "waiting": 0},
        **values,
    )


def order_path(order_id: UUID) -> str:
    return f"{HOME}/commandes/{order_id}"
