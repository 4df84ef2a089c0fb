"""The search of a store: the index joined with what it sells, and PostgreSQL until there is an index."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest_asyncio

from cabas.domain.search.engine import SearchEngine
from cabas.kit.db import Database
from factories.catalog import make_categories, make_offer, make_product
from factories.stores import make_store

PASTA, ORGANIC, SAUCE, GONE, ELSEWHERE, INCOMPLETE = range(3760000000011, 3760000000017)


@pytest_asyncio.fixture
async def engine(database: Database) -> AsyncIterator[SearchEngine]:
    async with database.transaction() as tx:
        await make_categories(tx)
        await make_store(tx)
        await make_product(tx, gtin=PASTA, name="Coquillettes")
        await make_product(tx, gtin=ORGANIC, name="Coquillettes complètes", labels=["organic"])
        await make_product(tx, gtin=SAUCE, name="Sauce tomate pour pâtes", category_id=10201)
        await make_product(tx, gtin=GONE, name="Coquillettes fines")
        await make_product(tx, gtin=ELSEWHERE, name="Coquillettes de Rennes")
        await make_product(tx, gtin=INCOMPLETE, name="Coquillettes sans étiquette", sellable=False)
        for gtin in (PASTA, ORGANIC, SAUCE, INCOMPLETE):
            await make_offer(tx, gtin=gtin)
        await make_offer(tx, gtin=GONE, status=2)
        await make_offer(tx, gtin=ELSEWHERE, store_id=2)
    yield SearchEngine(database)


async def _found(engine: SearchEngine, database: Database, text: str, now: datetime) -> list[int]:
    async with database.read() as reader:
        found = await engine.find(reader, store_id=1, text=text, now=now)
    return [card.gtin for card in found.cards]


async def test_only_what_the_store_sells_is_found_and_what_is_out_of_stock_comes_last(
    engine: SearchEngine, database: Database, now: datetime
) -> None:
    await engine.refresh()

    assert await _found(engine, database, "coquilette", now) == [PASTA, ORGANIC, GONE]


async def test_labels_are_words(engine: SearchEngine, database: Database, now: datetime) -> None:
    await engine.refresh()

    assert (await _found(engine, database, "coquillettes bio", now))[0] == ORGANIC


async def test_a_barcode_finds_its_product(engine: SearchEngine, database: Database, now: datetime) -> None:
    await engine.refresh()

    assert await _found(engine, database, f" {GONE} ", now) == [GONE]
    assert await _found(engine, database, "3760000 000011", now) == [PASTA]


async def test_postgresql_answers_until_the_index_is_made(
    engine: SearchEngine, database: Database, now: datetime
) -> None:
    assert not engine.ready
    assert (await _found(engine, database, "COQUILLETTES", now))[:2] == [PASTA, ORGANIC]
    assert await _found(engine, database, "' or 1=1 --", now) == []


async def test_the_index_is_made_anew_when_products_change_and_only_then(
    engine: SearchEngine, database: Database, now: datetime
) -> None:
    assert await engine.refresh()
    assert not await engine.refresh()

    async with database.transaction() as tx:
        gtin = await make_product(
            tx, gtin=3760000000028, name="Farfalles", changed_at=now + timedelta(seconds=1)
        )
        await make_offer(tx, gtin=gtin)

    assert await engine.refresh()
    assert await _found(engine, database, "farfalle", now) == [3760000000028]


async def test_suggestions_take_a_word_that_is_only_begun(
    engine: SearchEngine, database: Database, now: datetime
) -> None:
    await engine.refresh()

    async with database.read() as reader:
        suggested = await engine.suggest(reader, store_id=1, text="coqui", now=now)

    assert [card.gtin for card in suggested.cards] == [PASTA, ORGANIC, GONE]
    assert suggested.queries == ["coquillettes"]
