"""
Technical capacity: how many web processes serve, and who starts and retires them.

A `Scaler` knows units: on machines of one's own each `cabas web` with its processes; on Kubernetes an autoscaler with
its bounds. What is wanted is written down; whoever runs the unit follows within seconds.
"""

from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from cabas.domain.capacity.model import CapacityPolicy
from cabas.domain.staff.model import NETWORK, Permission, StaffActor, require
from cabas.kit import audit
from cabas.kit.db import Connection, Transaction
from cabas.kit.errors import Busy, Invalid

FRESH = timedelta(seconds=15)
"""A unit that has said nothing for longer isn't there any more."""

FORGET_AFTER = timedelta(days=30)
SUBJECT = "web_processes"
LISTED_MAX = 200


class BadNumber(Invalid):
    """No unit may have so many processes, or there is no reason. ``least``, ``most`` in detail."""

    code = "bad_number_of_processes"


class ScalerAway(Busy):
    """Whoever starts and retires processes can't be asked now; what serves goes on serving."""

    code = "scaler_away"


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """``wanted`` None: as it was started. ``draining`` were told to end and still serve."""

    name: str
    wanted: int | None
    started_with: int
    running: int
    draining: int
    seen_at: datetime
    most: int
    """That it may have."""


class Scaler(Protocol):
    async def units(self, *, now: datetime) -> list[Unit]:
        """
        What there is now, by name.

        :raises ScalerAway: nobody can say.
        """
        ...

    async def want(self, *, name: str, processes: int | None, actor: str, now: datetime) -> None:
        """
        Have so many; None: as it was started. Saying it again is harmless.

        :raises ScalerAway: it isn't known whether it was heard.
        """
        ...


async def note(
    tx: Transaction,
    *,
    unit: Unit,
    processes: int | None,
    reason: str,
    actor: StaffActor,
    now: datetime,
) -> None:
    """
    Who wants how many and why, before the scaler is told.

    :raises cabas.domain.staff.model.NotAllowed: not of head office.
    :raises BadNumber: out of bounds, or no reason.
    """
    require(actor, Permission.MANAGE_NETWORK, NETWORK)
    if not reason.strip() or (processes is not None and not 1 <= processes <= unit.most):
        raise BadNumber(least=1, most=unit.most)
    await audit.record(
        tx,
        store_id=NETWORK,
        actor=actor.label,
        action="web_processes.wanted",
        subject=SUBJECT,
        detail={"unit": unit.name, "processes": processes, "reason": reason.strip()},
        now=now,
    )


async def units(reader: Connection, *, policy: CapacityPolicy, now: datetime) -> list[Unit]:
    """Each `cabas web` that has told of itself lately."""
    rows = await reader.fetch(
        """
        select host as name, wanted, started_with, running, draining, seen_at
          from web_scale
         where seen_at >= $1
         order by host
         limit $2""",
        now - FRESH,
        LISTED_MAX,
    )
    return [Unit(most=policy.processes_max, **dict(row.items())) for row in rows]


async def wanted(reader: Connection, *, name: str) -> int | None:
    """How many processes the unit is to have; None: as it was started."""
    number: int | None = await reader.fetchval("select wanted from web_scale where host = $1", name)
    return number


async def want(tx: Transaction, *, name: str, processes: int | None, actor: str, now: datetime) -> bool:
    """False: there is no such unit."""
    return (
        await tx.execute(
            "update web_scale set wanted = $2, changed_by = $3, changed_at = $4 where host = $1",
            name,
            processes,
            actor,
            now,
        )
        == 1
    )


async def tell(
    tx: Transaction, *, name: str, started_with: int, running: int, draining: int, now: datetime
) -> int:
    """A unit says how it is; returns how many processes it is to have."""
    processes: int = await tx.fetchval(
        """
        insert into web_scale (host, started_with, running, draining, seen_at) values ($1, $2, $3, $4, $5)
        on conflict (host) do update
                set started_with = excluded.started_with, running = excluded.running,
                    draining = excluded.draining, seen_at = excluded.seen_at
        returning coalesce(wanted, started_with)""",
        name,
        started_with,
        running,
        draining,
        now,
    )
    return processes


async def forget(tx: Transaction, *, now: datetime) -> int:
    """Units that have said nothing for a month; returns how many."""
    return await tx.execute("delete from web_scale where seen_at < $1", now - FORGET_AFTER)
