from datetime import timedelta

from cabas.domain.customers import jobs
from cabas.kit.clock import FixedClock
from cabas.kit.limiter import Limit, count_attempt
from factories.customers import make_customer, sign_in


async def test_what_has_run_out_is_forgotten_and_the_rest_kept(database, now):
    async with database.transaction() as tx:
        await make_customer(tx, now=now)
        await sign_in(tx, now=now - timedelta(days=70))
        kept = await sign_in(tx, now=now)
        await count_attempt(tx, bucket="a", limit=Limit(attempts=1, period=timedelta(minutes=1)), now=now)

    await jobs.forget_run_out(database, FixedClock(now))

    async with database.read() as reader:
        assert [row["token_hash"] for row in await reader.fetch("select token_hash from session")] == [kept]
        assert await reader.fetchval("select count(*) from attempt where bucket = 'a'") == 1
        assert (
            await reader.fetchval(
                "select count(*) from attempt where window_start < $1", now - timedelta(days=2)
            )
            == 0
        )
