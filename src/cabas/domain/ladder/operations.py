"""Moving the switch by hand, and a process telling how it is."""

from datetime import datetime

import msgspec

from cabas.domain.ladder import records
from cabas.domain.ladder.model import FORGET_AFTER, Level, Pressure, Setting
from cabas.kit import audit
from cabas.kit.db import Transaction
from cabas.kit.errors import Invalid

NETWORK = 0
SUBJECT = "ladder"
REASON_LENGTH_MAX = 200


class NoReason(Invalid):
    """A switch that is moved by hand needs its reason."""

    code = "reason_missing"


class NotOurs(Invalid):
    """L5 is the absence of any application: the edge stands on it by itself."""

    code = "level_not_ours"


async def force(tx: Transaction, *, setting: Setting, now: datetime) -> None:
    """
    Force a level, or let the ladder decide again; every process follows within a second.

    :raises NoReason: it says nothing of why.
    :raises NotOurs: L5.
    """
    if not setting.reason.strip():
        raise NoReason
    if setting.level is Level.EDGE_ALONE:
        raise NotOurs
    before = await records.select_setting(tx)
    setting = msgspec.structs.replace(setting, changed_at=now, reason=setting.reason[:REASON_LENGTH_MAX])
    await records.upsert_setting(tx, setting)
    await audit.record(
        tx,
        store_id=NETWORK,
        actor=setting.actor,
        action="ladder.forced" if setting.level is not None else "ladder.released",
        subject=SUBJECT,
        detail={
            "before": before.forced_at(now),
            "after": setting.level,
            "reason": setting.reason,
            "until": setting.until.isoformat() if setting.until else None,
        },
        now=now,
    )


async def tell(tx: Transaction, *, pressure: Pressure) -> None:
    """A process's own row; nobody else writes it."""
    await records.upsert_pressure(tx, pressure)


async def forget(tx: Transaction, *, now: datetime) -> int:
    """Rows of processes that ended a minute ago or more; returns how many."""
    return await records.delete_pressures(tx, before=now - FORGET_AFTER)
