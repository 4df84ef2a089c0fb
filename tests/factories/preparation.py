"""Orders to prepare: placed rows in a small network, and the events of a picker's device."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from cabas.domain.catalog import queries as catalog
from cabas.domain.orders import queries as orders
from cabas.domain.orders import records as order_records
from cabas.domain.orders.model import Order, OrderLine, totals_of
from cabas.domain.orders.pricing import frozen, priced_line
from cabas.domain.preparation import operations as preparation
from cabas.domain.preparation.events import PickingEvent, read_event
from cabas.domain.preparation.model import EventOutcome
from cabas.domain.preparation.operations import Rules
from cabas.domain.staff.model import Role, StaffActor, StaffRole
from cabas.kit.db import Transaction
from cabas.kit.ids import new_id
from factories.network import FIRST_GTIN, WEIGHED_GTIN

RULES = Rules(lease_duration=timedelta(minutes=30), weight_tolerance_percent=10)
TOLERANCE = 10
STORE = 1


class Wanted(msgspec.Struct, frozen=True):
    """``substitution``: never, same_price or picker_choice."""

    gtin: int = FIRST_GTIN
    quantity: int = 2
    substitution: str = "same_price"
    zone: str | None = None
    location: int | None = None
    deposit_cents: int | None = None


PIECES_AND_WEIGHT = (Wanted(), Wanted(gtin=WEIGHED_GTIN, quantity=1000))


def picker(name: str = "Karim", *, store_id: int = STORE, role: Role = Role.PICKER) -> StaffActor:
    return StaffActor(
        staff_id=uuid4(),
        name=name,
        roles=(StaffRole(role=role, store_id=store_id),),
        device_store_id=store_id,
    )


async def make_order(
    tx: Transaction,
    *,
    now: datetime,
    wanted: Sequence[Wanted] = PIECES_AND_WEIGHT,
    store_id: int = STORE,
    starts_in: timedelta = timedelta(hours=3),
    code: str = "K7F2MQ",
    fee_cents: int = 100,
    state: str = "received",
) -> Order:
    """An order as it stands after the shopper placed it, in a network of `make_network`."""
    lines = await lines_for(tx, wanted, store_id=store_id, now=now)
    totals = totals_of(lines, fee_cents=fee_cents)
    order_id, shopper_id = new_id(now, store_id), new_id(now)
    starts_at = now + starts_in
    slot_id = await _slot(tx, store_id, starts_at, now)
    await tx.execute(
        """
        insert into orders (store_id, order_id, code, shopper_id, customer_id, cart_id, channel, slot_id,
                            slot_starts_at, slot_ends_at, cutoff_at, state, placed_at, contact,
                            payment_method, substitution, goods_cents, discount_cents, deposit_cents,
                            fee_cents, total_cents, maximum_cents, agreed)
             values ($1, $2, $3, $4, $4, $5, 'drive', $6, $7, $8, $9, $10, $11, $12, 'at_store',
                     'same_price', $13, $14, $15, $16, $17, $18, '{}')""",
        store_id, order_id, code, shopper_id, new_id(now, store_id), slot_id, starts_at,
        starts_at + timedelta(minutes=30), starts_at - timedelta(hours=1), state, now,
        {"name": "Camille Roux", "email": "camille@exemple.fr", "phone": "0612345678"},
        totals.goods_cents, totals.discount_cents, totals.deposit_cents, totals.fee_cents,
        totals.total_cents, totals.maximum_cents,
    )  # fmt: skip
    await order_records.insert_lines(tx, store_id=store_id, order_id=order_id, revision=1, lines=lines)
    return await orders.order_of_store(tx, store_id=store_id, order_id=order_id)


async def lines_for(
    tx: Transaction, wanted: Sequence[Wanted], *, store_id: int, now: datetime
) -> list[OrderLine]:
    offers = await catalog.offers_for(tx, store_id=store_id, gtins=[one.gtin for one in wanted], now=now)
    lines = []
    for number, one in enumerate(wanted, start=1):
        offer = offers[one.gtin]
        changed = {
            name: value
            for name in ("zone", "location", "deposit_cents")
            if (value := getattr(one, name)) is not None
        }
        lines.append(
            priced_line(
                line_no=number,
                gtin=one.gtin,
                quantity=one.quantity,
                unit_price_cents=offer.price_cents,
                vat_basis_points=offer.vat_basis_points,
                substitution=one.substitution,
                product=msgspec.structs.replace(frozen(offer), **changed),
                weight_tolerance_percent=TOLERANCE,
            )
        )
    return lines


async def revise(tx: Transaction, order: Order, wanted: Sequence[Wanted], *, now: datetime) -> None:
    """The shopper's change arrives behind the picker's back: a new revision with these lines."""
    lines = await lines_for(tx, wanted, store_id=order.store_id, now=now)
    revision = order.revision + 1
    await order_records.insert_lines(
        tx, store_id=order.store_id, order_id=order.order_id, revision=revision, lines=lines
    )
    await order_records.update_revision(
        tx,
        store_id=order.store_id,
        order_id=order.order_id,
        revision=revision,
        totals=totals_of(lines, fee_cents=order.fee_cents),
        agreed={},
    )


class Device:
    """A picker's phone: numbers its events, sends them, and can send them again."""

    def __init__(self, order_id: UUID, actor: StaffActor, now: datetime, *, store_id: int = STORE) -> None:
        self.order_id, self.actor, self.now, self.store_id = order_id, actor, now, store_id
        self.seq = 0

    def event(self, kind: str, **members: Any) -> PickingEvent:
        self.seq += 1
        return read_event(
            {
                "kind": kind,
                "event_id": str(uuid4()),
                "order_id": str(self.order_id),
                "device_seq": self.seq,
                "occurred_at": self.now.isoformat(),
                **members,
            }
        )

    async def send(self, tx: Transaction, *events: PickingEvent) -> list[EventOutcome]:
        return await preparation.record_events(
            tx,
            store_id=self.store_id,
            actor=self.actor,
            device_id="test",
            events=events,
            rules=RULES,
            now=self.now,
        )

    async def does(self, tx: Transaction, kind: str, **members: Any) -> str:
        """Send one event; ``applied`` or the reason it was set aside."""
        outcome = (await self.send(tx, self.event(kind, **members)))[0]
        return outcome.reason or outcome.outcome

    async def starts(self, tx: Transaction, revision: int = 1) -> str:
        return await self.does(tx, "started", revision=revision)


async def prepare(tx: Transaction, order: Order, *, actor: StaffActor, now: datetime) -> None:
    """Every line of the two usual ones as ordered, in one crate, and ready."""
    device = Device(order.order_id, actor, now, store_id=order.store_id)
    done = [
        await device.starts(tx),
        await device.does(tx, "picked", line=1, quantity=2),
        await device.does(tx, "weighed", line=2, weight_grams=1000),
        await device.does(tx, "crate_added", crate_no=1, zone="ambient"),
        await device.does(tx, "crate_staged", crate_no=1, place="Étagère 4"),
        await device.does(tx, "ready"),
    ]
    assert done == ["applied"] * 6, done


async def _slot(tx: Transaction, store_id: int, starts_at: datetime, now: datetime) -> int:
    slot_id = int(f"{starts_at:%y%m%d%H%M}1")
    await tx.execute(
        """
        insert into slot (store_id, slot_id, channel, starts_at, ends_at, opens_at, closes_at, fee_cents,
                          capacity, taken)
             values ($1, $2, 'drive', $3, $4, $5, $6, 0, 500, 1)
        on conflict (store_id, slot_id) do update set taken = slot.taken + 1""",
        store_id, slot_id, starts_at, starts_at + timedelta(minutes=30), now - timedelta(days=1),
        starts_at - timedelta(hours=1),
    )  # fmt: skip
    return slot_id
