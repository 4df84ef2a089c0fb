"""
"M'avertir": this browser asks to be told what becomes of the order. Offered on the order's page and
nowhere before it.

Only who owns an order may ask, and it is the order's person who is told: the account, or the guest.
"""

from typing import Any, TypeVar

import msgspec
from litestar import Response, post
from litestar.params import FromPath

from cabas.domain.messages import operations as messages
from cabas.domain.messages.model import Subscription
from cabas.kit.errors import Invalid, NotFound
from cabas.web.request import ShopRequest
from cabas.web.storefront.order_access import own_order

_Shape = TypeVar("_Shape", bound=msgspec.Struct)


class NoNotifications(NotFound):
    """This installation has no key for notifications."""

    code = "notifications_off"


class BadSubscription(Invalid):
    """Not what a browser's Push API gives."""

    code = "subscription_invalid"


class _Keys(msgspec.Struct):
    p256dh: str
    auth: str


class _Asked(msgspec.Struct):
    """As ``PushSubscription.toJSON()`` writes it; the rest of it is of no use here."""

    endpoint: str
    keys: _Keys


class _TakenBack(msgspec.Struct):
    endpoint: str


@post("/commandes/{order:str}/avertissement", include_in_schema=False, status_code=200)
async def notify(request: ShopRequest, order: FromPath[str]) -> Response[Any]:
    if not request.site.push_key:
        raise NoNotifications
    asked = await _read(request, _Asked)
    kept = Subscription(endpoint=asked.endpoint, p256dh=asked.keys.p256dh, auth=asked.keys.auth)
    async with request.transaction() as tx:
        owned = await own_order(request, tx, order)
        await messages.subscribe(tx, person_id=owned.order.customer_id, subscription=kept, now=request.now)
    return _answer(told=True)


@post("/commandes/{order:str}/avertissement/retrait", include_in_schema=False, status_code=200)
async def stop(request: ShopRequest, order: FromPath[str]) -> Response[Any]:
    """Saying it again is harmless."""
    asked = await _read(request, _TakenBack)
    async with request.transaction() as tx:
        owned = await own_order(request, tx, order)
        await messages.unsubscribe(tx, person_id=owned.order.customer_id, endpoint=asked.endpoint)
    return _answer(told=False)


async def _read(request: ShopRequest, shape: type[_Shape]) -> _Shape:
    try:
        return msgspec.json.decode(await request.body(), type=shape)
    except msgspec.DecodeError as problem:
        raise BadSubscription from problem


def _answer(*, told: bool) -> Response[Any]:
    return Response({"told": told}, headers={"cache-control": "no-store"})


ROUTES = [notify, stop]
