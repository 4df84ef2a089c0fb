"""The short form of `make chaos CHAOS="--part contention"`."""

import pytest

from cabas.check import audit
from cabas.kit.db import Database
from chaos.contention import CLIENTS, SLOTS, contend


async def test_sixty_four_clients_at_ten_times_the_capacity_sell_exactly_the_capacity(
    crowd, database_url, now
):
    sold = await contend(crowd, now=now, store_id=1, capacity=4, seed=1)

    assert (sold.short, sold.over) == (0, 0)
    assert sold.acknowledged == sold.capacity == SLOTS * 4
    assert sold.attempts == 10 * sold.capacity
    assert await audit(database_url) == []


@pytest.fixture
async def crowd(database_url):
    database = await Database.connect(database_url, connections_max=CLIENTS)
    yield database
    await database.close()
