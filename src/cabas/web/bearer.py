"""
Who calls the API: the bearer of a basket's token, of a customer's, or of a member of staff's.

A basket's token is signed and stateless: it names the shopper and the one basket it opens, and
costs no query. The other two are opaque; the database knows only their SHA-256.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from struct import Struct
from typing import Any
from uuid import UUID

import msgspec
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers.base import BaseRouteHandler

from cabas.domain.customers import queries as customers
from cabas.domain.staff import queries as staff
from cabas.domain.staff.model import StaffActor
from cabas.kit.signing import Signer, fingerprint
from cabas.web.site import Site

CART_TOKEN_LIFETIME = timedelta(days=60)
"""Longer than any slot is away, so that a guest can follow the order to its end."""

TOKEN_LENGTH_MAX = 256
_CART_PREFIX = "cart."
_CART_LAYOUT = Struct("!16s16s?q")  # shopper, basket, owned by an account, Unix seconds of expiry
_CHALLENGE = 'Bearer realm="cabas"'

_Connection = ASGIConnection[Any, Any, Any, Any]


class Shopper(msgspec.Struct, frozen=True, kw_only=True):
    """``cart_id``: the one basket (and the orders made of it) that a basket's token opens; None: all."""

    shopper_id: UUID
    customer_id: UUID | None
    cart_id: UUID | None = None

    def may_open(self, cart_id: UUID) -> bool:
        """Whether this bearer's reach goes as far as that basket; whose it is, the query says."""
        return self.cart_id is None or self.cart_id == cart_id


class Unauthenticated(NotAuthorizedException):
    """No bearer token, or one that opens nothing (401)."""

    def __init__(self, *, given: bool) -> None:
        challenge = f'{_CHALLENGE}, error="invalid_token"' if given else _CHALLENGE
        super().__init__("a valid bearer token is needed", headers={"www-authenticate": challenge})


class CartTokens:
    """Writes and reads basket tokens."""

    def __init__(self, secrets: tuple[bytes, ...]) -> None:
        self._signer = Signer(secrets, "cart-token")

    def write(self, shopper: Shopper, *, cart_id: UUID, now: datetime) -> str:
        expires = int((now + CART_TOKEN_LIFETIME).timestamp())
        owned = shopper.customer_id is not None
        payload = _CART_LAYOUT.pack(shopper.shopper_id.bytes, cart_id.bytes, owned, expires)
        return _CART_PREFIX + self._signer.sign(payload)

    def read(self, token: str, *, now: datetime) -> Shopper | None:
        """None when it isn't ours or has run out."""
        payload = self._signer.open(token.removeprefix(_CART_PREFIX))
        if payload is None or len(payload) != _CART_LAYOUT.size:
            return None
        shopper, cart, owned, expires = _CART_LAYOUT.unpack(payload)
        if expires <= now.timestamp():
            return None
        shopper_id = UUID(bytes=shopper)
        return Shopper(
            shopper_id=shopper_id, customer_id=shopper_id if owned else None, cart_id=UUID(bytes=cart)
        )


@lru_cache(maxsize=4)
def cart_tokens(secrets: tuple[bytes, ...]) -> CartTokens:
    """The keys are derived once a process."""
    return CartTokens(secrets)


async def shopper_only(connection: _Connection, _: BaseRouteHandler) -> None:
    """Guard: a shopper's token. :raises Unauthenticated: none, or not a shopper's."""
    token = _token(connection)
    shopper = await _shopper(connection, token) if token else None
    if shopper is None:
        raise Unauthenticated(given=token is not None)
    connection.scope["state"]["shopper"] = shopper


async def shopper_or_stranger(connection: _Connection, _: BaseRouteHandler) -> None:
    """Guard: a shopper's token or none at all. :raises Unauthenticated: one that opens nothing."""
    if _token(connection) is not None:
        await shopper_only(connection, _)


async def staff_only(connection: _Connection, _: BaseRouteHandler) -> None:
    """Guard: a token of staff; what they may do in which store, the handler asks."""
    token = _token(connection)
    actor = None
    if token:
        async with _site(connection).database.read() as reader:
            actor = await staff.staff_by_token(reader, token_hash=fingerprint(token), now=_now(connection))
    if actor is None:
        raise Unauthenticated(given=token is not None)
    connection.scope["state"]["staff"] = actor


def shopper_of(connection: _Connection) -> Shopper:
    """Who `shopper_only` let in."""
    shopper: Shopper = connection.scope["state"]["shopper"]
    return shopper


def shopper_if_any(connection: _Connection) -> Shopper | None:
    """Who `shopper_or_stranger` let in; None for a stranger."""
    shopper: Shopper | None = connection.scope["state"].get("shopper")
    return shopper


def staff_of(connection: _Connection) -> StaffActor:
    """Who `staff_only` let in."""
    actor: StaffActor = connection.scope["state"]["staff"]
    return actor


async def _shopper(connection: _Connection, token: str) -> Shopper | None:
    site = _site(connection)
    if token.startswith(_CART_PREFIX):
        return cart_tokens(site.settings.secret_keys).read(token, now=_now(connection))
    async with site.database.read() as reader:
        person = await customers.customer_by_token(
            reader, token_hash=fingerprint(token), now=_now(connection)
        )
    return Shopper(shopper_id=person.customer_id, customer_id=person.customer_id) if person else None


def _token(connection: _Connection) -> str | None:
    """The bearer token of the request; None when there is none."""
    given = connection.headers.get("authorization")
    if given is None:
        return None
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= TOKEN_LENGTH_MAX or not token.isascii():
        raise Unauthenticated(given=True)
    return token


def _site(connection: _Connection) -> Site:
    site: Site = connection.app.state.site
    return site


def _now(connection: _Connection) -> datetime:
    """The request's one instant (`ShopRequest.now` reads the same)."""
    state: dict[str, Any] = connection.scope["state"]
    if "now" not in state:
        state["now"] = _site(connection).clock.now()
    moment: datetime = state["now"]
    return moment
