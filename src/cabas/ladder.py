"""`cabas ladder`: where each web process stands, and a level forced by hand."""

import getpass
import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import click

from cabas import settings as settings_module
from cabas.connection import on_database
from cabas.domain.ladder import operations, queries
from cabas.domain.ladder.model import Level, Setting
from cabas.kit.clock import SystemClock
from cabas.kit.db import Database

_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
_REASON = click.option("--reason", required=True, help="Why; kept in the journal.")
_DURATION = re.compile(r"^(\d{1,5})(s|m|h)$")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}
_FORCED = [f"L{level}" for level in range(Level.EDGE_ALONE)]


class _Duration(click.ParamType[timedelta | None]):
    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta | None:
        if value is None or isinstance(value, timedelta):
            return value
        found = _DURATION.match(str(value))
        if not found or not int(found[1]):
            self.fail(f"{value!r} is not a duration: say 90s, 30m or 2h", param, ctx)
        return timedelta(**{_UNITS[found[2]]: int(found[1])})


@click.group()
def ladder() -> None:
    """The levels L0 to L4 of a site under load: see where each process stands, force one."""


@ladder.command()
@_JSON
def status(as_json: bool) -> None:  # noqa: FBT001 - click
    """Each living web process: its level and why, its limit, what it sent away."""
    _run(_told, as_json=as_json)


@ladder.command()
@click.argument("level", type=click.Choice(_FORCED, case_sensitive=False))
@_REASON
@click.option("--for", "lasts", type=_Duration(), help="90s, 30m, 2h; without it until `auto`.")
@_JSON
def force(level: str, reason: str, lasts: timedelta | None, as_json: bool) -> None:  # noqa: FBT001 - click
    """Force a level in every process, within a second."""
    _set(Level(int(level[1:])), reason, lasts, as_json=as_json)


@ladder.command()
@click.option("--reason", default="back to automatic", help="Why; kept in the journal.")
@_JSON
def auto(reason: str, as_json: bool) -> None:  # noqa: FBT001 - click
    """Let each process decide again."""
    _set(None, reason, None, as_json=as_json)


def _set(level: Level | None, reason: str, lasts: timedelta | None, *, as_json: bool) -> None:
    async def move(database: Database, clock: SystemClock) -> dict[str, Any]:
        now = clock.now()
        setting = Setting(
            level=level,
            reason=reason,
            actor=f"cli:{getpass.getuser()}",
            until=now + lasts if lasts else None,
        )
        async with database.transaction() as tx:
            await operations.force(tx, setting=setting, now=now)
        return await _told(database, clock)

    _run(move, as_json=as_json)


async def _told(database: Database, clock: SystemClock) -> dict[str, Any]:
    now = clock.now()
    async with database.read() as reader:
        setting = await queries.setting(reader)
        processes = await queries.processes(reader, now=now)
    forced = setting.forced_at(now)
    return {
        "level": max((one.level for one in processes), default=None),
        "forced": None if forced is None else int(forced),
        "reason": setting.reason,
        "actor": setting.actor,
        "until": setting.until.isoformat() if setting.until else None,
        "processes": [
            {
                "process": one.process_id,
                "level": one.level,
                "why": one.reason,
                "since": one.level_since.isoformat() if one.level_since else None,
                "limit": one.limit_now,
                "in_flight": one.in_flight,
                "queued": one.queued,
                "goodput_per_s": one.goodput_per_s,
                "saturated_since": one.saturated_since.isoformat() if one.saturated_since else None,
                "shed": one.shed,
            }
            for one in processes
        ],
    }


def _run(work: Callable[[Database, SystemClock], Awaitable[dict[str, Any]]], *, as_json: bool) -> None:
    told = on_database(settings_module.load(), work)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for name, value in told.items():
        if name != "processes":
            click.echo(f"{name:>10}  {'–' if value is None else value}")
    for one in told["processes"]:
        shed = " ".join(f"{name}={count}" for name, count in one["shed"].items() if count) or "nothing"
        click.echo(
            f"\n{one['process']}: L{one['level']} ({one['why']}) since {one['since']}\n"
            f"  limit {one['limit']}, {one['in_flight']} under way, {one['queued']} queued,"
            f" {one['goodput_per_s']} answers a second in time; sent away: {shed}"
        )
