"""`cabas capacity`: more places in many stores at once, previewed, applied, taken back."""

import getpass
import json
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID

import click
import msgspec

from cabas import settings as settings_module
from cabas.connection import on_database
from cabas.domain.capacity import jobs, operations, planning
from cabas.domain.capacity.model import Plan, Raise, Scope, alone
from cabas.domain.slots.model import Channel
from cabas.domain.staff.model import SYSTEM, StaffActor
from cabas.domain.stores import queries as stores
from cabas.kit.clock import SystemClock
from cabas.kit.db import Connection, Database
from cabas.kit.errors import Refusal
from cabas.kit.ids import new_id
from cabas.policies import DEFAULTS

POLICY = DEFAULTS.capacity
STORES_SHOWN = 20


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The options that say which slots."""

    region: str
    slugs: tuple[str, ...]
    first_day: date
    last_day: date
    percent: int
    channels: tuple[Channel, ...]


class _Factor(click.ParamType[int]):
    name = "factor"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            percent = round(float(str(value)) * 100)
        except ValueError:
            percent = 0
        if not 100 < percent <= POLICY.percent_max:
            self.fail(f"{value!r} is not a factor: say 1.01 to {POLICY.percent_max / 100:g}", param, ctx)
        return percent


_DAY = click.DateTime(formats=["%Y-%m-%d"])
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


def _scope_options(command: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.option("--region", default="", help="As head office writes it; without it, every region."),
        click.option("--store", "slugs", multiple=True, help="A store's name in addresses; may be repeated."),
        click.option("--from", "first_day", type=_DAY, required=True, help="First day, 2026-12-23."),
        click.option("--to", "last_day", type=_DAY, required=True, help="Last day, included."),
        click.option("--factor", "percent", type=_Factor(), required=True, help="1.3: 13 places of 10."),
        click.option("--channel", type=click.Choice([one.value for one in Channel]), help="Only this way."),
        _JSON,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def capacity() -> None:
    """More places in many stores at once; the same as head office's page."""


@capacity.command()
@_scope_options
def preview(as_json: bool, **options: Any) -> None:  # noqa: FBT001 - click
    """What would change, in which stores, and who would prepare it. Writes nothing."""
    wanted = _wanted(**options)

    async def look(database: Database, clock: SystemClock) -> dict[str, Any]:
        async with database.read() as reader:
            return _plan_told(await _plan(reader, wanted, clock))

    _run(look, as_json=as_json)


@capacity.command()
@_scope_options
@click.option("--reason", required=True, help="Why; kept in the journal.")
@click.option("--runbook", is_flag=True, help="A runbook says so: even around midnight.")
@click.option("--id", "raise_id", type=click.UUID, help="The same id again does nothing more.")
@click.option("--yes", is_flag=True, help="Without asking.")
def apply(
    reason: str,
    raise_id: UUID | None,
    *,
    runbook: bool,
    yes: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Preview, ask, and give every store its places."""
    wanted = _wanted(**options)

    async def work(database: Database, clock: SystemClock) -> dict[str, Any]:
        async with database.read() as reader:
            plan = await _plan(reader, wanted, clock)
        if not yes:
            _tell(_plan_told(plan))
            click.confirm("Apply?", abort=True, err=True)
        now = clock.now()
        async with database.transaction() as tx:
            asked = await operations.ask(
                tx,
                raise_id=raise_id or new_id(now),
                scope=plan.scope,
                reason=reason,
                actor=_actor(),
                runbook=runbook,
                policy=POLICY,
                now=now,
            )
        await jobs.settle_raises(database, clock)
        return await _raise_told(database, asked.raise_id, clock)

    _run(work, as_json=as_json)


@capacity.command()
@click.argument("raise_id", type=click.UUID)
@_JSON
def undo(raise_id: UUID, *, as_json: bool) -> None:
    """Take a raise back, within ten minutes of its end: each slot as it was, never below what is booked."""

    async def work(database: Database, clock: SystemClock) -> dict[str, Any]:
        async with database.transaction() as tx:
            await operations.undo(tx, raise_id=raise_id, actor=_actor(), policy=POLICY, now=clock.now())
        await jobs.settle_raises(database, clock)
        return await _raise_told(database, raise_id, clock)

    _run(work, as_json=as_json)


@capacity.command("list")
@_JSON
def list_(*, as_json: bool) -> None:
    """The latest raises and how far each is."""

    async def look(database: Database, clock: SystemClock) -> dict[str, Any]:
        async with database.read() as reader:
            recent = await planning.recent(reader)
        return {"raises": [_told(one, clock) for one in recent]}

    _run(look, as_json=as_json)


def _wanted(
    region: str,
    slugs: tuple[str, ...],
    first_day: Any,
    last_day: Any,
    percent: int,
    channel: str | None,
) -> Wanted:
    return Wanted(
        region=region,
        slugs=slugs,
        first_day=first_day.date(),
        last_day=last_day.date(),
        percent=percent,
        channels=(Channel(channel),) if channel else tuple(Channel),
    )


async def _plan(reader: Connection, wanted: Wanted, clock: SystemClock) -> Plan:
    known = {one.slug: one.store_id for one in await stores.directory(reader)}
    unknown = [slug for slug in wanted.slugs if slug not in known]
    if unknown:
        raise click.ClickException(f"no such store: {', '.join(unknown)}")
    scope = Scope(
        region=wanted.region,
        store_ids=tuple(known[slug] for slug in wanted.slugs),
        channels=wanted.channels,
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        percent=wanted.percent,
    )
    plan = await planning.plan(reader, scope=scope, policy=POLICY, now=clock.now())
    if not plan.stores:
        regions = ", ".join(await planning.regions(reader))
        raise click.ClickException(f"no slot there still takes orders; regions are: {regions}")
    return plan


def _actor() -> StaffActor:
    return msgspec.structs.replace(SYSTEM, name=f"cli:{getpass.getuser()}")


def _plan_told(plan: Plan) -> dict[str, Any]:
    return {
        "stores": len(plan.stores),
        "slots": plan.slots,
        "capacity": plan.capacity,
        "booked": plan.taken,
        "places": plan.places,
        "capped_slots": plan.capped,
        "people": plan.people,
        "hours": round(plan.hours, 1),
        "cost_cents": plan.cost_cents,
        "second_person": not alone(plan.scope, POLICY),
        "by_store": [
            {
                "store": one.slug,
                "slots": one.slots,
                "capacity": one.capacity,
                "booked": one.taken,
                "places": one.places,
                "pickers": one.pickers,
                "people_before": one.people_before,
                "people_after": one.people_after,
                "hours": round(one.hours, 1),
            }
            for one in plan.stores
        ],
    }


async def _raise_told(database: Database, raise_id: UUID, clock: SystemClock) -> dict[str, Any]:
    async with database.read() as reader:
        return _told(await planning.raise_of(reader, raise_id=raise_id), clock)


def _told(one: Raise, clock: SystemClock) -> dict[str, Any]:
    now = clock.now()
    until = one.undo_until(POLICY, now)
    return {
        "id": str(one.raise_id),
        "stage": one.stage(POLICY, now).value,
        "region": one.scope.region,
        "from": one.scope.first_day.isoformat(),
        "to": one.scope.last_day.isoformat(),
        "factor": one.scope.percent / 100,
        "reason": one.reason,
        "asked_by": one.asked_name,
        "stores": one.stores,
        "stores_applied": one.stores_applied,
        "stores_undone": one.stores_undone,
        "slots": one.slots,
        "places": one.places,
        "places_kept": one.places_kept,
        "slots_kept": one.slots_kept,
        "undo_until": until.isoformat() if until else None,
    }


def _run(work: Callable[[Database, SystemClock], Awaitable[dict[str, Any]]], *, as_json: bool) -> None:
    try:
        told = on_database(settings_module.load(), work)
    except Refusal as refusal:
        detail = ", ".join(f"{name} {value}" for name, value in refusal.detail.items())
        raise click.ClickException(f"{refusal.code}{f' ({detail})' if detail else ''}") from refusal
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        _tell(told)


def _tell(told: dict[str, Any]) -> None:
    for name, value in told.items():
        if not isinstance(value, list):
            click.echo(f"{name:>14}  {'–' if value is None else value}")
    for one in told.get("by_store", [])[:STORES_SHOWN]:
        click.echo(
            f"{one['store']:>30}  {one['slots']} slots, {one['capacity']} + {one['places']} places,"
            f" {one['people_before']} → {one['people_after']} of {one['pickers']} pickers"
        )
    if len(told.get("by_store", [])) > STORES_SHOWN:
        click.echo(f"{'…':>30}  {len(told['by_store']) - STORES_SHOWN} more stores")
    for one in told.get("raises", []):
        click.echo(
            f"{one['id']}  {one['stage']:>8}  ×{one['factor']:g} {one['region'] or 'everywhere'}"
            f" {one['from']}…{one['to']}: {one['stores_applied']}/{one['stores']} stores, {one['places']} places"
        )
