"""Commands of those who run Cabas: migrations, the API's document, a profile of a process."""

import asyncio
import json
import os
import time

import click

from cabas import migrations
from cabas import settings as settings_module
from cabas.connection import database_url
from cabas.kit import migrate as migrating
from cabas.kit import profiling
from cabas.kit.migrate import Step


@click.command()
@click.option(
    "--check", "check_only", is_flag=True, help="Only say what is missing; exit 1 when something is."
)
@click.option("--expand", "step", flag_value="expand", help="Only what adds: before new processes start.")
@click.option("--contract", "step", flag_value="contract", help="Only what takes away: once none are old.")
def migrate(check_only: bool, step: Step | None) -> None:  # noqa: FBT001 - click hands flags by position
    """Bring the database's schema up to date (forward only, safe to run twice)."""
    what = step or "all"
    with database_url(settings_module.load()) as url:
        if check_only:
            missing = asyncio.run(migrating.pending(url, migrations.__name__, step=what))
            click.echo("\n".join(missing) or "up to date")
            raise SystemExit(1 if missing else 0)
        applied = asyncio.run(migrating.migrate(url, migrations.__name__, step=what))
    click.echo("\n".join(f"applied {name}" for name in applied) or "up to date")


@click.command()
def openapi() -> None:
    """Print the API's OpenAPI 3.1 document."""
    from cabas.app import create_app  # noqa: PLC0415 - the web stack is loaded only here

    document = create_app(settings_module.load()).openapi_schema.to_schema()
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


@click.command()
@click.option("--process", type=int, help="Process id; otherwise the first web process of this machine.")
def profile(process: int | None) -> None:
    """See for twenty seconds what a web process of this machine spends its time on."""
    folder = settings_module.load().data_folder / "profiles"
    processes = profiling.listeners()
    if not processes or process not in (None, *processes):
        known = ", ".join(map(str, processes)) or "none"
        raise SystemExit(f"no such web process here; there are: {known}")
    chosen = process or processes[0]
    path = profiling.profile_path(folder, chosen)
    path.unlink(missing_ok=True)
    os.kill(chosen, profiling.SIGNAL)
    give_up = time.monotonic() + 2 * profiling.SECONDS
    while not path.exists():
        if time.monotonic() > give_up:
            raise SystemExit(f"process {chosen} has written nothing: has it another CABAS_DATA?")
        time.sleep(0.1)
    click.echo(path)
