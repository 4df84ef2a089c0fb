"""Imports into a database of the test's own, through the command as it is typed."""

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace

import asyncpg
import pytest
from click.testing import CliRunner

from cabas.__main__ import main


@pytest.fixture
def run_import(database_url, monkeypatch, tmp_path):
    """Run ``cabas import``; answers with `exit_code`, `told` (the summary) and `notes` (the rejected rows)."""
    monkeypatch.setenv("CABAS_DATABASE_URL", database_url)
    monkeypatch.setenv("CABAS_DATA", str(tmp_path))

    def run(kind: str, path: Path, *options: str) -> SimpleNamespace:
        answer = CliRunner().invoke(main, ["import", kind, str(path), "--json", *options])
        told = json.loads(answer.stdout) if answer.stdout.startswith("{") else None
        listed = path.with_name(f"{path.name}.rejected.csv")
        notes = listed.read_text(encoding="utf-8").splitlines()[1:] if listed.exists() else []
        return SimpleNamespace(exit_code=answer.exit_code, told=told, notes=notes, output=answer.output)

    return run


@pytest.fixture
def import_in_thread(run_import):
    """The same from an async test: the command brings its own event loop."""

    async def run(*arguments: object) -> SimpleNamespace:
        return await asyncio.to_thread(run_import, *arguments)

    return run


@pytest.fixture
def select(database_url):
    """Rows of a statement, as dicts."""

    async def fetch(statement: str) -> list[dict]:
        connection = await asyncpg.connect(database_url)
        try:
            return [dict(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    return fetch
