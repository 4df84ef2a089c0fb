"""The rows of the ladder: one a process, and the switch."""

from datetime import datetime

from cabas.domain.ladder.model import Level, Pressure, Setting
from cabas.kit.db import Connection, Transaction


async def select_setting(reader: Connection) -> Setting:
    row = await reader.fetchrow("select forced_level, reason, actor, changed_at, until from ladder_setting")
    if row is None:
        return Setting()
    return Setting(
        level=None if row["forced_level"] is None else Level(row["forced_level"]),
        reason=row["reason"],
        actor=row["actor"],
        changed_at=row["changed_at"],
        until=row["until"],
    )


async def upsert_setting(tx: Transaction, setting: Setting) -> None:
    await tx.execute(
        """
        insert into ladder_setting (forced_level, reason, actor, changed_at, until)
             values ($1, $2, $3, $4, $5)
        on conflict (one_row) do update
                set forced_level = excluded.forced_level, reason = excluded.reason,
                    actor = excluded.actor, changed_at = excluded.changed_at, until = excluded.until""",
        setting.level,
        setting.reason,
        setting.actor,
        setting.changed_at,
        setting.until,
    )


async def upsert_pressure(tx: Transaction, pressure: Pressure) -> None:
    await tx.execute(
        """
        insert into process_pressure (process_id, at, limit_now, in_flight, queued, goodput_per_s,
                                      saturated_since, level, level_since, reason, answered, shed)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        on conflict (process_id) do update
                set at = excluded.at, limit_now = excluded.limit_now, in_flight = excluded.in_flight,
                    queued = excluded.queued, goodput_per_s = excluded.goodput_per_s,
                    saturated_since = excluded.saturated_since, level = excluded.level,
                    level_since = excluded.level_since, reason = excluded.reason,
                    answered = excluded.answered, shed = excluded.shed""",
        pressure.process_id,
        pressure.at,
        pressure.limit_now,
        pressure.in_flight,
        pressure.queued,
        pressure.goodput_per_s,
        pressure.saturated_since,
        pressure.level,
        pressure.level_since,
        pressure.reason,
        pressure.answered,
        pressure.shed,
    )


async def select_pressures(reader: Connection, *, since: datetime) -> list[Pressure]:
    rows = await reader.fetch(
        """
        select process_id, at, limit_now, in_flight, queued, goodput_per_s, saturated_since, level,
               level_since, reason, answered, shed
          from process_pressure
         where at >= $1
         order by process_id
         limit 200""",
        since,
    )
    return [Pressure(**dict(row)) for row in rows]


async def delete_pressures(tx: Transaction, *, before: datetime) -> int:
    """Of processes that have ended."""
    return await tx.execute("delete from process_pressure where at < $1", before)
