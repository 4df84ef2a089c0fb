"""
`cabas check`: audits a live database for every invariant (docs/reference/invariants.md).

The queries read one snapshot, so a running system is judged at an instant. `cabas check draw` holds a
draw again (docs/algorithms/draw.md).
"""

import asyncio
import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import asyncpg
import click
import msgspec

from cabas import settings as settings_module
from cabas.check_warehouse import check_warehouse
from cabas.connection import database_url
from cabas.domain.advance import audit as draw_audit
from cabas.domain.advance.audit import Audited
from cabas.invariants import INVARIANTS, Invariant
from cabas.kit.clock import paris_midnight
from cabas.kit.db import prepare_connection

SHOWN_MAX = 5


@click.group(invoke_without_command=True)
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object: {ok, breaches: [...], invariants: n}."
)
@click.pass_context
def check(context: click.Context, as_json: bool) -> None:  # noqa: FBT001 - click hands flags by position
    """Audit the database for every invariant; exits 1 on the first breach."""
    if context.invoked_subcommand is not None:
        return
    with database_url(settings_module.load()) as url:
        breaches = asyncio.run(audit(url))
    if as_json:
        report = {
            "ok": not breaches,
            "invariants": len(INVARIANTS),
            "breaches": msgspec.to_builtins(breaches),
        }
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        broken = {breach.invariant for breach in breaches}
        for invariant in INVARIANTS:
            click.echo(f"{'BREACH' if invariant.name in broken else 'ok':>6}  {invariant.says}")
        for breach in breaches:
            click.echo(f"\n{breach.invariant}: {breach.count} breaches, for instance:")
            for example in breach.examples:
                click.echo(f"  {example}")
    raise SystemExit(1 if breaches else 0)


check.add_command(check_warehouse)


@check.command("draw")
@click.argument("event")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: {ok, draws: [...]}.")
def check_draw(event: str, as_json: bool) -> None:  # noqa: FBT001 - click hands flags by position
    """
    Hold the draw of EVENT again: a day (2026-11-28) or an opening (2026-11-28T00:00:00+01:00).

    Recomputes the digest, each rank, the order and each place from what was left, wished and published;
    exits 1 on a difference.
    """
    start, end = _span(event)
    with database_url(settings_module.load()) as url:
        draws = asyncio.run(_hold_again(url, start, end))
    if not draws:
        raise click.ClickException(f"no draw was published for {event}")
    ok = not any(one.differences for one in draws)
    if as_json:
        click.echo(json.dumps({"ok": ok, "draws": msgspec.to_builtins(draws)}, ensure_ascii=False))
    else:
        for one in draws:
            _show_draw(one)
    raise SystemExit(0 if ok else 1)


def _span(event: str) -> tuple[datetime, datetime]:
    """``[start, end)`` of a day of France, or of one instant."""
    try:
        if "T" not in event.upper():
            day = date.fromisoformat(event)
            return paris_midnight(day), paris_midnight(day + timedelta(days=1))
        opens_at = datetime.fromisoformat(event)
    except ValueError as problem:
        raise click.BadParameter("neither a day nor an instant", param_hint="EVENT") from problem
    if opens_at.tzinfo is None:
        raise click.BadParameter("an instant needs its zone", param_hint="EVENT")
    return opens_at, opens_at + timedelta(microseconds=1)


async def _hold_again(url: str, start: datetime, end: datetime) -> list[Audited]:
    connection = await asyncpg.connect(url)
    await prepare_connection(connection)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            openings = await draw_audit.openings_of_day(connection, start=start, end=end)
            return [await draw_audit.hold_again(connection, opens_at=opens_at) for opens_at in openings]
    finally:
        await connection.close()


def _show_draw(one: Audited) -> None:
    verdict = "DIFFERS" if one.differences else "ok"
    click.echo(
        f"{verdict:>7}  {one.opens_at.isoformat()}: {one.winners} of {one.participants} requests in"
        f" {one.stores} stores{f', {one.pending} stores not drawn yet' if one.pending else ''};"
        f" secret {'revealed' if one.revealed else 'kept'}"
    )
    for difference in one.differences[:SHOWN_MAX]:
        click.echo(
            f"         store {difference.store_id}, {difference.about}: kept {difference.kept},"
            f" found {difference.found}"
        )


class Breach(msgspec.Struct, frozen=True):
    """``count`` stops at 1,000; ``examples`` at `SHOWN_MAX`."""

    invariant: str
    count: int
    examples: list[str]


async def audit(url: str, invariants: Sequence[Invariant] = INVARIANTS) -> list[Breach]:
    """Every breach found, ``[]`` when all is well."""
    connection = await asyncpg.connect(url)
    breaches: list[Breach] = []
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            for invariant in invariants:
                rows = await connection.fetch(f"select * from ({invariant.breach}) as breach limit 1000")
                if rows:
                    examples = [str(row[0]) for row in rows[:SHOWN_MAX]]
                    breaches.append(Breach(invariant.name, len(rows), examples))
    finally:
        await connection.close()
    return breaches
