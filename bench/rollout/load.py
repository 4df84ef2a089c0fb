"""
People who browse and order, and stores that wait for their orders, while processes are replaced under them.

Nothing is sent twice, whatever happens: an answer that does not come, or is not the one expected, is a failure.
"""

import asyncio
import itertools
import random
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec

from bench.journal import Acknowledged
from bench.order_carts import Goods, Target, order_of

SHOPPERS = 8
PAUSE_SECONDS = (0.02, 0.12)
LINES = 3
ANSWER_SECONDS = 30
POLL_SECONDS = 10
PAGES = ("/", "/magasins", "/salle", "/salle/serving.json", "/healthz")


class Store(msgspec.Struct, frozen=True):
    """A store's own system: its name in addresses, and a token."""

    name: str
    token: str


class Load:
    """Runs in a thread of its own from `start` to `stop`."""

    def __init__(
        self,
        *,
        port: int,
        pages: Sequence[str],
        goods: Goods,
        stores: Sequence[Store],
        journal: Path,
        seed: int,
    ) -> None:
        self.requests = 0
        self.failures: Counter[str] = Counter()
        self._port, self._goods, self._stores = port, goods, stores
        self._pages = [*PAGES, *pages]
        self._journal = journal.open("ab", buffering=0)
        self._random = random.Random(seed)
        self._numbers = itertools.count(seed * 1_000_000)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What is under way is finished first."""
        self._stopping.set()
        self._thread.join()
        self._journal.close()

    @property
    def failed(self) -> int:
        return self.failures.total()

    async def _run(self) -> None:
        tasks = [self._shop() for _ in range(SHOPPERS)] + [self._poll(store) for store in self._stores]
        await asyncio.gather(*tasks)

    async def _shop(self) -> None:
        while not self._stopping.is_set():
            # A new browser for each errand; within it one connection, kept.
            async with self._client() as client:
                for _ in range(3):
                    await self._ask(client, "GET", self._random.choice(self._pages), wanted=(200,))
                await self._order(client, self._random.choice(self._goods.targets))

    async def _order(self, client: httpx.AsyncClient, target: Target) -> None:
        opened = await self._ask(client, "POST", "/api/v1/carts", {"store": str(target.store_id)})
        if opened is None:
            return
        cart, token = opened["id"], opened["token"]
        for gtin, weighed in self._random.sample(self._goods.offers[target.store_id], LINES):
            quantity = {"quantity": 3_000 if weighed else 9}  # enough for the smallest order of any store
            await self._ask(client, "PUT", f"/api/v1/carts/{cart}/lines/{gtin}", quantity, token=token)
        key = str(uuid4())
        body = order_of(cart, target.slot_id, email=f"camille.{next(self._numbers)}@exemple.fr")
        placed = await self._ask(client, "POST", "/api/v1/orders", body, token=token, key=key)
        if placed is None:
            return
        line = Acknowledged(placed["id"], cart, key)
        self._journal.write(msgspec.json.encode(line) + b"\n")
        await self._ask(client, "GET", f"/api/v1/orders/{placed['id']}", token=token)

    async def _poll(self, store: Store) -> None:
        """Waits for the store's next order, on one connection for hours, as store systems do."""
        async with self._client() as client:
            after = 0
            while not self._stopping.is_set():
                path = f"/api/v1/store/{store.name}/orders?after={after}&wait={POLL_SECONDS}"
                found = await self._ask(client, "GET", path, token=store.token)
                if found and found["items"]:
                    after = found["items"][-1]["store_seq"]

    async def _ask(
        self,
        client: httpx.AsyncClient,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str = "",
        key: str = "",
        wanted: tuple[int, ...] = (200, 201),
    ) -> dict[str, Any] | None:
        """The answer's JSON ({} for a page); None when it failed, which is noted."""
        headers = {"accept": "application/json" if path.startswith("/api/") else "text/html"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        if key:
            headers["idempotency-key"] = key
        self.requests += 1
        what = f"{method} {path.split('?')[0].rpartition('/')[0]}"
        try:
            answer = await client.request(method, path, json=body, headers=headers)
        except httpx.HTTPError as problem:
            self.failures[f"{what}: {type(problem).__name__}"] += 1
            return None
        if answer.status_code not in wanted:
            self.failures[f"{what}: {answer.status_code} {answer.text[:120]}"] += 1
            return None
        await asyncio.sleep(self._random.uniform(*PAUSE_SECONDS))
        return answer.json() if path.startswith("/api/") else {}

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self._port}", timeout=ANSWER_SECONDS)
