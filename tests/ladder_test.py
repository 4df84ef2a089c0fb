"""`cabas ladder`, as it is typed."""

import asyncio
import json

import pytest
from click.testing import CliRunner

from cabas.ladder import ladder


def run(*arguments):
    result = CliRunner().invoke(ladder, [*arguments, "--json"])
    return result.exit_code, json.loads(result.output) if result.exit_code == 0 else result.output


async def test_a_level_is_forced_shown_and_let_go_of(database_here):
    forced = await asyncio.to_thread(run, "force", "L3", "--reason", "essai", "--for", "30m")
    shown = await asyncio.to_thread(run, "status")
    released = await asyncio.to_thread(run, "auto")

    assert (forced[0], shown[0], released[0]) == (0, 0, 0)
    assert (shown[1]["forced"], shown[1]["reason"], shown[1]["processes"]) == (3, "essai", [])
    assert shown[1]["until"] is not None
    assert released[1]["forced"] is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("force", "L3"),
        ("force", "L5", "--reason", "x"),
        ("force", "L1", "--reason", "x", "--for", "soon"),
        ("force", "L1", "--reason", "x", "--for", "0m"),
    ],
)
async def test_what_makes_no_sense_is_refused(database_here, arguments):
    code, _ = await asyncio.to_thread(run, *arguments)

    assert code == 2


@pytest.fixture
def database_here(database_url, monkeypatch, tmp_path):
    monkeypatch.setenv("CABAS_DATABASE_URL", database_url)
    monkeypatch.setenv("CABAS_DATA", str(tmp_path))
