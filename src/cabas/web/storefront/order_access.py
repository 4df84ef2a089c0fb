"""Whose order it is: the account's, or the guest's of this very browser; for anybody else there is none."""

from uuid import UUID

import msgspec

from cabas.domain.orders import queries
from cabas.domain.orders.model import (
    Arrival,
    Cancellation,
    Order,
    OrderLine,
    OrderNotFound,
    StateChange,
)
from cabas.domain.orders.withdrawing import Withdrawal, withdrawals
from cabas.domain.preparation import queries as preparation
from cabas.domain.preparation.model import LineOutcome, PickedLine
from cabas.kit.db import Connection
from cabas.web.request import ShopRequest
from cabas.web.storefront.shopper import order_id_in, shopper_of


class Owned(msgspec.Struct, frozen=True):
    """``as_shopper``: the id under which the visitor owns it."""

    order: Order
    as_shopper: UUID


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """All that a page of an order tells."""

    order: Order
    lines: list[OrderLine]
    history: list[StateChange]
    picked: dict[int, PickedLine]
    arrival: Arrival | None
    cancellation: Cancellation | None
    withdrawals: list[Withdrawal]

    @property
    def not_received(self) -> set[int]:
        return {number for number, picked in self.picked.items() if picked.outcome is LineOutcome.MISSING}


async def own_order(request: ShopRequest, reader: Connection, path_part: str) -> Owned:
    """:raises OrderNotFound: no such order, or somebody else's."""
    order_id = order_id_in(path_part)
    shopper = await shopper_of(request, reader)
    for owner in dict.fromkeys((shopper.shopper_id, shopper.guest_id)):
        try:
            order = await queries.order_of_shopper(reader, order_id=order_id, shopper_id=owner)
        except OrderNotFound:
            continue
        return Owned(order, owner)
    raise OrderNotFound


async def told(reader: Connection, order: Order) -> Told:
    return Told(
        order=order,
        lines=await queries.lines(
            reader, store_id=order.store_id, order_id=order.order_id, revision=order.revision
        ),
        history=await queries.history(reader, store_id=order.store_id, order_id=order.order_id),
        picked=await preparation.picked_lines(reader, store_id=order.store_id, order_id=order.order_id),
        arrival=await queries.arrival(reader, store_id=order.store_id, order_id=order.order_id),
        cancellation=await queries.cancellation(reader, store_id=order.store_id, order_id=order.order_id),
        withdrawals=await withdrawals(reader, store_id=order.store_id, order_id=order.order_id),
    )
