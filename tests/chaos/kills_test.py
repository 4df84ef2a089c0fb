"""Database, web processes and worker are killed in the middle of orders by the API: nothing is lost or doubled."""

import asyncio

from chaos.kills import kill


async def test_kills_in_the_middle_of_orders_lose_and_double_nothing():
    found = await asyncio.to_thread(kill, database=2, processes=4, seed=1)

    assert found.ordered > 6
    assert (found.lost, found.doubled, found.oversold, found.undelivered) == (0, 0, 0, 0), found
    assert found.breaches == []
