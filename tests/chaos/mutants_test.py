"""
Negative controls: each well-known way to get it wrong, put into the real code in one place, must be caught by
the same storm and the same oracle that the real code passes.
"""

import asyncio
import os
import random
import signal
from importlib import resources
from uuid import UUID

import pytest

from cabas.domain.orders import dispatch
from cabas.domain.orders.dispatch import Dispatched
from cabas.kit.db import Database
from cabas.kit.migrate import migrate
from cabas.kit.postgres import EmbeddedPostgres
from chaos.storm import Parts, Store, acknowledge, crashes, keep, order, storm
from factories.orders_direct import place
from factories.slots import make_slot

FUNCTIONS = resources.files("cabas.migrations") / "20261124_04_function_slots.sql"
PATIENCE_SECONDS = 60
SLOT_TAKE = """
    create or replace function slot_take(p_store integer, p_slot bigint, p_now timestamptz) returns void
    language plpgsql as $$
    declare
        v_taken integer; v_capacity integer;
    begin
        {before}
        select taken, capacity into v_taken, v_capacity from slot where store_id = p_store and slot_id = p_slot;
        if v_taken >= v_capacity then
            {after}
            raise exception 'slot_full' using errcode = 'P0S01';
        end if;
        perform pg_sleep(0.02);
        update slot set taken = v_taken + 1 where store_id = p_store and slot_id = p_slot;
        {after}
    end $$"""
CHECK_THEN_UPDATE = SLOT_TAKE.format(before="", after="")
UNLOCK_BEFORE_COMMIT = SLOT_TAKE.format(
    before="perform pg_advisory_lock(p_slot);", after="perform pg_advisory_unlock(p_slot);"
)
COUNT_IN_A_SNAPSHOT = """
    create or replace function slot_take(p_store integer, p_slot bigint, p_now timestamptz) returns void
    language plpgsql as $$
    begin
        if (select count(*) from orders where store_id = p_store and slot_id = p_slot) >
           (select capacity from slot where store_id = p_store and slot_id = p_slot) then
            raise exception 'slot_full' using errcode = 'P0S01';
        end if;
    end $$"""


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_real_code_keeps_its_promises_in_the_storm(database, database_url, now, seed):
    found = await storm(database, url=database_url, now=now, seed=seed)

    assert found.kinds == set(), found


async def test_checking_before_updating_is_caught(database, database_url, now):
    await redefine(database, CHECK_THEN_UPDATE)

    found = await storm(database, url=database_url, now=now, seed=1)

    assert {"oversold", "breaches"} <= found.kinds


async def test_unlocking_before_the_commit_is_caught(database, database_url, now):
    await redefine(database, UNLOCK_BEFORE_COMMIT)

    found = await storm(database, url=database_url, now=now, seed=1)

    assert {"oversold", "breaches"} <= found.kinds


async def test_counting_in_a_repeatable_read_snapshot_is_caught(database, database_url, now):
    await redefine(database, COUNT_IN_A_SNAPSHOT)

    async def in_a_snapshot(database, intent, chance, now):
        async with database.transaction() as tx:
            await tx.execute("set transaction isolation level repeatable read")
            _, order_id = await order(tx, intent, now)
            await asyncio.sleep(chance.random() * 0.03)
        return order_id

    found = await storm(database, url=database_url, now=now, seed=1, parts=Parts(place=in_a_snapshot))

    assert "oversold" in found.kinds


async def test_an_outbox_read_by_an_id_cursor_is_caught(database, database_url, now, monkeypatch):
    cursor = {"last": UUID(int=0), "late": UUID(int=2**128 - 1)}
    begun, passed = asyncio.Event(), asyncio.Event()

    async def after_the_last_id(tx, *, now, limit):
        rows = await tx.fetch(
            """
            select store_id, outbox_id, order_id, revision, kind
              from outbox
             where outbox_id > $1
             order by outbox_id
             limit $2""",
            cursor["last"],
            limit,
        )
        cursor["last"] = max((row["outbox_id"] for row in rows), default=cursor["last"])
        if cursor["last"] > cursor["late"]:
            passed.set()
        return rows

    async def the_first_commits_late(database, intent, chance, now):
        """Not before the cursor has passed it: what chance brings about only sometimes."""
        async with database.transaction() as tx:
            _, order_id = await order(tx, intent, now)
            if not begun.is_set():
                begun.set()
                cursor["late"] = await tx.fetchval(
                    "select outbox_id from outbox where store_id = $1 and order_id = $2",
                    intent.store_id,
                    order_id,
                )
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await passed.wait()
        return order_id

    monkeypatch.setattr(dispatch, "_take", after_the_last_id)
    found = await storm(
        database, url=database_url, now=now, seed=1, dispatchers=1, parts=Parts(place=the_first_commits_late)
    )

    assert "undelivered" in found.kinds


async def test_dispatching_before_the_commit_is_caught(database, database_url, now):
    outside: list[tuple[int, Dispatched]] = []

    async def told_too_early(database, intent, chance, now):
        async with database.transaction() as tx:
            _, order_id = await order(tx, intent, now)
            outside.append((intent.store_id, told(intent, order_id, now, len(outside))))
            if chance.random() < 0.3:
                raise ConnectionError("the process died before its commit")
        return order_id

    async def step(database, store, chance, now):
        for store_id, sent in outside:
            if store_id == store.store_id:
                keep(store, sent)
        return 0

    async def surviving(database, intent, chance, now):
        try:
            return await told_too_early(database, intent, chance, now)
        except ConnectionError as died:
            raise TimeoutError from died

    found = await storm(database, url=database_url, now=now, seed=1, parts=Parts(place=surviving, step=step))

    assert "unexpected" in found.kinds


async def test_an_order_without_its_key_is_caught(database, database_url, now):
    text = FUNCTIONS.read_text("utf-8")
    start = text.index("    insert into checkout_key")
    end = text.index("    select * into v_slot from slot", start)
    keyless = (
        text[:start]
        + "    insert into checkout_key (store_id, shopper_id, key, fingerprint, order_id, created_at)\n"
        "         values (p_store, p_shopper, gen_random_uuid()::text, p_fingerprint, p_order, p_now);\n"
        + text[end:]
    )
    basket = "and coalesce(ordered_at, 'infinity') = 'infinity'\n       and updated_at = p_cart_version"
    assert basket in keyless
    await redefine(database, keyless.replace(basket, ""))

    found = await storm(database, url=database_url, now=now, seed=1, capacity=20, demand=0.5)

    assert {"doubled", "breaches"} <= found.kinds


async def test_acknowledging_before_the_inbox_is_caught(database, database_url, now):
    cursors: dict[int, int] = {}

    async def answers_first(database: Database, store: Store, chance: random.Random, now) -> int:
        async with database.read() as reader:
            pulled = await dispatch.pull(
                reader, store_id=store.store_id, after=cursors.get(store.store_id, 0)
            )
        for sent in pulled:
            await acknowledge(database, sent, now)
            cursors[store.store_id] = sent.store_seq
            if not store.crashed or crashes(store, chance):  # the first time in any case
                store.crashed += 1
                break
            keep(store, sent)
        return len(pulled)

    found = await storm(database, url=database_url, now=now, seed=1, parts=Parts(step=answers_first))

    assert "undelivered" in found.kinds


@pytest.mark.parametrize("durable", [True, False])
async def test_a_commit_that_is_not_flushed_is_caught(server_folder, now, durable):
    """A kill takes what is only in the server's memory: with ``synchronous_commit`` on, nothing acknowledged is."""
    lazy = {"synchronous_commit": "off", "wal_writer_delay": "10s", "wal_writer_flush_after": "1GB"}
    server = EmbeddedPostgres(server_folder)
    server.start()
    await migrate(server.url, "cabas.migrations")
    server.stop()
    server = EmbeddedPostgres(server_folder, settings={} if durable else lazy)
    server.start()
    try:
        acknowledged = await order_and_die(server, now)
        server.start()
        database = await Database.connect(server.url, connections_max=1)
        async with database.read() as reader:
            there = {row["order_id"] for row in await reader.fetch("select order_id from orders")}
        await database.close()
    finally:
        server.stop(mode="immediate")

    assert len(acknowledged) == 40
    assert (acknowledged <= there) is durable


async def redefine(database, sql):
    async with database.transaction() as tx:
        await tx.execute(sql)


def told(intent, order_id, now, number):
    return Dispatched(
        store_id=intent.store_id,
        store_seq=number + 1,
        order_id=order_id,
        revision=1,
        kind="order_placed",
        body="{}",
        sha256="",
        dispatched_at=now,
        received_at=None,
    )


async def order_and_die(server, now):
    database = await Database.connect(server.url, connections_max=4)
    async with database.transaction() as tx:
        slot = await make_slot(tx, now=now, capacity=1000)
    acknowledged = set()
    for _ in range(40):
        async with database.one_statement() as tx:
            _, order_id = await place(tx, store_id=slot.store_id, slot_id=slot.slot_id, now=now)
        acknowledged.add(order_id)
    pid = int((server.folder / "pgdata" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    await database.terminate()
    return acknowledged
