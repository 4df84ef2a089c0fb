"""`cabas room`: the waiting room by hand, from the command line."""

import getpass
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import click
import msgspec

from cabas import settings as settings_module
from cabas.connection import on_database
from cabas.domain.waiting_room import operations, queries
from cabas.domain.waiting_room.model import Forced, Switch
from cabas.kit.clock import SystemClock
from cabas.kit.db import Database

_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
_REASON = click.option("--reason", required=True, help="Why; kept in the journal.")


@click.group()
def room() -> None:
    """The waiting room before checkout: force it on or off, see how it stands."""


@room.command()
@_REASON
@click.option(
    "--opens-in", type=click.IntRange(0, 86_400), default=0, help="Draw in this many seconds; 0: at once."
)
@click.option(
    "--per-second", type=click.FloatRange(0, 10_000), help="A ceiling on admissions; 0 holds everybody."
)
@_JSON
def on(reason: str, opens_in: int, per_second: float | None, as_json: bool) -> None:  # noqa: FBT001 - click
    """Force the room on until `auto` or `off`."""
    _force(Forced.ON, reason, as_json=as_json, opens_in=opens_in, per_second=per_second)


@room.command()
@_REASON
@_JSON
def off(reason: str, as_json: bool) -> None:  # noqa: FBT001 - click
    """Force the room off: the limiter alone protects the site."""
    _force(Forced.OFF, reason, as_json=as_json)


@room.command()
@_REASON
@_JSON
def auto(reason: str, as_json: bool) -> None:  # noqa: FBT001 - click
    """Let the schedule and the limiter decide again."""
    _force(Forced.AUTO, reason, as_json=as_json)


@room.command()
@_JSON
def status(as_json: bool) -> None:  # noqa: FBT001 - click
    """How the room stands: open or not, the threshold, who joined and who went in."""
    _run(_told, as_json=as_json)


def _force(
    forced: Forced, reason: str, *, as_json: bool, opens_in: int = 0, per_second: float | None = None
) -> None:
    async def move(database: Database, clock: SystemClock) -> dict[str, Any]:
        now = clock.now()
        switch = Switch(
            forced=forced,
            reason=reason,
            actor=f"cli:{getpass.getuser()}",
            opens_at=now + timedelta(seconds=opens_in) if opens_in else None,
            per_second_max=per_second,
        )
        async with database.transaction() as tx:
            await operations.force(tx, switch=switch, now=now)
        return await _told(database, clock)

    _run(move, as_json=as_json)


async def _told(database: Database, clock: SystemClock) -> dict[str, Any]:
    async with database.read() as reader:
        state = await queries.state(reader, now=clock.now())
    serving = state.serving
    return {
        "on": serving.on,
        "forced": state.switch.forced.value,
        "reason": state.switch.reason,
        "event": serving.event or None,
        "trigger": state.event.trigger.value if state.event else None,
        "opens_at": serving.opens_at.isoformat() if serving.opens_at else None,
        "ticked_at": state.event.ticked_at.isoformat() if state.event else None,
        "threshold": list(serving.threshold),
        "per_second": round(state.event.per_second, 2) if state.event else 0.0,
        "per_second_max": state.switch.per_second_max,
        "joined": sum(state.joined.values()),
        "called": round(state.event.called) if state.event else 0,
        **msgspec.to_builtins(state.counts),
        "level": serving.level,
        "digest": serving.digest or None,
    }


def _run(work: Callable[[Database, SystemClock], Awaitable[dict[str, Any]]], *, as_json: bool) -> None:
    told = on_database(settings_module.load(), work)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for name, value in told.items():
        click.echo(f"{name:>15}  {value}")
