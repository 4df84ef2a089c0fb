async def test_a_transaction_sees_the_migrated_schema(tx):
    assert await tx.fetchval("select count(*) from store") == 0


async def test_jsonb_comes_and_goes_as_plain_values(tx):
    assert await tx.fetchval("select $1::jsonb", {"a": [1, "é"]}) == {"a": [1, "é"]}


async def test_a_fresh_database_commits(database):
    async with database.transaction() as tx:
        await tx.execute("insert into store_sequence values (1, 0)")

    async with database.read() as reader:
        assert await reader.fetchval("select count(*) from store_sequence") == 1
