"""
Raising the capacity of many stores at once: asked for, agreed to, applied store by store, taken back.

Asking writes what is wanted, one row a store; whoever runs `apply_next` settles a store in a transaction of its
own, so that a crash leaves the rest to whoever comes next, and no order waits for more than one store's slots.
"""

from datetime import datetime, timedelta
from uuid import UUID

from cabas.domain.capacity import records
from cabas.domain.capacity.model import (
    REASON_LENGTH_MAX,
    ApprovalPassed,
    BadRaise,
    CapacityPolicy,
    Frozen,
    NeedsAnother,
    Raise,
    RaisesLimited,
    RaiseUnknown,
    Scope,
    Stage,
    UndoPassed,
    alone,
    check,
    frozen,
    raised,
    restored,
)
from cabas.domain.slots import raising
from cabas.domain.staff.model import NETWORK, Permission, StaffActor, require
from cabas.kit import audit
from cabas.kit.clock import paris_midnight
from cabas.kit.db import Transaction

HOUR = timedelta(hours=1)


async def ask(
    tx: Transaction,
    *,
    raise_id: UUID,
    scope: Scope,
    reason: str,
    actor: StaffActor,
    runbook: bool = False,
    policy: CapacityPolicy,
    now: datetime,
) -> Raise:
    """
    Ask for more places; what one person may do alone begins at once. The same id again is the same request.

    :param runbook: whether a runbook says to, so that the freeze around midnight doesn't hold.
    :raises cabas.domain.staff.model.NotAllowed: not of head office.
    :raises BadRaise: see `model.check`; no reason; no store has such a slot.
    :raises Frozen: around midnight.
    :raises RaisesLimited: enough within an hour.
    """
    require(actor, Permission.MANAGE_NETWORK, NETWORK)
    known = await records.select_raise(tx, raise_id=raise_id)
    if known is not None:
        return known
    check(scope, policy, now)
    if not reason.strip():
        raise BadRaise(field="reason", reason="missing")
    if frozen(policy, now) and not runbook:
        raise Frozen
    if await records.count_since(tx, since=now - HOUR) >= policy.raises_an_hour:
        raise RaisesLimited(retry_after_seconds=int(HOUR.total_seconds()))
    approved = alone(scope, policy) or not actor.staff_id.int  # the command line is the operator's own
    created = await records.insert_raise(
        tx,
        raise_id=raise_id,
        scope=scope,
        reason=reason.strip()[:REASON_LENGTH_MAX],
        actor=actor.label,
        name=actor.name,
        approved=approved,
        now=now,
    )
    if created:
        if not await records.insert_stores(tx, raise_id=raise_id, scope=scope):
            raise BadRaise(field="region", reason="no_slots")
        await _note(tx, "capacity.raised" if approved else "capacity.proposed", raise_id, actor, now)
    return await _found(tx, raise_id)


async def approve(
    tx: Transaction, *, raise_id: UUID, actor: StaffActor, policy: CapacityPolicy, now: datetime
) -> Raise:
    """
    The second person's yes: the raise begins. Saying it twice is harmless.

    :raises cabas.domain.staff.model.NotAllowed: not of head office.
    :raises RaiseUnknown: nobody asked for it.
    :raises NeedsAnother: they asked for it themselves.
    :raises ApprovalPassed: too long ago.
    """
    require(actor, Permission.MANAGE_NETWORK, NETWORK)
    asked = await _locked(tx, raise_id)
    if asked.approved_at is not None:
        return asked
    if asked.asked_by == actor.label:
        raise NeedsAnother
    if asked.stage(policy, now) is not Stage.WAITING:
        raise ApprovalPassed
    await records.update_approved(tx, raise_id=raise_id, actor=actor.label, name=actor.name, now=now)
    await _note(tx, "capacity.raised", raise_id, actor, now)
    return await _found(tx, raise_id)


async def undo(
    tx: Transaction, *, raise_id: UUID, actor: StaffActor, policy: CapacityPolicy, now: datetime
) -> Raise:
    """
    Stop a raise and take back what it did. Asking twice is harmless.

    :raises cabas.domain.staff.model.NotAllowed: not of head office.
    :raises RaiseUnknown: nobody asked for it.
    :raises UndoPassed: it was applied more than ten minutes ago, or never began.
    """
    require(actor, Permission.MANAGE_NETWORK, NETWORK)
    asked = await _locked(tx, raise_id)
    if asked.undo_asked_at is not None:
        return asked
    if asked.undo_until(policy, now) is None:
        raise UndoPassed
    await records.update_undo_asked(tx, raise_id=raise_id, actor=actor.label, now=now)
    await _note(tx, "capacity.undone", raise_id, actor, now)
    return await _found(tx, raise_id)


async def apply_next(tx: Transaction, *, now: datetime) -> int | None:
    """Give one store its places. None: no store is left to anybody; else its number."""
    due = await records.claim_unapplied(tx)
    if due is None:
        return None
    slots = await raising.lock_open(
        tx,
        store_id=due.store_id,
        channels=due.scope.channels,
        start=paris_midnight(due.scope.first_day),
        end=paris_midnight(due.scope.day_after),
        now=now,
    )
    before = {slot.slot_id: slot.capacity for slot in slots}
    after = {slot_id: raised(capacity, due.scope.percent) for slot_id, capacity in before.items()}
    changed = {slot_id: capacity for slot_id, capacity in after.items() if capacity != before[slot_id]}
    if changed:
        await raising.write_raised(
            tx,
            store_id=due.store_id,
            raise_id=due.raise_id,
            capacities=changed,
            actor=due.asked_name,
            reason=due.reason,
            now=now,
        )
    places = sum(capacity - before[slot_id] for slot_id, capacity in changed.items())
    await records.update_store_applied(tx, due=due, slots=len(changed), places=places, now=now)
    return due.store_id


async def undo_next(tx: Transaction, *, now: datetime) -> int | None:
    """
    Put one store's slots back as they were, each with what is booked at least; a slot that somebody has changed
    since is left alone. None: no store is left to anybody; else its number.
    """
    due = await records.claim_not_undone(tx)
    if due is None:
        return None
    slots = await raising.lock_raised(tx, store_id=due.store_id, raise_id=due.raise_id) if due.applied else []
    back = {slot.slot_id: restored(slot.before, slot.taken) for slot in slots if slot.as_left}
    if back:
        await raising.write_restored(
            tx, store_id=due.store_id, raise_id=due.raise_id, capacities=back, now=now
        )
    await records.update_store_undone(
        tx,
        due=due,
        places_kept=sum(back[slot.slot_id] - slot.before for slot in slots if slot.as_left),
        slots_kept=sum(not slot.as_left for slot in slots),
        now=now,
    )
    return due.store_id


async def finish(tx: Transaction, *, now: datetime) -> list[UUID]:
    """Say of raises whose stores are all settled that they are; returns which."""
    return await records.close_finished(tx, now=now)


async def _locked(tx: Transaction, raise_id: UUID) -> Raise:
    asked = await records.lock_raise(tx, raise_id=raise_id)
    if asked is None:
        raise RaiseUnknown
    return asked


async def _found(tx: Transaction, raise_id: UUID) -> Raise:
    found = await records.select_raise(tx, raise_id=raise_id)
    if found is None:
        raise RaiseUnknown
    return found


async def _note(tx: Transaction, action: str, raise_id: UUID, actor: StaffActor, now: datetime) -> None:
    asked = await _found(tx, raise_id)
    scope = asked.scope
    await audit.record(
        tx,
        store_id=NETWORK,
        actor=actor.label,
        action=action,
        subject=f"capacity:{raise_id}",
        detail={
            "region": scope.region,
            "stores": asked.stores,
            "channels": [channel.value for channel in scope.channels],
            "first_day": scope.first_day.isoformat(),
            "last_day": scope.last_day.isoformat(),
            "percent": scope.percent,
            "reason": asked.reason,
        },
        now=now,
    )
