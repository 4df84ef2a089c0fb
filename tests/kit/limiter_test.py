import asyncio
from datetime import timedelta

import pytest

from cabas.kit.errors import TooMany
from cabas.kit.limiter import Limit, address_bucket, count_attempt, give_back, purge_attempts

THREE = Limit(attempts=3, period=timedelta(minutes=15))


async def test_one_attempt_more_than_the_limit_is_refused_with_the_wait(tx, now):
    for _ in range(3):
        await count_attempt(tx, bucket="a", limit=THREE, now=now)

    with pytest.raises(TooMany) as refused:
        await count_attempt(tx, bucket="a", limit=THREE, now=now + timedelta(minutes=5))

    assert 9 * 60 <= refused.value.detail["retry_after_seconds"] <= 10 * 60


async def test_the_period_slides(tx, now):
    for minute in (0, 7, 14):
        await count_attempt(tx, bucket="a", limit=THREE, now=now + timedelta(minutes=minute))

    await count_attempt(tx, bucket="a", limit=THREE, now=now + timedelta(minutes=16))

    with pytest.raises(TooMany):
        await count_attempt(tx, bucket="a", limit=THREE, now=now + timedelta(minutes=17))


async def test_buckets_do_not_share_their_count(tx, now):
    for _ in range(3):
        await count_attempt(tx, bucket="a", limit=THREE, now=now)

    await count_attempt(tx, bucket="b", limit=THREE, now=now)


async def test_an_attempt_given_back_does_not_count(tx, now):
    for _ in range(10):
        await give_back(tx, await count_attempt(tx, bucket="a", limit=THREE, now=now))


async def test_attempts_at_the_same_time_never_exceed_the_limit(database, now):
    async def attempt() -> bool:
        try:
            async with database.transaction() as tx:
                await count_attempt(tx, bucket="a", limit=THREE, now=now)
        except TooMany:
            return False
        return True

    assert sum(await asyncio.gather(*(attempt() for _ in range(20)))) == 3


async def test_what_no_limit_looks_back_to_is_forgotten(tx, now):
    await count_attempt(tx, bucket="a", limit=THREE, now=now)

    assert await purge_attempts(tx, now=now + timedelta(days=2)) == 1


def test_an_address_is_one_household():
    assert address_bucket("x", "2001:db8::1") == address_bucket("x", "2001:db8::ffff")
    assert address_bucket("x", "::ffff:192.0.2.1") == address_bucket("x", "192.0.2.1")
    assert address_bucket("x", "192.0.2.1") != address_bucket("x", "192.0.2.2")
    assert address_bucket("x", "garbage'--") == "x:address:unknown"
