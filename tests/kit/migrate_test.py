"""What a roll-out needs of migrations: what adds goes before, what takes away goes after."""

import sys
from pathlib import Path

import asyncpg
import pytest

from cabas.kit.migrate import migrate, pending

EXPAND = "20260101_01_expand_colour.sql"
FUNCTION = "20260101_02_function_colour.sql"
CONTRACT = "20260101_03_contract_shade.sql"


async def test_expand_takes_all_but_what_takes_away_and_contract_the_rest(database_url, package):
    assert await pending(database_url, package, step="expand") == [EXPAND, FUNCTION]
    assert await pending(database_url, package) == [EXPAND, FUNCTION, CONTRACT]

    expanded = await migrate(database_url, package, step="expand")

    assert expanded == [EXPAND, FUNCTION]
    assert await pending(database_url, package, step="expand") == []
    assert await _columns(database_url) == {"shade", "colour"}

    contracted = await migrate(database_url, package, step="contract")

    assert contracted == [CONTRACT]
    assert await pending(database_url, package) == []
    assert await _columns(database_url) == {"colour"}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = tmp_path / "migrations_of_a_test"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / EXPAND).write_text("create table paint (shade text); alter table paint add column colour text;")
    (folder / FUNCTION).write_text(
        "-- function\ncreate function paints() returns int language sql as 'select 1';"
    )
    (folder / CONTRACT).write_text("alter table paint drop column shade;")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, folder.name, raising=False)
    return folder.name


async def _columns(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetch(
            "select column_name from information_schema.columns where table_name = 'paint'"
        )
    finally:
        await connection.close()
    return {row["column_name"] for row in found}
