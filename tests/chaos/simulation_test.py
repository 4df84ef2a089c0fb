"""The short form of `make chaos CHAOS="--part simulation"`."""

import asyncpg
import pytest

from cabas.check import audit
from cabas.kit.db import prepare_connection
from chaos.simulation import CRASH_POINTS, simulate

SEEDS, WISHES = 4, 600


async def test_nothing_is_lost_doubled_or_oversold_whatever_the_network_does(connection, database_url, now):
    report = await simulate(connection, seeds=range(SEEDS), wishes=WISHES, now=now, tell=lambda _: None)

    assert (report.wrong, report.failing_seeds) == (0, []), report
    assert report.orders > SEEDS * WISHES * 0.8
    assert set(report.crashes) == set(CRASH_POINTS)
    assert await audit(database_url) == []


async def test_a_seed_tells_the_same_story_again(connection, now):
    first = await simulate(connection, seeds=[7], wishes=100, now=now, tell=lambda _: None)
    await connection.execute(
        "truncate slot, cart, orders, order_line, outbox, dispatch, store_sequence, slot_hold, shopper_hold,"
        " checkout_key, order_state_change, cancellation cascade"
    )

    again = await simulate(connection, seeds=[7], wishes=100, now=now, tell=lambda _: None)

    assert again == first


@pytest.fixture
async def connection(database_url):
    connection = await asyncpg.connect(database_url)
    await prepare_connection(connection)
    yield connection
    await connection.close()
