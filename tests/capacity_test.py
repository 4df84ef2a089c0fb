"""`cabas capacity`, as it is typed."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from click.testing import CliRunner

from cabas.capacity import capacity
from factories.shop import make_shop

TOMORROW = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
SCOPE = ("--from", TOMORROW, "--to", TOMORROW, "--factor", "1.3")
RENNES = ("--region", "Bretagne", *SCOPE)
APPLY = ("apply", *RENNES, "--reason", "Noël", "--runbook", "--yes")


def run(*arguments):
    result = CliRunner().invoke(capacity, [*arguments, "--json"])
    return result.exit_code, json.loads(result.output) if result.exit_code == 0 else result.output


async def test_a_raise_is_previewed_applied_listed_and_taken_back(shop_here):
    _, plan = await asyncio.to_thread(run, "preview", *RENNES)
    raise_id = str(uuid4())
    _, done = await asyncio.to_thread(run, *APPLY, "--id", raise_id)
    _, again = await asyncio.to_thread(run, *APPLY, "--id", raise_id)
    _, listed = await asyncio.to_thread(run, "list")
    _, undone = await asyncio.to_thread(run, "undo", raise_id)

    assert (plan["stores"], plan["slots"], plan["capacity"], plan["places"]) == (1, 4, 20, 8)
    assert (done["stage"], done["stores_applied"], done["places"], done["factor"]) == ("applied", 1, 8, 1.3)
    assert again["places"] == 8
    assert [one["id"] for one in listed["raises"]] == [raise_id]
    assert (undone["stage"], undone["stores_undone"]) == ("undone", 1)


async def test_one_store_alone_can_be_named(shop_here):
    _, plan = await asyncio.to_thread(run, "preview", "--store", "tours-nord", *SCOPE)

    assert [one["store"] for one in plan["by_store"]] == ["tours-nord"]


async def test_without_yes_it_asks_first(shop_here):
    command = [one for one in APPLY if one != "--yes"]
    result = await asyncio.to_thread(CliRunner().invoke, capacity, command, input="n\n")

    assert result.exit_code == 1
    assert "rennes-centre" in result.output
    assert (await asyncio.to_thread(run, "list"))[1] == {"raises": []}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("preview", "--from", TOMORROW, "--to", TOMORROW, "--factor", "0.9"), "not a factor"),
        (("preview", "--region", "Atlantide", *SCOPE), "Centre-Val de Loire"),
        (("preview", "--store", "nulle-part", *SCOPE), "no such store: nulle-part"),
        (("preview", "--from", "2020-01-01", "--to", TOMORROW, "--factor", "1.3"), "past"),
        (("undo", str(uuid4())), "capacity_raise_unknown"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_the_reason(shop_here, arguments, said):
    code, output = await asyncio.to_thread(run, *arguments)

    assert code != 0
    assert said in output


@pytest.fixture
async def shop_here(database, database_url, monkeypatch, tmp_path):
    monkeypatch.setenv("CABAS_DATABASE_URL", database_url)
    monkeypatch.setenv("CABAS_DATA", str(tmp_path))
    async with database.transaction() as tx:
        await make_shop(tx, now=datetime.now(UTC))
