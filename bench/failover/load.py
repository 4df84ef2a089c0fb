"""
Shoppers who order, and readers who look at pages, while the database's primary dies under them.

A shopper does as the browser does: what was not answered is sent again with the same key, until it is. Times are
`time.monotonic` of this process.
"""

import asyncio
import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec

from bench.journal import Acknowledged
from bench.order_carts import Goods, Target, order_of

SHOPPERS = 10
LINES = 2
PAUSE_SECONDS = (0.02, 0.12)
AGAIN_SECONDS = 0.25
ANSWER_SECONDS = 10
PAGE_SECONDS = 2
"""A page that takes longer counts as none."""

PAGES_EVERY_SECONDS = 0.1
STATIC = ("/", "/magasins")
PATIENCE = frozenset({425, 429, 500, 502, 503, 504})


class Order(Acknowledged, frozen=True):
    """``sent``: the attempt that was answered."""

    sent: float
    acked: float


class Page(msgspec.Struct, frozen=True):
    """``status`` 0: no answer within `PAGE_SECONDS`."""

    path: str
    sent: float
    status: int
    seconds: float


class Load:
    """Runs in a thread of its own from `start` to `stop`."""

    def __init__(self, *, port: int, pages: Sequence[str], goods: Goods, journal: Path, seed: int) -> None:
        self.orders: list[Order] = []
        self.pages: list[Page] = []
        self.troubles: Counter[str] = Counter()
        """What was answered instead of what was asked for, while all was well or not."""
        self._port, self._goods = port, goods
        self._paths = itertools.cycle([*STATIC, *pages])
        self._journal = journal.open("ab", buffering=0)
        self._random = random.Random(seed)
        self._numbers = itertools.count(seed * 1_000_000)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Errands under way are finished first."""
        self._stopping.set()
        self._thread.join()
        self._journal.close()

    def served_since(self, moment: float) -> Order | None:
        """The first order that was acknowledged of those sent after ``moment``."""
        later = [one for one in self.orders if one.sent > moment]
        return min(later, key=lambda one: one.acked, default=None)

    async def _run(self) -> None:
        await asyncio.gather(self._read(), *(self._shop() for _ in range(SHOPPERS)))

    async def _read(self) -> None:
        async with self._client(PAGE_SECONDS) as client:
            while not self._stopping.is_set():
                path, sent = next(self._paths), time.monotonic()
                try:
                    answer = await client.get(path, headers={"accept": "text/html"})
                    status = answer.status_code
                except httpx.HTTPError:
                    status = 0
                self.pages.append(Page(path, sent, status, time.monotonic() - sent))
                await asyncio.sleep(PAGES_EVERY_SECONDS)

    async def _shop(self) -> None:
        while not self._stopping.is_set():
            async with self._client(ANSWER_SECONDS) as client:
                await self._errand(client, self._random.choice(self._goods.targets))

    async def _errand(self, client: httpx.AsyncClient, target: Target) -> None:
        opened, _ = await self._insist(client, "POST", "/api/v1/carts", {"store": str(target.store_id)})
        if opened is None:
            return
        cart, token = opened["id"], opened["token"]
        for gtin, weighed in self._random.sample(self._goods.offers[target.store_id], LINES):
            quantity = {"quantity": 3_000 if weighed else 12}  # enough for the smallest order of any store
            await self._insist(client, "PUT", f"/api/v1/carts/{cart}/lines/{gtin}", quantity, token=token)
        key = str(uuid4())
        body = order_of(cart, target.slot_id, email=f"camille.{next(self._numbers)}@exemple.fr")
        placed, sent = await self._insist(client, "POST", "/api/v1/orders", body, token=token, key=key)
        if placed is not None:
            line = Order(placed["id"], cart, key, sent, time.monotonic())
            self._journal.write(msgspec.json.encode(line) + b"\n")
            self.orders.append(line)

    async def _insist(
        self,
        client: httpx.AsyncClient,
        method: str,
        path: str,
        body: object,
        *,
        token: str = "",
        key: str = "",
    ) -> tuple[dict[str, Any] | None, float]:
        """The answer and when its question was sent; None: refused for good, or the end has come before an answer."""
        headers = {"accept": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        if key:
            headers["idempotency-key"] = key
        what = f"{method} {path.split('/')[3]}"
        while True:
            sent = time.monotonic()
            try:
                answer = await client.request(method, path, json=body, headers=headers)
            except httpx.HTTPError as problem:
                self.troubles[f"{what}: {type(problem).__name__}"] += 1
            else:
                if answer.is_success:
                    await asyncio.sleep(self._random.uniform(*PAUSE_SECONDS))
                    return answer.json(), sent
                self.troubles[f"{what}: {answer.status_code} {_code(answer)}"] += 1
                if answer.status_code not in PATIENCE:
                    return None, sent
            if self._stopping.is_set():
                return None, sent
            await asyncio.sleep(AGAIN_SECONDS)

    def _client(self, seconds: float) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self._port}", timeout=seconds)


def _code(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("code", ""))
    except ValueError:
        return answer.text[:40]
