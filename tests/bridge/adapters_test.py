"""Each adapter against the stand-in as a real process: the same answers, each key once, whatever the network does."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry

from bridge.processes import Legacy, legacy_process
from cabas.bridge import shapes
from cabas.bridge.adapters import files, rest, soap, sql
from cabas.bridge.desk import Desk, Reply, Serving
from cabas.bridge.journal import Journal
from cabas.bridge.port import Adapter
from cabas.bridge.shapes import FeedKind, FeedMode

CARD = "2990000000001"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ALL = ("rest", "soap", "sql", "files")
NETWORK = ("rest", "soap")


class Asking:
    """One desk over one adapter."""

    def __init__(self, adapter: Adapter, journal: Journal, seconds: float) -> None:
        serving = Serving(adapter, seconds, asyncio.Semaphore(16))
        services = {"loyalty": serving, "registry": serving, "orders": serving}
        self._desk = Desk(services, journal, CollectorRegistry())

    async def __call__(self, path: str, request: Any) -> Any:
        """The answer, or the problem."""
        reply = await self.reply(path, request)
        kind = shapes.OPERATIONS[path].answer if reply.status == 200 else shapes.Problem
        return msgspec.json.decode(reply.body, type=kind)

    async def reply(self, path: str, request: Any) -> Reply:
        return await self._desk.answer(path, msgspec.json.encode(request))


@pytest.mark.parametrize("kind", ALL)
async def test_a_card_and_what_is_on_it(ask: Asking, opening: int) -> None:
    card = await ask("loyalty/card", shapes.CardRequest(card=CARD))
    balance = await ask("loyalty/balance", shapes.CardRequest(card=CARD))

    assert (card.card, card.state) == (CARD, "active")
    assert (balance.cents, balance.available_cents + balance.reserved_cents) == (opening, opening)


@pytest.mark.parametrize("kind", ALL)
async def test_what_is_unknown_is_refused_by_name(ask: Asking) -> None:
    assert (await ask("loyalty/card", shapes.CardRequest(card="2999999999999"))).code == "card_not_found"
    nobody = shapes.EarnRequest(key=_key(), card="2999999999999", cents=10, at=NOW)
    assert (await ask("loyalty/earn", nobody)).code == "card_not_found"


@pytest.mark.parametrize("kind", ALL)
async def test_the_same_key_earns_once_and_another_content_is_refused(ask: Asking, legacy: Legacy) -> None:
    earning = shapes.EarnRequest(
        key=_key(), card=CARD, cents=120, at=NOW, order=uuid4(), store="1", reason="offer"
    )

    first = await ask("loyalty/earn", earning)
    again = await ask("loyalty/earn", earning)
    other = await ask("loyalty/earn", msgspec.structs.replace(earning, cents=999))

    assert first == again
    assert first.cents == 120
    assert other.code == "key_reused"
    assert _movements(legacy, earning.key) == [120]


@pytest.mark.parametrize("kind", ALL)
async def test_an_earning_is_taken_back(ask: Asking, legacy: Legacy) -> None:
    back = shapes.EarnRequest(key=_key(), card=CARD, cents=-30, at=NOW)

    assert (await ask("loyalty/earn", back)).cents == -30
    assert _movements(legacy, back.key) == [-30]


@pytest.mark.parametrize("kind", ALL)
async def test_what_was_reserved_is_spent_once(ask: Asking, legacy: Legacy) -> None:
    reserving = shapes.ReserveRequest(key=_key(), card=CARD, cents=200, order=uuid4())
    reserved = await ask("loyalty/reserve", reserving)
    spending = shapes.SpendRequest(key=_key(), reservation=reserved.reservation, cents=150)

    spent = await ask("loyalty/spend", spending)
    again = await ask("loyalty/spend", spending)
    another = await ask("loyalty/spend", msgspec.structs.replace(spending, key=_key()))
    released = await ask(
        "loyalty/release", shapes.ReleaseRequest(key=_key(), reservation=reserved.reservation)
    )

    assert (reserved.cents, reserved.state) == (200, "held")
    assert spent == again
    assert spent.cents == 150
    assert another.code == "reservation_ended"
    assert released.code == "reservation_ended"
    assert _movements(legacy, spending.key) == [-150]


@pytest.mark.parametrize("kind", ALL)
async def test_what_was_reserved_is_released(ask: Asking) -> None:
    reserved = await ask("loyalty/reserve", shapes.ReserveRequest(key=_key(), card=CARD, cents=100))
    release = shapes.ReleaseRequest(key=_key(), reservation=reserved.reservation)

    assert (await ask("loyalty/release", release)).state == "released"
    spending = shapes.SpendRequest(key=_key(), reservation=reserved.reservation, cents=100)
    assert (await ask("loyalty/spend", spending)).code == "reservation_ended"


@pytest.mark.parametrize("kind", ALL)
async def test_more_than_there_is_is_not_reserved(ask: Asking) -> None:
    greedy = shapes.ReserveRequest(key=_key(), card=CARD, cents=90_000_000)

    assert (await ask("loyalty/reserve", greedy)).code == "insufficient_balance"


@pytest.mark.parametrize("kind", ALL)
async def test_an_order_status_arrives_once(ask: Asking, legacy: Legacy) -> None:
    status = shapes.OrderStatus(
        seq=_number(), order=uuid4(), store="S1", code="ABC123", state="ready", at=NOW
    )

    for _ in range(2):
        assert (await ask("orders/status", status)).seq == status.seq

    (row,) = [row for row in legacy.rows("order_status") if row["SEQ"] == status.seq]
    assert (row["STATE"], row["TIMES"]) == ("ready", 1)


@pytest.mark.parametrize("kind", NETWORK)
@pytest.mark.parametrize("fault", ["half", "reset", "wrong", "error", "hang", "drip"])
async def test_an_effect_whose_answer_was_lost_is_not_repeated(
    ask: Asking, legacy: Legacy, fault: str
) -> None:
    earning = shapes.EarnRequest(key=_key(), card=CARD, cents=75, at=NOW)

    await ask("loyalty/balance", shapes.CardRequest(card=CARD))  # the SOAP description is known
    legacy.fault(fault, effect=True, times=1, seconds=5)
    lost = await ask("loyalty/earn", earning)
    found = await ask("loyalty/earn", earning)

    assert lost.code in ("outcome_unknown", "no_answer_in_time")
    assert found.cents == 75
    assert _movements(legacy, earning.key) == [75]


@pytest.mark.parametrize("kind", ["files"])
@pytest.mark.parametrize("fault", ["half", "reset", "wrong", "hang"])
async def test_an_effect_whose_answering_file_was_spoilt_is_not_repeated(
    ask: Asking, legacy: Legacy, fault: str
) -> None:
    earning = shapes.EarnRequest(key=_key(), card=CARD, cents=75, at=NOW)

    legacy.fault(fault, effect=True, times=1, face="files")
    lost = await ask("loyalty/earn", earning)
    found = await ask("loyalty/earn", earning)

    assert lost.code in ("outcome_unknown", "no_answer_in_time")
    assert found.cents == 75
    assert _movements(legacy, earning.key) == [75]


@pytest.mark.parametrize("kind", NETWORK)
@pytest.mark.parametrize("fault", ["error", "hang", "reset", "half", "wrong", "drip", "down", "latency"])
async def test_each_fault_is_a_problem_and_passes_with_it(ask: Asking, legacy: Legacy, fault: str) -> None:
    legacy.fault(fault, seconds=5)
    ill = await ask("loyalty/balance", shapes.CardRequest(card=CARD))
    legacy.mend()
    well = await ask("loyalty/balance", shapes.CardRequest(card=CARD))

    assert ill.code in ("outcome_unknown", "no_answer_in_time")
    assert ill.retry_after
    assert well.card == CARD


@pytest.mark.parametrize("kind", ["rest", "soap", "sql"])
async def test_offers_are_told(ask: Asking) -> None:
    offers = await ask("loyalty/offers", shapes.OffersRequest(card=CARD))

    assert [(one.offer, one.cents, one.percent) for one in offers.items] == [("O1", 0, 5), ("O2", 50, 0)]


@pytest.mark.parametrize("kind", ["rest", "soap", "sql"])
async def test_the_life_of_a_customer(ask: Asking) -> None:
    account = uuid4()
    creating = shapes.CreateRequest(
        key=_key(), email=f"{uuid4().hex}@x.example", name="Ève Martin", consents={"sms": True}
    )
    made = await ask("registry/create", creating)
    again = await ask("registry/create", creating)
    taken = await ask("registry/create", msgspec.structs.replace(creating, key=_key()))
    linked = await ask("registry/link", shapes.LinkRequest(key=_key(), ref=made.ref, customer=account))
    consents = shapes.ConsentsRequest(key=_key(), ref=made.ref, consents={"sms": False, "mail": True}, at=NOW)
    agreed = await ask("registry/consents", consents)
    found = await ask("registry/find", shapes.FindRequest(email=creating.email.upper()))
    export = await ask("registry/export", shapes.ExportRequest(ref=made.ref))
    erased = await ask("registry/erase", shapes.EraseRequest(key=_key(), ref=made.ref, at=NOW))

    assert again == made
    assert made.card
    assert taken.code == "customer_exists"
    assert linked.customer == account
    assert agreed.consents == {"sms": False, "mail": True}
    assert [one.ref for one in found.items] == [made.ref]
    assert {"customer", "cards"} <= set(export.sections)
    assert erased.proof
    assert (await ask("registry/find", shapes.FindRequest(ref=made.ref))).items == []
    assert (await ask("registry/export", shapes.ExportRequest(ref=made.ref))).code == "customer_not_found"


@pytest.mark.parametrize("kind", ["rest", "soap", "sql"])
async def test_two_customers_become_one(ask: Asking) -> None:
    keep, gone = [
        await ask(
            "registry/create", shapes.CreateRequest(key=_key(), email=f"{uuid4().hex}@x.example", name=name)
        )
        for name in ("Keep", "Gone")
    ]

    merged = await ask("registry/merge", shapes.MergeRequest(key=_key(), keep=keep.ref, gone=gone.ref))

    assert merged.ref == keep.ref
    assert [one.ref for one in (await ask("registry/find", shapes.FindRequest(card=gone.card))).items] == [
        keep.ref
    ]
    assert (await ask("registry/find", shapes.FindRequest(ref=gone.ref))).items == []


@pytest.mark.parametrize("kind", ["sql"])
async def test_two_at_once_can_not_reserve_the_same_euros(ask: Asking, opening: int) -> None:
    wanted = [shapes.ReserveRequest(key=_key(), card=CARD, cents=opening * 2 // 3) for _ in range(4)]

    answers = await asyncio.gather(*(ask("loyalty/reserve", one) for one in wanted))

    reserved = [one for one in answers if isinstance(one, shapes.Reservation)]
    assert len(reserved) == 1
    await ask("loyalty/release", shapes.ReleaseRequest(key=_key(), reservation=reserved[0].reservation))


@pytest.mark.parametrize("kind", ["files"])
async def test_what_an_adapter_has_not_is_not_served(ask: Asking) -> None:
    assert (await ask("registry/find", shapes.FindRequest(ref="C1"))).code == "not_served"
    assert (await ask.reply("loyalty/nothing", shapes.FindRequest())).status == 404


@pytest.mark.parametrize("kind", ["rest", "sql", "files"])
async def test_prices_and_stocks_are_read_page_by_page(adapter: Adapter, legacy: Legacy, kind: str) -> None:
    goods = {
        "prices": [
            ["12", "3017620422003", "2.49"],
            ["12", "3274080005003", "0.99"],
            ["14", "3017620422003", "2.59"],
        ],
        "stocks": [
            ["12", "3017620422003", "4.5"],
            ["12", "3274080005003", "0"],
            ["14", "3017620422003", "7"],
        ],
    }
    legacy.ask("POST", "/goods", goods)
    for feed in FeedKind:
        legacy.ask("POST", "/feeds", {"kind": feed.value, "name": f"{feed.value}-full-{_key()}.txt"})

    for feed, value in ((FeedKind.PRICES, "price"), (FeedKind.STOCKS, "stock")):
        rows, cursor, last = [], "", False
        while not last:
            page = await adapter.page(feed, mode=FeedMode.FULL, cursor=cursor, limit=2)
            assert page is not None
            rows, cursor, last = [*rows, *page.rows], page.cursor, page.last
        told = [[row.store, row.gtin, getattr(row, value)] for row in rows]
        assert told[-3:] == goods[feed.value]
        assert (await adapter.fed(feed, cursor) == "") is (kind == "files")


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legacy]:
    with legacy_process(tmp_path_factory.mktemp("legacy")) as legacy:
        yield legacy


@pytest.fixture
def legacy(standing: Legacy) -> Iterator[Legacy]:
    yield standing
    standing.mend()


@pytest.fixture
def opening(legacy: Legacy) -> int:
    """What is on the card before the test."""
    return sum(row["CENTS"] for row in legacy.rows("movements") if row["CARD"] == CARD)


@pytest.fixture
def seconds(request: pytest.FixtureRequest) -> float:
    """Short where the test waits for it."""
    return 1.0 if "fault" in request.fixturenames else 20.0


@pytest_asyncio.fixture
async def adapter(kind: str, legacy: Legacy, seconds: float) -> AsyncIterator[Adapter]:
    feeds = {
        "prices": {
            "files": "out/feeds/prices-*.txt",
            "fields": {"store": "store", "gtin": "ean", "price": "price"},
        },
        "stocks": {
            "files": "out/feeds/stocks-*.txt",
            "widths": [["store", 12], ["gtin", 14], ["stock", 10], ["back_on", 10]],
        },
    }
    made: dict[str, Any] = {
        "rest": lambda: rest.Adapter({"url": legacy.rest}, seconds=seconds),
        "soap": lambda: soap.Adapter({"wsdl": legacy.soap}, seconds=seconds),
        "sql": lambda: sql.Adapter({"url": f"sqlite:///{legacy.database}"}, seconds=seconds),
        "files": lambda: files.Adapter({"folder": str(legacy.drop), "feeds": feeds}, seconds=seconds),
    }
    adapter: Adapter = made[kind]()
    yield adapter
    await adapter.close()


@pytest_asyncio.fixture
async def ask(adapter: Adapter, tmp_path: Path, seconds: float) -> AsyncIterator[Asking]:
    journal = Journal(tmp_path / "bridge.db")
    yield Asking(adapter, journal, seconds)
    journal.close()


def _movements(legacy: Legacy, key: str) -> list[int]:
    return [row["CENTS"] for row in legacy.rows("movements") if row["REFERENCE"] == key]


def _key() -> str:
    return f"key-{uuid4().hex}"


def _number() -> int:
    return uuid4().int % 10**12
