"""
One order on the bench: each kind of event and its effect, within the journal's transaction.

The preparation's row is locked; what is read here stands until the transaction ends.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from cabas.domain.orders import operations as orders
from cabas.domain.orders import queries as order_queries
from cabas.domain.orders.model import Order, OrderLine, OrderState, WrongState
from cabas.domain.preparation import handling, queries, records
from cabas.domain.preparation.events import (
    CrateAdded,
    CrateRemoved,
    CrateStaged,
    Handling,
    Missing,
    Picked,
    PickingEvent,
    Ready,
    Released,
    RevisionSeen,
    Short,
    Started,
    Substituted,
    Undone,
    Weighed,
)
from cabas.domain.preparation.model import (
    Crate,
    Lease,
    PickedLine,
    Preparation,
    SetAside,
    changes_between,
    check_ready,
    crate_label,
    final_cents,
)
from cabas.domain.staff.model import StaffActor
from cabas.kit import audit
from cabas.kit.db import Transaction


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The retailer's decisions that picking depends on (`cabas.policies`)."""

    lease_duration: timedelta
    weight_tolerance_percent: int


class Bench:
    """Applies events to one order; keeps in step what it has read."""

    def __init__(
        self, tx: Transaction, *, preparation: Preparation, actor: StaffActor, rules: Rules, now: datetime
    ) -> None:
        self._tx = tx
        self._actor = actor
        self._rules = rules
        self._now = now
        self.preparation = preparation
        self.order: Order
        self.lines: dict[int, OrderLine] = {}
        self.picked: dict[int, PickedLine] = {}
        self.crates: dict[int, Crate] = {}

    async def read(self) -> None:
        store_id, order_id = self._key
        self.order = await order_queries.order_of_store(self._tx, store_id=store_id, order_id=order_id)
        self.lines = await self._lines(self.preparation.revision)
        self.picked = await queries.picked_lines(self._tx, store_id=store_id, order_id=order_id)
        self.crates = {
            crate.crate_no: crate
            for crate in await queries.crates(self._tx, store_id=store_id, order_id=order_id)
        }

    async def apply(self, event: PickingEvent) -> None:
        """
        :raises SetAside: the event has no effect; says why.
        """
        if self.order.state in (OrderState.CANCELLED, OrderState.HANDED_OVER):
            raise SetAside(f"order_{self.order.state.value}")
        if isinstance(event, Started):
            await self._start(event)
        elif isinstance(event, CrateStaged):
            await self._stage(event)
        else:
            self._guard_in_hand(event)
            await self._effect(event)
            if not isinstance(event, Ready | Released):
                await self._keep(lease=self._fresh_lease())

    # The lease

    def _guard_in_hand(self, event: PickingEvent) -> None:
        if self.order.state is not OrderState.PREPARING:
            raise SetAside("order_ready" if self.order.state is OrderState.READY else "not_started")
        line = getattr(event, "line", None)
        done = self.picked.get(line) if line is not None else None
        if done is not None and done.picked_by != self._actor.label and isinstance(event, Handling):
            raise SetAside("surplus", line=line)
        lease = self.preparation.lease
        if lease is not None and not self.preparation.free_for(self._actor.staff_id, self._now):
            raise SetAside("leased", holder=lease.name)

    async def _start(self, event: Started) -> None:
        held, lease = self.preparation, self.preparation.lease
        taken = lease is not None and not held.free_for(self._actor.staff_id, self._now)
        if taken and not event.take_over:
            raise SetAside("leased", holder=lease.name if lease else "")
        if self.order.state is OrderState.READY and not event.take_over:
            raise SetAside("order_ready")
        try:
            locked = await orders.move_to(
                self._tx,
                store_id=held.store_id,
                order_id=held.order_id,
                state=OrderState.PREPARING,
                actor=f"store:{self._actor.name}",
                now=self._now,
            )
        except WrongState as refused:
            raise SetAside(f"order_{refused.detail['state']}") from refused
        self.order = msgspec.structs.replace(locked, state=OrderState.PREPARING)
        revision = held.revision
        if held.started_at is None:
            revision = min(event.revision, self.order.revision)
            self.lines = await self._lines(revision)
        await self._keep(
            lease=self._fresh_lease(),
            revision=revision,
            started_at=held.started_at or self._now,
            ready_at=None,
        )
        if taken:
            await self._note("preparation.taken_over", {"from": lease.name if lease else ""})

    def _fresh_lease(self) -> Lease:
        return Lease(
            picker_id=self._actor.staff_id,
            name=self._actor.name,
            expires_at=self._now + self._rules.lease_duration,
        )

    async def _keep(self, **changed: object) -> None:
        self.preparation = msgspec.structs.replace(self.preparation, **changed)
        await records.update_preparation(self._tx, self.preparation)

    # What each kind does

    async def _effect(self, event: PickingEvent) -> None:
        match event:
            case Picked() | Short() | Weighed() | Missing() | Substituted():
                await self._settle(event)
            case Undone():
                await self._undo(event)
            case CrateAdded():
                await self._add_crate(event)
            case CrateRemoved():
                await self._remove_crate(event)
            case RevisionSeen():
                await self._read_revision(event)
            case Ready():
                await self._finish()
            case Released():
                await self._keep(lease=None)

    async def _settle(self, event: Handling) -> None:
        line = self.lines.get(event.line)
        if line is None:
            raise SetAside("no_such_line", line=event.line)
        store_id, order_id = self._key
        picked = await handling.settled(
            self._tx,
            store_id=store_id,
            line=line,
            event=event,
            tolerance_percent=self._rules.weight_tolerance_percent,
            picked_by=self._actor.label,
            now=self._now,
        )
        await records.upsert_picked_line(self._tx, store_id=store_id, order_id=order_id, line=picked)
        self.picked[picked.line_no] = picked

    async def _undo(self, event: Undone) -> None:
        if event.line not in self.picked:
            raise SetAside("nothing_to_undo")
        await self._forget([event.line])

    async def _forget(self, numbers: list[int]) -> None:
        store_id, order_id = self._key
        await records.delete_picked_lines(
            self._tx, store_id=store_id, order_id=order_id, line_numbers=numbers
        )
        for number in numbers:
            self.picked.pop(number, None)

    # Crates

    async def _add_crate(self, event: CrateAdded) -> None:
        self._check_revision()
        crate = Crate(
            crate_no=event.crate_no,
            zone=event.zone,
            label=event.label or crate_label(self.order.code, event.crate_no),
        )
        if event.crate_no in self.crates and self.crates[event.crate_no].zone != event.zone:
            raise SetAside("crate_exists", crate=crate.label)
        await self._put_crate(crate)

    async def _remove_crate(self, event: CrateRemoved) -> None:
        store_id, order_id = self._key
        if self.crates.pop(event.crate_no, None) is None:
            raise SetAside("no_such_crate")
        await records.delete_crate(self._tx, store_id=store_id, order_id=order_id, crate_no=event.crate_no)

    async def _stage(self, event: CrateStaged) -> None:
        if self.order.state not in (OrderState.PREPARING, OrderState.READY):
            raise SetAside("not_started")
        crate = self.crates.get(event.crate_no)
        if crate is None:
            raise SetAside("no_such_crate")
        await self._put_crate(
            msgspec.structs.replace(crate, staged_at=self._now, staging_place=event.place.strip())
        )

    async def _put_crate(self, crate: Crate) -> None:
        store_id, order_id = self._key
        await records.upsert_crate(self._tx, store_id=store_id, order_id=order_id, crate=crate)
        self.crates[crate.crate_no] = crate

    # The end, and what changed before it

    async def _read_revision(self, event: RevisionSeen) -> None:
        if event.revision != self.order.revision:
            raise SetAside("order_changed", revision=self.order.revision)
        current = await self._lines(event.revision)
        changed = changes_between(list(self.lines.values()), list(current.values()))
        await self._forget([change.line_no for change in changed if change.line_no in self.picked])
        self.lines = current
        await self._keep(revision=event.revision)

    async def _finish(self) -> None:
        self._check_revision()
        lines = list(self.lines.values())
        check_ready(lines, self.picked, self.crates)
        store_id, order_id = self._key
        amount = final_cents(
            lines, self.picked, fee_cents=self.order.fee_cents, maximum_cents=self.order.maximum_cents
        )
        await orders.settle(self._tx, store_id=store_id, order_id=order_id, final_cents=amount)
        try:
            await orders.move_to(
                self._tx,
                store_id=store_id,
                order_id=order_id,
                state=OrderState.READY,
                actor=f"store:{self._actor.name}",
                now=self._now,
            )
        except WrongState as refused:
            raise SetAside(f"order_{refused.detail['state']}") from refused
        self.order = msgspec.structs.replace(self.order, state=OrderState.READY, final_cents=amount)
        await self._keep(lease=None, ready_at=self._now)
        await self._note("order.prepared", {"final_cents": amount, "crates": len(self.crates)})

    def _check_revision(self) -> None:
        if self.preparation.revision != self.order.revision:
            raise SetAside("order_changed", revision=self.order.revision)

    async def _lines(self, revision: int) -> dict[int, OrderLine]:
        store_id, order_id = self._key
        found = await order_queries.lines(self._tx, store_id=store_id, order_id=order_id, revision=revision)
        return {line.line_no: line for line in found}

    async def _note(self, action: str, detail: dict[str, object]) -> None:
        store_id, order_id = self._key
        await audit.record(
            self._tx,
            store_id=store_id,
            actor=self._actor.label,
            action=action,
            subject=f"order:{order_id}",
            detail=detail,
            now=self._now,
        )

    @property
    def _key(self) -> tuple[int, UUID]:
        return self.preparation.store_id, self.preparation.order_id
