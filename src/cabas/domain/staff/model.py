"""
Who works here and what they may do: one role definition, many stores.

A permission is asked for a store; store 0 is the network as a whole. What isn't listed is denied.
"""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from cabas.kit.errors import Denied, Invalid
from cabas.kit.limiter import Limit

NETWORK: Final = 0
SHIFT: Final = timedelta(hours=12)
IDLE: Final = timedelta(minutes=15)
DEVICE_LIFETIME: Final = timedelta(days=730)
TOKEN_LIFETIME: Final = timedelta(days=365)
SEEN_EVERY: Final = timedelta(minutes=1)
"""How often a sign of life is written; well below `IDLE`."""

PIN_FAILURES_MAX: Final = 5
PIN_LOCK: Final = timedelta(minutes=5)
PIN_FAILURES_PER_DEVICE: Final = Limit(attempts=PIN_FAILURES_MAX, period=PIN_LOCK)
ATTEMPTS_PER_ACCOUNT: Final = Limit(attempts=10, period=timedelta(minutes=15))
ATTEMPTS_PER_ADDRESS: Final = Limit(attempts=30, period=timedelta(minutes=15))
NAME_LENGTH_MAX: Final = 80
_PIN = re.compile(r"[0-9]{4,8}")
_FIRST_GUESSES = frozenset(
    {"1234", "12345", "123456", "1234567", "12345678", "4321", "54321", "654321", "87654321"}
)


class Permission(StrEnum):
    PREPARE_ORDERS = "prepare_orders"
    """Pick, weigh, replace, pack."""
    HAND_OVER = "hand_over"
    SEE_ORDERS = "see_orders"
    """Contact details included."""
    MANAGE_ORDERS = "manage_orders"
    """Cancel, refund, move to another slot."""
    MANAGE_OFFERS = "manage_offers"
    MANAGE_SLOTS = "manage_slots"
    MANAGE_STORE = "manage_store"
    """Opening hours, services, closures."""
    MANAGE_STAFF = "manage_staff"
    GRANT_PRIORITY = "grant_priority"
    """Say who is drawn first at an opening."""
    ENROL_DEVICES = "enrol_devices"
    SEE_SALES = "see_sales"
    SEE_AUDIT = "see_audit"
    SEE_NETWORK = "see_network"
    """All stores side by side."""
    MANAGE_NETWORK = "manage_network"
    """Capacity and switches of many stores at once."""


class Role(StrEnum):
    PICKER = "picker"
    MANAGER = "manager"
    HEAD_OFFICE = "head_office"


_PICKER = frozenset({Permission.PREPARE_ORDERS, Permission.HAND_OVER, Permission.SEE_ORDERS})
_MANAGER = _PICKER | {
    Permission.MANAGE_ORDERS,
    Permission.MANAGE_OFFERS,
    Permission.MANAGE_SLOTS,
    Permission.MANAGE_STORE,
    Permission.MANAGE_STAFF,
    Permission.GRANT_PRIORITY,
    Permission.ENROL_DEVICES,
    Permission.SEE_SALES,
    Permission.SEE_AUDIT,
}
# Head office steers the network but doesn't pick orders or say prices in a shopkeeper's place.
_HEAD_OFFICE = frozenset(
    {
        Permission.SEE_ORDERS,
        Permission.MANAGE_SLOTS,
        Permission.MANAGE_STAFF,
        Permission.GRANT_PRIORITY,
        Permission.ENROL_DEVICES,
        Permission.SEE_SALES,
        Permission.SEE_AUDIT,
        Permission.SEE_NETWORK,
        Permission.MANAGE_NETWORK,
    }
)
PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.PICKER: _PICKER,
    Role.MANAGER: _MANAGER,
    Role.HEAD_OFFICE: _HEAD_OFFICE,
}


class NotAllowed(Denied):
    """Known, but this isn't theirs to do in this store."""

    code = "not_allowed"


class BadPin(Invalid):
    """A PIN has 4 to 8 digits, and isn't the first anyone would try."""

    code = "bad_pin"


class StaffRole(msgspec.Struct, frozen=True, kw_only=True, order=True):
    role: Role
    store_id: int
    """`NETWORK` for head office: every store."""

    def reaches(self, store_id: int) -> bool:
        return self.store_id == store_id or (self.role is Role.HEAD_OFFICE and self.store_id == NETWORK)


class StaffActor(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff at work: who, with which roles, and on which store's shared device (0: their own)."""

    staff_id: UUID
    name: str
    roles: tuple[StaffRole, ...]
    device_store_id: int = 0
    token_hash: bytes = b""
    since: datetime | None = None
    seen_at: datetime | None = None

    @property
    def label(self) -> str:
        """Who, for audit lines."""
        return f"staff:{self.staff_id}" if self.staff_id.int else "system"

    @property
    def store_ids(self) -> tuple[int, ...]:
        """The stores they have a role in; `NETWORK` among them for head office."""
        return tuple(sorted({held.store_id for held in self.roles}))

    @property
    def at_head_office(self) -> bool:
        return any(held.role is Role.HEAD_OFFICE for held in self.roles)

    def permissions_in(self, store_id: int) -> frozenset[Permission]:
        """All they may do in this store (`NETWORK`: in the network as a whole)."""
        return frozenset().union(*(PERMISSIONS[held.role] for held in self.roles if held.reaches(store_id)))

    def unseen(self, now: datetime) -> bool:
        """Whether a sign of life is due (`operations.note_seen`)."""
        return self.seen_at is not None and now - self.seen_at >= SEEN_EVERY


SYSTEM: Final = StaffActor(
    staff_id=UUID(int=0),
    name="system",
    roles=(StaffRole(role=Role.HEAD_OFFICE, store_id=NETWORK),),
)
"""The product itself: seeding, imports, the command line."""


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A phone or tablet that belongs to a store and that its staff share."""

    device_id: UUID
    store_id: int
    label: str
    token_hash: bytes


class StaffName(msgspec.Struct, frozen=True, kw_only=True):
    staff_id: UUID
    name: str


def allowed(actor: StaffActor | None, permission: Permission, store_id: int) -> bool:
    """Whether they may do this in this store. Nobody may do nothing known: the default is no."""
    return actor is not None and permission in actor.permissions_in(store_id)


def allowed_all(actor: StaffActor | None, permissions: Collection[Permission], store_id: int) -> bool:
    """Whether they may do all of these. An EMPTY collection is a mistake, and denies."""
    return bool(permissions) and all(allowed(actor, permission, store_id) for permission in permissions)


def require(actor: StaffActor | None, permission: Permission, store_id: int) -> None:
    """:raises NotAllowed: they may not."""
    if not allowed(actor, permission, store_id):
        raise NotAllowed(permission=permission.value, store=store_id)


def check_pin(pin: str) -> str:
    """
    :raises BadPin: not 4 to 8 ASCII digits, one digit over and over, or a row of digits.
    """
    trimmed = pin.strip()
    if not _PIN.fullmatch(trimmed) or len(set(trimmed)) == 1 or trimmed in _FIRST_GUESSES:
        raise BadPin
    return trimmed
