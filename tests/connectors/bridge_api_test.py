"""The shop's side of a bridge, by its signed API: pulled work, feeds, order statuses."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio

from cabas import settings as settings_module
from cabas.app import create_app
from cabas.bridge import shapes
from cabas.connectors.bridge_client import BridgeClient, BridgeRefused, BridgeUnavailable
from cabas.connectors.bridge_client.pulled import PulledCarrier, forget_run_out
from cabas.connectors.bridge_client.reaching import client_for
from cabas.kit.clock import FixedClock
from cabas.kit.db import Database
from cabas.kit.peers import Peer, signature
from factories.shop import Shop, make_shop

KEY = bytes(range(32))
BASE = "http://test/api/v1/bridge"


async def test_work_is_pulled_and_its_answer_reaches_who_asked(
    client: httpx.AsyncClient, database: Database, now: datetime
) -> None:
    asking = asyncio.create_task(
        BridgeClient(PulledCarrier("hq", database), seconds=20).balance(shapes.CardRequest(card="29900001"))
    )
    (work,) = (await _post(client, "work", shapes.WorkQuery(wait=20))).json()["items"]
    assert (work["operation"], msgspec.json.decode(work["body"])) == ("loyalty/balance", {"card": "29900001"})

    balance = shapes.Balance(
        card="29900001",
        cents=500,
        reserved_cents=0,
        available_cents=500,
        at=datetime.fromisoformat("2026-11-24T09:00Z"),
    )
    answer = shapes.WorkAnswer(work=work["work"], status=200, body=msgspec.json.encode(balance).decode())
    taken = await _post(client, "answers", shapes.WorkAnswers(items=[answer]))

    assert taken.json() == {"taken": 1}
    assert await asking == balance


async def test_a_refusal_and_a_fault_are_told_apart(client: httpx.AsyncClient, database: Database) -> None:
    for status, kind in ((404, BridgeRefused), (503, BridgeUnavailable)):
        asking = asyncio.create_task(
            BridgeClient(PulledCarrier("hq", database), seconds=20).card(shapes.CardRequest(card="29900001"))
        )
        (work,) = (await _post(client, "work", shapes.WorkQuery(wait=20))).json()["items"]
        problem = shapes.Problem(status=status, code="card_not_found", title="No")
        answer = shapes.WorkAnswer(
            work=work["work"], status=status, body=msgspec.json.encode(problem).decode()
        )
        await _post(client, "answers", shapes.WorkAnswers(items=[answer]))

        with pytest.raises(kind, match="card_not_found"):
            await asking


async def test_work_that_nobody_fetches_ends_with_the_deadline(database: Database) -> None:
    asking = BridgeClient(PulledCarrier("hq", database), seconds=0.1)

    with pytest.raises(BridgeUnavailable, match="no_answer_in_time"):
        await asking.card(shapes.CardRequest(card="29900001"))


async def test_each_request_needs_a_signature_and_counts_once(client: httpx.AsyncClient) -> None:
    body = msgspec.json.encode(shapes.WorkQuery())
    signed = signature("hq", KEY, purpose="bridge-to-cabas", method="POST", url=f"{BASE}/work", body=body)

    answers = [
        (await client.post("/api/v1/bridge/work", content=body, headers=headers)).status_code
        for headers in ({}, signed, signed)
    ]

    assert answers == [401, 200, 401]


async def test_a_feed_comes_in_by_the_api_and_a_missing_part_is_named(
    client: httpx.AsyncClient, shop: Shop, now: datetime
) -> None:
    row = shapes.FeedRow(row=1, store=shop.slug, gtin="1234", price="2,49")
    part = shapes.FeedPart(
        feed="prices-1",
        kind=shapes.FeedKind.PRICES,
        mode=shapes.FeedMode.DELTA,
        part=1,
        made_at=now,
        rows=[row],
    )

    taken = await _post(client, "feed-parts", part)
    missing = await _post(client, "feed-parts", msgspec.structs.replace(part, part=3))
    standing = await _post(client, "feeds", shapes.FeedQuery(feed="prices-1"))

    assert taken.json()["rejected"][0]["reason"] == "gtin_length"
    assert (missing.status_code, missing.json()["next_part"]) == (409, 2)
    assert standing.json()["next_part"] == 2


async def test_order_statuses_are_none_at_first(client: httpx.AsyncClient) -> None:
    assert (await _post(client, "order-statuses", shapes.StatusQuery(after=0))).json() == {"items": []}


async def test_a_bridge_is_reached_for_what_it_serves(database: Database) -> None:
    bridges = (Peer(name="hq", keys=(KEY,), services=("loyalty",)),)

    assert client_for(bridges, "loyalty", database) is not None
    assert client_for(bridges, "registry", database) is None


async def test_what_nobody_waits_for_is_forgotten(database: Database, clock: FixedClock) -> None:
    async with database.transaction() as tx:
        await tx.execute("insert into bridge_nonce values ('hq', 'n', now() - interval '1 second')")
        await tx.execute(
            "insert into bridge_work (peer, work_id, operation, body, asked_at, expires_at)"
            " values ('hq', gen_random_uuid(), 'loyalty/card', '', now(), now() - interval '2 minutes')"
        )

    assert await forget_run_out(database, clock) == 2


@pytest_asyncio.fixture
async def shop(database: Database, now: datetime) -> Shop:
    async with database.transaction() as tx:
        return await make_shop(tx, now=now)


@pytest.fixture
def clock(now: datetime) -> FixedClock:
    return FixedClock(now)


@pytest_asyncio.fixture
async def client(
    shop: Shop, database_url: str, clock: FixedClock, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    key = base64.b64encode(KEY).decode()
    settings = settings_module.load(
        {
            "CABAS_DATABASE_URL": database_url,
            "CABAS_DATA": str(tmp_path),
            "CABAS_SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough",
            "CABAS_BRIDGES": f'[hq]\nkey = "{key}"\nservices = ["loyalty"]\n',
        }
    )
    app = create_app(settings, clock=clock)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type] - httpx types a scope more loosely
    started, stopping = asyncio.Event(), asyncio.Event()

    async def live() -> None:  # begun and ended in one task, as a server does
        async with app.lifespan():
            started.set()
            await stopping.wait()

    living = asyncio.create_task(live())
    await started.wait()
    async with httpx.AsyncClient(transport=transport, base_url="http://test", timeout=60) as client:
        yield client
    stopping.set()
    await living


async def _post(client: httpx.AsyncClient, name: str, body: Any) -> Any:
    sent = msgspec.json.encode(body)
    signed = signature("hq", KEY, purpose="bridge-to-cabas", method="POST", url=f"{BASE}/{name}", body=sent)
    return await client.post(f"/api/v1/bridge/{name}", content=sent, headers=signed)
