"""The shop with its database killed: real processes, a real kill, and everything back by itself."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import pytest

from cabas.kit.db import Database
from cabas.kit.migrate import migrate
from cabas.kit.postgres import EmbeddedPostgres
from factories.browsing import text_of
from factories.shop import make_shop
from factories.shopping_by_hand import ByHand

CATEGORY = "/magasins/tours-nord/rayons/spaghettis"
SEEN = ("/", "/magasins", "/magasins/tours-nord/rayons", "/magasins/tours-nord", CATEGORY)
ALWAYS = ("/salle", "/healthz", "/readyz")
PATIENCE_SECONDS = 90


class Site(msgspec.Struct):
    """A web process of its own on a PostgreSQL of its own."""

    browser: httpx.AsyncClient
    postgres: EmbeddedPostgres
    pasta: int

    def kill_database(self) -> None:
        pid = int((self.postgres.folder / "pgdata" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)

    async def level(self) -> int:
        figures = (await self.browser.get("/metrics")).text
        return max(int(float(found)) for found in re.findall(r"^cabas_level\{.*\} (\S+)$", figures, re.M))

    async def until_level(self, wanted: int) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while await self.level() != wanted:
            assert time.monotonic() < give_up, f"never came to level {wanted}"
            await asyncio.sleep(0.2)


async def test_a_shop_without_database_reads_on_keeps_orders_private_and_recovers_alone(site):
    by_hand = ByHand(site.browser)
    order = await by_hand.shop(site.pasta)
    product = f"/magasins/tours-nord/produits/{site.pasta}"
    for path in (*SEEN, product, order):
        assert (await site.browser.get(path)).status_code == 200
    await by_hand.put(site.pasta, 2)
    await by_hand.hold()
    form = await by_hand.checkout_form()
    token = form["_csrf_token"]
    stranger = httpx.AsyncClient(base_url=site.browser.base_url, timeout=10)

    site.kill_database()
    at_once = [await site.browser.get(path) for path in (*SEEN, *ALWAYS, product, order)]
    await site.until_level(4)
    later = [await site.browser.get(path) for path in (*SEEN, *ALWAYS, product, order)]
    tap = await site.browser.post(
        f"/panier/lignes/{site.pasta}",
        data={"quantity": "3", "_csrf_token": token},
        headers={"accept": "application/json"},
    )
    sent = await by_hand.order(form)
    basket = await site.browser.get("/panier")
    peeped = await stranger.get(order)

    assert [answer.status_code for answer in at_once] == [200] * len(at_once)
    assert [answer.status_code for answer in later] == [200] * len(later)
    assert max(answer.elapsed.total_seconds() for answer in later) < 2
    for answer in later[: len(SEEN)]:
        assert "lecture seule" in text_of(answer.text)
    assert "Page de" in later[len(SEEN) - 1].text
    assert (tap.status_code, tap.json()["code"]) == (503, "read_only")
    assert (sent.status_code, basket.status_code, peeped.status_code) == (503, 503, 503)
    assert form["idempotency_key"] in sent.text
    assert "Camille" not in peeped.text

    site.postgres.start()
    await site.until_level(0)
    again = await by_hand.order(form)
    home = await site.browser.get(CATEGORY)

    assert again.status_code == 303
    assert again.headers["location"].startswith("/commandes/")
    assert "Page de" not in home.text
    assert "lecture seule" not in text_of(home.text)
    await stranger.aclose()


@pytest.fixture
async def site(server_folder: Path, tmp_path: Path) -> AsyncIterator[Site]:
    postgres = EmbeddedPostgres(server_folder)
    postgres.start()
    await migrate(postgres.url, "cabas.migrations")
    database = await Database.connect(postgres.url, connections_max=2)
    async with database.transaction() as tx:
        shop = await make_shop(tx, now=datetime.now(UTC))
    await database.close()
    process, address = _serve(postgres.url, tmp_path)
    try:
        async with httpx.AsyncClient(base_url=address, timeout=15) as browser:
            await _until_up(browser, process)
            yield Site(browser=browser, postgres=postgres, pasta=shop.pasta[0])
    finally:
        process.terminate()
        process.wait(timeout=20)
        postgres.stop(mode="immediate")


def _serve(url: str, folder: Path) -> tuple["subprocess.Popen[bytes]", str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "CABAS_DATABASE_URL": url,
        "CABAS_DATA": str(folder / "data"),
        "CABAS_PORT": str(port),
        "CABAS_WEB_PROCESSES": "1",
        "CABAS_SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough",
    }
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cabas", "web"], env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    return process, f"http://127.0.0.1:{port}"


async def _until_up(browser: httpx.AsyncClient, process: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            if (await browser.get("/readyz")).status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < give_up, "the server never answered"
        await asyncio.sleep(0.2)
