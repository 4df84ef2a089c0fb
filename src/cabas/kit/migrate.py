"""
Forward-only migrations: numbered SQL files, each in its own transaction, applied in order.

A name is ``YYYYMMDD_NN_(expand|contract)_what.sql``. Files whose first line says
``-- function`` may be applied again when their text changes (functions are replaced whole).

A roll-out takes two steps. ``expand``: all that adds, before the first new process starts; old and new live on it.
``contract``: all that takes away, once no old process is left and none will come back.
"""

import hashlib
from collections.abc import Sequence
from importlib import resources
from typing import Literal

import asyncpg

Step = Literal["all", "expand", "contract"]
_LOCK = 7_202_611_240
_LEDGER = """
    create table if not exists migration (
        name        text        primary key,
        digest      text        not null,
        applied_at  timestamptz not null default now()
    )"""


async def migrate(url: str, package: str, *, step: Step = "all") -> Sequence[str]:
    """Apply what is missing; returns the names applied. Safe to run from several processes."""
    connection = await asyncpg.connect(url)
    applied: list[str] = []
    try:
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        await connection.execute(_LEDGER)
        known = {
            row["name"]: row["digest"] for row in await connection.fetch("select name, digest from migration")
        }
        for name, text in _files(package, step):
            digest = hashlib.sha256(text.encode()).hexdigest()
            if known.get(name) == digest or (name in known and not _replaceable(text)):
                continue
            async with connection.transaction():
                await connection.execute("set local lock_timeout = '4s'")
                await connection.execute(text)
                await connection.execute(
                    "insert into migration (name, digest) values ($1, $2)"
                    " on conflict (name) do update set digest = excluded.digest, applied_at = now()",
                    name,
                    digest,
                )
            applied.append(name)
    finally:
        await connection.close()
    return applied


async def pending(url: str, package: str, *, step: Step = "all") -> Sequence[str]:
    """Names not yet applied (all of them on an empty database)."""
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("select to_regclass('migration')") is None:
            known = {}
        else:
            rows = await connection.fetch("select name, digest from migration")
            known = {row["name"]: row["digest"] for row in rows}
    finally:
        await connection.close()
    return [
        name
        for name, text in _files(package, step)
        if name not in known
        or (_replaceable(text) and known[name] != hashlib.sha256(text.encode()).hexdigest())
    ]


def _files(package: str, step: Step) -> list[tuple[str, str]]:
    folder = resources.files(package)
    names = sorted(
        item.name
        for item in folder.iterdir()
        if item.name.endswith(".sql")
        and (step == "all" or (step == "contract") == ("_contract_" in item.name))
    )
    return [(name, (folder / name).read_text("utf-8")) for name in names]


def _replaceable(text: str) -> bool:
    return text.startswith("-- function")
