"""Feeds go into the offers once, in order, and say what they could not take; order statuses are numbered."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from cabas.bridge.shapes import FeedKind, FeedMode, FeedPart, FeedRow
from cabas.connectors.bridge_feeds import records, taking
from cabas.connectors.bridge_feeds.statuses import statuses_after
from cabas.kit.db import Transaction
from factories.catalog import make_categories, make_offer, make_product
from factories.network import FIRST_GTIN, make_network
from factories.orders import make_order
from factories.stores import make_store

RICE, PASTA, SAUCE = 3_017_620_422_003, 3_274_080_005_003, 5_449_000_000_996
ON_SALE, OUT_OF_STOCK, WITHDRAWN = 1, 2, 0


async def test_prices_change_and_new_offers_appear(tx: Transaction, shelf: str, now: datetime) -> None:
    taken = await taking.take_part(
        tx, peer="hq", part=_prices(now, (shelf, RICE, "2,49"), (shelf, SAUCE, "3.10")), now=now
    )

    assert (taken.accepted, taken.changed, taken.rejected, taken.next_part) == (2, 2, [], 2)
    assert await _price(tx, RICE) == 249
    assert await _price(tx, SAUCE) == 310


async def test_a_part_that_comes_again_changes_nothing_and_is_answered_alike(
    tx: Transaction, shelf: str, now: datetime
) -> None:
    part = _prices(now, (shelf, RICE, "2,49"))

    first = await taking.take_part(tx, peer="hq", part=part, now=now)
    await tx.execute("update offer set price_cents = 999 where gtin = $1", RICE)
    again = await taking.take_part(tx, peer="hq", part=part, now=now)

    assert again == first
    assert await _price(tx, RICE) == 999


async def test_bad_rows_are_named_and_the_others_go_in(tx: Transaction, shelf: str, now: datetime) -> None:
    rows = (
        (shelf, RICE, "2,49"),
        (shelf, PASTA, "free"),
        ("nowhere", PASTA, "1"),
        (shelf, 123, "1"),
        (shelf, RICE, "3"),
    )

    taken = await taking.take_part(tx, peer="hq", part=_prices(now, *rows), now=now)

    assert {one.row: one.reason for one in taken.rejected} == {
        2: "bad_price", 3: "unknown_store", 4: "gtin_length", 5: "duplicate"
    }  # fmt: skip
    assert taken.accepted == 1


async def test_parts_come_in_their_order(tx: Transaction, shelf: str, now: datetime) -> None:
    with pytest.raises(taking.PartMissing) as missing:
        await taking.take_part(tx, peer="hq", part=_prices(now, (shelf, RICE, "2"), part=2), now=now)

    assert missing.value.detail == {"next_part": 1}


async def test_a_feed_that_was_made_before_another_is_refused(
    tx: Transaction, shelf: str, now: datetime
) -> None:
    await taking.take_part(tx, peer="hq", part=_prices(now, (shelf, RICE, "2")), now=now)
    older = _prices(now - timedelta(hours=1), (shelf, RICE, "1"), feed="prices-before")

    with pytest.raises(taking.FeedOutdated):
        await taking.take_part(tx, peer="hq", part=older, now=now)


async def test_what_a_full_feed_no_longer_names_is_withdrawn_until_it_is_named_again(
    tx: Transaction, shelf: str, now: datetime
) -> None:
    full = _prices(now, (shelf, RICE, "2,49"), feed="full-monday", mode=FeedMode.FULL, last=True)
    back = _prices(now, (shelf, PASTA, "1,20"), feed="delta-monday")

    taken = await taking.take_part(tx, peer="hq", part=full, now=now)
    assert (taken.vanished, taken.finished) == (1, True)
    assert await _status(tx, PASTA) == WITHDRAWN

    await taking.take_part(tx, peer="hq", part=back, now=now)
    assert await _status(tx, PASTA) == ON_SALE


async def test_a_full_feed_of_one_store_leaves_the_others_alone(
    tx: Transaction, shelf: str, now: datetime
) -> None:
    await make_store(tx, store_id=2, name="Rennes")
    await make_offer(tx, store_id=2, gtin=PASTA)
    full = _prices(now, (shelf, RICE, "2,49"), feed="full-monday", mode=FeedMode.FULL, last=True)

    await taking.take_part(tx, peer="hq", part=full, now=now)

    assert await _status(tx, PASTA, store_id=2) == ON_SALE


async def test_a_feed_that_would_empty_the_shelves_empties_none(
    tx: Transaction, shelf: str, now: datetime
) -> None:
    for number in range(30):
        gtin = await make_product(tx, gtin=4_000_000_000_000 + number)
        await make_offer(tx, store_id=1, gtin=gtin)
    full = _prices(now, (shelf, RICE, "2,49"), feed="full-broken", mode=FeedMode.FULL, last=True)

    taken = await taking.take_part(tx, peer="hq", part=full, now=now)

    assert taken.vanished == 0
    assert [one.reason for one in taken.rejected] == ["too_many_vanish"]
    assert await _status(tx, PASTA) == ON_SALE


async def test_stocks_take_off_sale_and_bring_back(tx: Transaction, shelf: str, now: datetime) -> None:
    await tx.execute("update offer set status = 0 where gtin = $1", PASTA)
    gone = _stocks(now, (shelf, RICE, "0"), (shelf, PASTA, "12"), (shelf, SAUCE, "3"), feed="stocks-1")

    taken = await taking.take_part(tx, peer="hq", part=gone, now=now)
    assert await _status(tx, RICE) == OUT_OF_STOCK
    assert await _status(tx, PASTA) == WITHDRAWN
    assert [one.reason for one in taken.rejected] == ["unknown_offer"]

    await taking.take_part(tx, peer="hq", part=_stocks(now, (shelf, RICE, "4,5"), feed="stocks-2"), now=now)
    assert await _status(tx, RICE) == ON_SALE


async def test_a_feed_says_where_it_stands(tx: Transaction, shelf: str, now: datetime) -> None:
    assert (await taking.standing(tx, peer="hq", feed="prices-monday")).next_part == 1

    await taking.take_part(tx, peer="hq", part=_prices(now, (shelf, RICE, "2,49")), now=now)

    assert (await taking.standing(tx, peer="hq", feed="prices-monday")).next_part == 2


async def test_order_statuses_are_numbered_without_a_gap(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    for _ in range(3):
        await make_order(tx, now=now, lines={FIRST_GTIN: 1})

    numbered = await records.number_statuses(tx, limit=2)
    numbered += await records.number_statuses(tx, limit=2)

    told = await statuses_after(tx, after=0)
    assert numbered == 3
    assert [(one.seq, one.state) for one in told] == [(1, "placed"), (2, "placed"), (3, "placed")]
    assert [one.seq for one in await statuses_after(tx, after=2)] == [3]
    assert await records.number_statuses(tx, limit=2) == 0


@pytest_asyncio.fixture
async def shelf(tx: Transaction) -> str:
    """A store that sells rice and pasta, and knows of the sauce."""
    store = await make_store(tx, store_id=1)
    await make_categories(tx)
    for gtin in (RICE, PASTA, SAUCE):
        await make_product(tx, gtin=gtin)
    for gtin in (RICE, PASTA):
        await make_offer(tx, store_id=1, gtin=gtin)
    return store.slug


def _prices(now: datetime, *rows: tuple[str, int, str], **changes: Any) -> FeedPart:
    told = [FeedRow(row=n, store=s, gtin=str(g), price=p) for n, (s, g, p) in enumerate(rows, start=1)]
    return _part(now, FeedKind.PRICES, told, changes)


def _stocks(now: datetime, *rows: tuple[str, int, str], **changes: Any) -> FeedPart:
    told = [FeedRow(row=n, store=s, gtin=str(g), stock=p) for n, (s, g, p) in enumerate(rows, start=1)]
    return _part(now, FeedKind.STOCKS, told, changes)


def _part(now: datetime, kind: FeedKind, rows: list[FeedRow], changes: dict[str, Any]) -> FeedPart:
    part = FeedPart(feed="prices-monday", kind=kind, mode=FeedMode.DELTA, part=1, made_at=now, rows=rows)
    return msgspec.structs.replace(part, **changes)


async def _price(tx: Transaction, gtin: int) -> int:
    return int(await tx.fetchval("select price_cents from offer where store_id = 1 and gtin = $1", gtin))


async def _status(tx: Transaction, gtin: int, *, store_id: int = 1) -> int:
    return int(
        await tx.fetchval("select status from offer where store_id = $2 and gtin = $1", gtin, store_id)
    )
