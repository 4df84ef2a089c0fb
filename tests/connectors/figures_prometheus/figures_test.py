"""What a worker tells of orders on their way, of places left, and of a site that answers or doesn't."""

import socket
import urllib.request
from contextlib import asynccontextmanager
from datetime import timedelta

import msgspec
import pytest
from aiohttp import web
from prometheus_client import REGISTRY

from cabas import schedule
from cabas import settings as settings_module
from cabas.connectors import figures_prometheus as figures
from cabas.connectors.bridge_outbox.records import insert
from cabas.domain.orders import dispatch
from cabas.domain.orders import figures as orders
from cabas.domain.slots import figures as slots
from cabas.kit.clock import FixedClock
from cabas.kit.telemetry import Telemetry
from factories.orders import make_order
from factories.shop import make_shop

LATE_AFTER = timedelta(minutes=2)


async def test_all_is_well_while_nothing_is_on_its_way(tx, now):
    found = await orders.backlog(tx, late_after=LATE_AFTER, now=now)

    assert found == orders.Backlog(
        pending=0, oldest_seconds=0.0, dispatched=0, receipts_late=0, stores_late=0
    )


async def test_an_order_is_pending_then_sent_then_late_then_received(tx, now):
    shop = await make_shop(tx, now=now)
    placed = await make_order(tx, now=now, lines={shop.pasta[0]: 2})
    waiting = await orders.backlog(tx, late_after=LATE_AFTER, now=now + timedelta(seconds=40))
    await dispatch.dispatch_batch(tx, now=now)
    sent = await orders.backlog(tx, late_after=LATE_AFTER, now=now + timedelta(seconds=119))
    late = await orders.backlog(tx, late_after=LATE_AFTER, now=now + timedelta(seconds=120))
    (one,) = await dispatch.pull(tx, store_id=1, after=0)
    await dispatch.acknowledge(
        tx,
        store_id=1,
        order_id=placed.order_id,
        store_seq=1,
        sha256=bytes.fromhex(one.sha256),
        actor="store:app",
        now=now,
    )
    received = await orders.backlog(tx, late_after=LATE_AFTER, now=now + timedelta(seconds=120))

    assert (waiting.pending, waiting.oldest_seconds, waiting.dispatched) == (1, 40.0, 0)
    assert (sent.pending, sent.oldest_seconds, sent.dispatched, sent.receipts_late) == (0, 0.0, 1, 0)
    assert (late.receipts_late, late.stores_late) == (1, 1)
    assert received.receipts_late == 0


async def test_places_left_are_those_that_can_be_booked_now(tx, now):
    await make_shop(tx, now=now)
    before = (await slots.places(tx, now=now))["drive"]
    shop_slot = await tx.fetchrow(
        "select slot_id, capacity from slot where opens_at <= $1 and closes_at > $1 and channel = 'drive' limit 1",
        now,
    )
    await tx.execute(
        "update slot set taken = capacity where store_id = 1 and slot_id = $1", shop_slot["slot_id"]
    )

    after = (await slots.places(tx, now=now))["drive"]

    assert after.capacity == before.capacity
    assert after.left == before.left - shop_slot["capacity"]
    assert after.full_slots == before.full_slots + 1


async def test_jobs_tell_it_to_prometheus(database, now):
    clock = FixedClock(now)
    async with database.transaction() as tx:
        shop = await make_shop(tx, now=now)
        await make_order(tx, now=now, lines={shop.pasta[0]: 2})

    await figures.take_backlog(database, clock, late_after=LATE_AFTER)
    await figures.take_places(database, clock)

    assert read("cabas_database_up") == 1
    assert read("cabas_outbox_pending") == 1
    assert read("cabas_dispatched_total") == 0
    assert read("cabas_places_left", channel="drive") == read("cabas_places", channel="drive") - 1


async def test_outside_services_are_away_for_some_and_owed_something(database, now):
    async with database.transaction() as tx:
        for process, standing in (("a", "open"), ("b", "closed"), ("c", "recovering"), ("d", "open")):
            await tx.execute(
                """
                insert into outside_state (process_id, service, standing, since, share, problem, at)
                     values ($1, 'loyalty', $2, $3, 1, '', $3)""",
                process,
                standing,
                now,
            )
        await insert(tx, store_id=1, service="loyalty", key="k", operation="earn", body=b"{}", now=now)

    await figures.take_services(database, FixedClock(now + timedelta(seconds=30)))

    assert read("cabas_service_away", service="loyalty") == 0.5
    assert read("cabas_service_owed", service="loyalty") == 1
    assert read("cabas_service_owed_seconds", service="loyalty") == 30

    await figures.take_services(database, FixedClock(now + timedelta(hours=1)))
    assert read("cabas_service_away", service="loyalty") is None


async def test_a_database_that_is_away_is_told_as_well(database, now):
    await database.close()

    with pytest.raises(Exception, match="clos"):
        await figures.take_backlog(database, FixedClock(now), late_after=LATE_AFTER)

    assert read("cabas_database_up") == 0


async def test_a_job_is_counted_whether_it_fails_or_not():
    names = ("runs", "failures", "done")
    before = [read(f"cabas_job_{name}_total", task="try") or 0 for name in names]

    async def write(count):
        if not count:
            raise ValueError("nothing to write")
        return count

    assert await figures.counted("try", write(7)) == 7
    with pytest.raises(ValueError, match="nothing"):
        await figures.counted("try", write(0))

    after = [read(f"cabas_job_{name}_total", task="try") for name in names]
    assert [now - then for now, then in zip(after, before, strict=True)] == [2, 1, 7]


async def test_the_site_is_asked_as_a_shopper_asks_it(now):
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=503 if request.path == "/creneaux" else 200)

    async with served(answer) as url:
        await figures.probe(None, FixedClock(now), url=url)
    assert asked == ["/", "/creneaux", "/readyz"]
    assert (read("probe_success", target="home"), read("probe_success", target="slots")) == (1, 0)

    await figures.probe(None, FixedClock(now), url=url)  # nobody listens any more
    assert read("probe_success", target="home") == 0


def test_nothing_is_counted_where_nobody_asks():
    settings = settings_module.load({"CABAS_SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough"})
    port = free_port()
    told = msgspec.structs.replace(
        settings, telemetry=Telemetry(worker_port=port, probe_url="http://127.0.0.1:1")
    )

    silent, telling = schedule.recurring(settings), schedule.recurring(told)

    assert len(telling) == len(silent) + 4
    figures.serve(port)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        assert b"cabas_outbox_oldest_seconds" in answer.read()


@asynccontextmanager
async def served(answer):
    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def read(name, **labels):
    return REGISTRY.get_sample_value(name, labels)
