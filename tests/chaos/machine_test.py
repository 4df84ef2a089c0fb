"""The short form of `make chaos CHAOS="--part machine"`."""

import asyncio

from chaos.machine import run_machine

RUNS, STEPS = 40, 50


async def test_every_answer_is_the_models(database, database_url, now):
    ground = await asyncio.to_thread(run_machine, database_url, now=now, runs=RUNS, steps=STEPS, start=1)

    assert ground.runs >= RUNS
    assert ground.steps > RUNS * STEPS / 2
