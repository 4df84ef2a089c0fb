"""A feed goes on where it broke off, sends again what had no answer, and reads the files that old systems write."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cabas.bridge.adapters.files import Adapter
from cabas.bridge.config import FeedConfig
from cabas.bridge.feeding import Feeder
from cabas.bridge.journal import Journal
from cabas.bridge.port import Adapter as Port
from cabas.bridge.port import BadOptions, FeedPage
from cabas.bridge.shapes import FeedKind, FeedMode, FeedPart, FeedRow, FeedTaken, RejectedRow
from cabas.bridge.shop import ShopAway, ShopRefused


class Changes(Port):
    """Numbered changes, as many as there are."""

    feeds = frozenset({FeedKind.PRICES})

    def __init__(self) -> None:
        super().__init__({}, seconds=1)
        self.rows = [_row(number) for number in range(1, 6)]

    async def page(self, kind: FeedKind, *, mode: FeedMode, cursor: str, limit: int) -> FeedPage | None:
        left = [row for row in self.rows if row.row > int(cursor or 0)]
        if not left:
            return None
        return FeedPage(
            rows=left[:limit], cursor=str(left[:limit][-1].row), last=len(left) <= limit, mode=mode
        )


class Shop:
    """Takes parts; ``lose`` of them without an answer."""

    def __init__(self) -> None:
        self.parts: list[FeedPart] = []
        self.lose = 0
        self.refuse: ShopRefused | None = None
        self.rejected: list[RejectedRow] = []

    async def ask(self, name: str, part: FeedPart, answer: Any, *, seconds: float) -> FeedTaken:
        if self.refuse is not None:
            refused, self.refuse = self.refuse, None
            raise refused
        self.parts.append(part)
        if self.lose:
            self.lose -= 1
            raise ShopAway("lost")
        return FeedTaken(feed=part.feed, part=part.part, next_part=part.part + 1, rejected=self.rejected)


async def test_first_all_then_what_changes(feeder: Feeder, shop: Shop, source: Changes) -> None:
    pauses = [await feeder.step() for _ in range(3)]
    source.rows.append(_row(6))
    await feeder.step()
    await feeder.step()

    assert pauses == [0.0, 0.0, 60.0]
    told = [(one.mode, one.part, [row.row for row in one.rows], one.last) for one in shop.parts]
    assert told == [
        ("full", 1, [1, 2], False), ("full", 2, [3, 4], False), ("full", 3, [5], True), ("delta", 1, [6], True)
    ]  # fmt: skip
    assert len({one.feed for one in shop.parts}) == 2


async def test_a_part_without_an_answer_is_sent_again_as_it_was(
    feeder: Feeder, shop: Shop, source: Changes
) -> None:
    shop.lose = 1
    with pytest.raises(ShopAway):
        await feeder.step()
    source.rows = source.rows[1:]
    await feeder.step()

    assert shop.parts[0] == shop.parts[1]


async def test_a_feed_that_the_shop_does_not_know_begins_anew(feeder: Feeder, shop: Shop) -> None:
    await feeder.step()
    shop.refuse = ShopRefused(409, "part_missing", {"next_part": 1})
    await feeder.step()
    await feeder.step()

    assert [(one.part, one.mode) for one in shop.parts] == [(1, "full"), (1, "full")]
    assert shop.parts[0].feed != shop.parts[1].feed


async def test_an_end_that_falls_on_the_last_row_is_told(feeder: Feeder, shop: Shop, source: Changes) -> None:
    source.rows = source.rows[:2]
    page = await source.page(FeedKind.PRICES, mode=FeedMode.FULL, cursor="", limit=2)
    assert page is not None
    source.page = _pages(FeedPage(rows=page.rows, cursor="2", last=False, mode=FeedMode.FULL), None)  # type: ignore[method-assign]

    await feeder.step()
    await feeder.step()

    assert [(len(one.rows), one.last) for one in shop.parts] == [(2, False), (0, True)]


async def test_rows_that_were_not_taken_are_listed(feeder: Feeder, shop: Shop, tmp_path: Path) -> None:
    shop.rejected = [RejectedRow(row=2, reason="bad_price", sentence="The price is none.")]

    await feeder.step()

    assert _listed(tmp_path).startswith("2,bad_price,")


async def test_files_are_feeds(tmp_path: Path, journal: Journal, shop: Shop) -> None:
    feeds = tmp_path / "out"
    feeds.mkdir()
    (feeds / "prices-1-full.csv").write_bytes(
        "magasin;ean;prix\n12;3017620422003;2,49\n\n12;x;abc\n".encode("cp1252")
    )
    (feeds / "stocks-delta.txt").write_text(f"{'12':<5}{'3017620422003':<14}{'4,5':<8}\nshort\n")
    adapter = Adapter(
        {
            "folder": str(tmp_path),
            "feeds": {
                "prices": {
                    "files": "out/prices-*.csv",
                    "fields": {"store": "magasin", "gtin": "ean", "price": "prix"},
                    "encoding": "cp1252",
                },
                "stocks": {"files": "out/stocks-*", "widths": [["store", 5], ["gtin", 14], ["stock", 8]]},
            },
        },
        seconds=1,
    )
    for kind in FeedKind:
        config = FeedConfig(adapter="files", rows_a_part=1)
        feeder = Feeder(kind, config, adapter, shop, journal, tmp_path / "rejected")  # type: ignore[arg-type]
        await feeder.step()
        await feeder.step()
        assert await feeder.step() == 60.0

    prices, stocks = shop.parts[:2], shop.parts[2:]
    assert [(row.row, row.store, row.gtin, row.price) for one in prices for row in one.rows] == [
        (2, "12", "3017620422003", "2,49"), (4, "12", "x", "abc")
    ]  # fmt: skip
    assert [(row.store, row.stock) for one in stocks for row in one.rows] == [("12", "4,5"), ("short", "")]
    assert [one.mode for one in shop.parts] == ["full", "full", "delta", "delta"]
    assert sorted(path.name for path in (feeds / "done").iterdir()) == [
        "prices-1-full.csv",
        "stocks-delta.txt",
    ]


def test_a_folder_that_is_none_is_refused() -> None:
    with pytest.raises(BadOptions):
        Adapter({"folder": "/nowhere"}, seconds=1)


@pytest.fixture
def source() -> Changes:
    return Changes()


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "bridge.db")
    yield journal
    journal.close()


@pytest.fixture
def feeder(source: Changes, shop: Shop, journal: Journal, tmp_path: Path) -> Feeder:
    config = FeedConfig(adapter="x", rows_a_part=2)
    return Feeder(FeedKind.PRICES, config, source, shop, journal, tmp_path / "rejected")  # type: ignore[arg-type]


def _row(number: int) -> FeedRow:
    return FeedRow(row=number, store="12", gtin="3017620422003", price="2.49")


def _listed(folder: Path) -> str:
    (path,) = folder.glob("rejected/*.csv")
    return path.read_text()


def _pages(*pages: FeedPage | None) -> Any:
    left = list(pages)

    async def page(*_: Any, **__: Any) -> FeedPage | None:
        return left.pop(0)

    return page
