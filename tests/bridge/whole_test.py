"""Shop, bridge and old system as real processes: no port of the bridge is used, everything arrives once."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bridge.processes import Legacy, bridge_process, legacy_process, web_process
from cabas.bridge import shapes
from cabas.connectors.bridge_client import BridgeClient, BridgeRefused
from cabas.connectors.bridge_client.pulled import PulledCarrier
from cabas.connectors.bridge_feeds import records
from cabas.kit.db import Database
from factories.catalog import make_product
from factories.network import FIRST_GTIN, make_network
from factories.orders import make_order

PATIENCE_SECONDS = 60
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CARD = "2990000000001"
NEW = 3_017_620_422_003


async def test_a_bridge_that_opens_its_connections_itself(
    database: Database, database_url: str, tmp_path: Path, now: datetime
) -> None:
    async with database.transaction() as tx:
        await make_network(tx, now=now)
        await make_product(tx, gtin=NEW)
        await make_order(tx, now=now, lines={FIRST_GTIN: 1})
        (store, *_) = [row["slug"] for row in await tx.fetch("select slug from store where store_id = 1")]
    with (
        legacy_process(tmp_path / "legacy") as legacy,
        web_process(tmp_path / "web", database_url) as shop,
    ):
        legacy.ask("POST", "/goods", {"prices": [[store, str(NEW), "2.49"], [store, "12", "1.00"]]})
        config = _config(shop, legacy)
        with bridge_process(tmp_path / "bridge", config):
            await _loyalty_is_pulled(database, legacy)
            await _prices_come_in(database, legacy, store)
            await _statuses_go_out(database, legacy, count=1)
        rejected = list((tmp_path / "bridge" / "rejected").glob("*.csv"))
        assert "gtin_length" in rejected[0].read_text()

        async with database.transaction() as tx:
            await make_order(tx, now=now, lines={FIRST_GTIN: 1})
        with bridge_process(tmp_path / "bridge", config):  # begun again, it goes on where it was
            await _statuses_go_out(database, legacy, count=2)


async def _loyalty_is_pulled(database: Database, legacy: Legacy) -> None:
    client = BridgeClient(PulledCarrier("hq", database), seconds=PATIENCE_SECONDS)
    earning = shapes.EarnRequest(key=f"order-{uuid4()}", card=CARD, cents=120, at=NOW)

    earned = await asyncio.gather(*(client.earn(earning) for _ in range(3)))

    assert {one.movement for one in earned} == {earned[0].movement}
    assert [row["CENTS"] for row in legacy.rows("movements") if row["REFERENCE"] == earning.key] == [120]
    with pytest.raises(BridgeRefused, match="card_not_found"):
        await client.card(shapes.CardRequest(card="2999999999999"))


async def _prices_come_in(database: Database, legacy: Legacy, store: str) -> None:
    async def price() -> Any:
        async with database.read() as reader:
            return await reader.fetchval(
                "select price_cents from offer where store_id = 1 and gtin = $1", NEW
            )

    await _until(price, lambda cents: cents == 249)
    legacy.ask("POST", "/goods", {"prices": [[store, str(NEW), "2.59"]]})
    await _until(price, lambda cents: cents == 259)


async def _statuses_go_out(database: Database, legacy: Legacy, *, count: int) -> None:
    async with database.transaction() as tx:
        await records.number_statuses(tx, limit=100)

    async def told() -> Any:
        return await asyncio.to_thread(legacy.rows, "order_status")

    rows = await _until(told, lambda rows: len(rows) == count)
    assert [(row["SEQ"], row["STATE"], row["TIMES"]) for row in rows] == [
        (seq, "placed", 1) for seq in range(1, count + 1)
    ]


async def _until(look: Callable[[], Any], enough: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not enough(found := await look()):
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)
    return found


def _config(shop: str, legacy: Legacy) -> str:
    return f"""
[cabas]
url = "{shop}"
pull = true
[adapters.old]
kind = "rest"
options = {{ url = "{legacy.rest}" }}
[services]
loyalty = "old"
orders = "old"
[feeds.prices]
adapter = "old"
every_seconds = 0.2
"""
