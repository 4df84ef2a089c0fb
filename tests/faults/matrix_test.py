"""
The fault matrix: shop's side, bridge and old system as they run, every fault on every thing that is asked.

Short here; the whole of it by `make chaos CHAOS="--part faults"`, which sets ``CABAS_FAULTS=whole``.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bridge.processes import Legacy, bridge_process, client_of, legacy_process
from cabas.bridge import shapes
from cabas.connectors import bridge_loyalty, bridge_outbox
from cabas.connectors.bridge_loyalty import BridgedLoyalty
from cabas.connectors.bridge_loyalty.records import Known
from cabas.connectors.bridge_outbox.records import select_backlogs
from cabas.kit.clock import FixedClock
from cabas.kit.db import Database
from cabas.kit.guard import Guard, GuardPolicy, Reason, Unavailable
from faults.cells import BANK, OUTSIDE, SHORT, Cell, cells, chosen

SERVICE = "loyalty"
CARD = "2990000000001"
IMPATIENT = 1.0
PATIENT = 60.0
"""Seconds: what is well may be slow here, for the machine may be."""

LONG = 20.0
"""Seconds that a fault takes: more than anybody waits."""


class Line:
    """A client and a guard of the same patience."""

    def __init__(self, url: str, seconds: float, shop: "Shop") -> None:
        self._shop = shop
        self.client = client_of(url, seconds=seconds)
        policy = GuardPolicy(deadline_seconds=seconds, concurrency=8)
        self.guard = Guard(SERVICE, policy, shop.clock, refusals=bridge_loyalty.REFUSALS)
        self.loyalty = BridgedLoyalty(self.client, self.guard, shop.database, shop.clock)

    async def ask(self, asked: str) -> Any:
        operation, request = self._shop.request(asked)
        answer = shapes.OPERATIONS[operation].answer
        return await self.guard.call(lambda: self.client.ask(operation, request, answer))

    async def deliver(self) -> int:
        return await bridge_outbox.deliver_due(
            self._shop.database, self._shop.clock, service=SERVICE, client=self.client, guard=self.guard
        )


class Shop:
    """The shop's side of one cell. ``under`` and ``after``: how it asks while the fault lasts, and afterwards."""

    def __init__(self, url: str, legacy: Legacy, database: Database, now: datetime) -> None:
        self.legacy, self.database, self.clock = legacy, database, FixedClock(now)
        self.key, self.mail = f"cell-{uuid4()}", f"{uuid4()}@legacy.example"
        self.under, self.after = Line(url, IMPATIENT, self), Line(url, PATIENT, self)
        self.reservation = self.ref = ""

    async def prepare(self, cell: Cell) -> None:
        """While all is well: what the cell needs to be there."""
        if cell.asked == "known":
            await self.after.loyalty.balance(CARD)
        if cell.asked == "spend":
            held = await self.after.loyalty.reserve(key=f"{self.key}-hold", card=CARD, cents=1, seconds=900)
            self.reservation = held.reservation
        if cell.asked in ("find", "consents", "erase"):
            person = shapes.CreateRequest(key=f"{self.key}-person", email=self.mail, name="Jeanne")
            self.ref = (await self.after.client.create(person)).ref

    async def post(self, asked: str) -> None:
        operation, request = self.request(asked)
        async with self.database.transaction() as tx:
            await bridge_outbox.post(
                tx, store_id=1, service=SERVICE, operation=operation, request=request, now=self.clock.now()
            )

    async def waiting(self) -> int:
        async with self.database.read() as reader:
            backlog = (await select_backlogs(reader)).get(SERVICE)
        assert backlog is None or backlog.refused == 0
        return backlog.waiting if backlog else 0

    def request(self, asked: str) -> tuple[str, Any]:
        """The operation and what is sent, always with the same key."""
        at, key = self.clock.now(), self.key
        match asked:
            case "earn":
                return "loyalty/earn", shapes.EarnRequest(key=key, card=CARD, cents=7, at=at)
            case "spend":
                return "loyalty/spend", shapes.SpendRequest(key=key, reservation=self.reservation, cents=1)
            case "reserve":
                return "loyalty/reserve", shapes.ReserveRequest(key=key, card=CARD, cents=1)
            case "find":
                return "registry/find", shapes.FindRequest(email=self.mail)
            case "create":
                return "registry/create", shapes.CreateRequest(key=key, email=self.mail, name="Jeanne")
            case "consents":
                wishes = {"news": True}
                return "registry/consents", shapes.ConsentsRequest(
                    key=key, ref=self.ref, consents=wishes, at=at
                )
            case _:
                return "registry/erase", shapes.EraseRequest(key=key, ref=self.ref, at=at)

    def done(self, asked: str) -> int:
        """How often the old system did it."""
        match asked:
            case "earn" | "spend":
                return sum(row["REFERENCE"] == self.key for row in self.legacy.rows("movements"))
            case "reserve":
                return sum(row["REFERENCE"] == self.key for row in self.legacy.rows("holds"))
            case "erase":
                return sum(
                    row["REF"] == self.ref and bool(row["PROOF"]) for row in self.legacy.rows("customers")
                )
            case "consents":
                return sum(
                    row["REF"] == self.ref and "news" in row["CONSENTS"]
                    for row in self.legacy.rows("customers")
                )
            case _:
                return sum(row["EMAIL"] == self.mail for row in self.legacy.rows("customers"))


async def last(shop: Shop, cell: Cell) -> None:
    told_at = shop.clock.at
    shop.clock.at += timedelta(hours=23)

    known = await shop.under.loyalty.balance(CARD)

    assert isinstance(known, Known)
    assert known.at == told_at


async def none(shop: Shop, cell: Cell) -> None:
    assert await shop.under.loyalty.balance(CARD) is None


async def no(shop: Shop, cell: Cell) -> None:
    with pytest.raises(Unavailable) as told:
        await shop.under.ask(cell.asked)
    assert told.value.reason in (Reason.LATE, Reason.FAILED)

    shop.legacy.mend()
    await shop.after.ask(cell.asked)
    assert shop.done(cell.asked) == 1


async def once(shop: Shop, cell: Cell) -> None:
    await shop.post(cell.asked)
    assert await shop.under.deliver() == 0
    assert await shop.waiting() == 1

    shop.legacy.mend()
    shop.clock.at += timedelta(minutes=5)
    assert await shop.after.deliver() == 1
    assert await shop.waiting() == 0
    assert shop.done(cell.asked) == 1


EXPECTED = {"last": last, "none": none, "no": no, "once": once}


@pytest.mark.parametrize("cell", chosen(OUTSIDE), ids=str)
async def test_the_answer_under_a_fault(
    cell: Cell, outside: tuple[str, Legacy], database: Database, now: datetime
) -> None:
    url, legacy = outside
    shop = Shop(url, legacy, database, now)
    await shop.prepare(cell)
    legacy.fault(cell.fault, effect=cell.effect, seconds=LONG)
    try:
        await EXPECTED[cell.expected](shop, cell)
    finally:
        legacy.mend()
        await shop.under.loyalty.close()
        await shop.after.loyalty.close()


def test_the_short_form_has_every_row_and_every_fault() -> None:
    whole = {str(cell): cell for cell in [*cells(OUTSIDE), *cells(BANK)]}

    assert set(whole) >= SHORT
    assert {whole[one].asked for one in SHORT} == {cell.asked for cell in whole.values()}
    assert {whole[one].fault for one in SHORT} == {cell.fault for cell in whole.values()}


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Legacy]]:
    """A bridge's address and the old system behind it."""
    folder: Path = tmp_path_factory.mktemp("outside")
    with legacy_process(folder / "legacy") as legacy:
        config = f"""
[adapters.old]
kind = "rest"
timeout_seconds = {int(PATIENT)}
options = {{ url = "{legacy.rest}" }}
[services]
loyalty = "old"
registry = "old"
"""
        with bridge_process(folder / "bridge", config) as url:
            yield url, legacy
