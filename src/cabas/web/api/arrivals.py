"""
Waiting for a store's next order without holding a connection.

All long polls of a process share one watcher: while anyone waits it asks once in a while how far the
awaited stores' numbers have come, and wakes those for whom there is something new.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from itertools import chain

import asyncpg

from cabas.domain.orders import dispatch
from cabas.kit.db import Connection
from cabas.kit.draining import Draining
from cabas.web.request import ShopRequest

LOOK_EVERY_SECONDS = 0.25
_Reads = Callable[[], AbstractAsyncContextManager[Connection]]
_Waiting = tuple[int, "asyncio.Future[bool]"]


class Watcher:
    def __init__(self, reads: _Reads, draining: Draining) -> None:
        self._reads = reads
        self._draining = draining
        self._waiting: defaultdict[int, set[_Waiting]] = defaultdict(set)
        self._looking: asyncio.Task[None] | None = None

    async def wait(self, *, store_id: int, after: int, seconds: float) -> bool:
        """True as soon as the store has a number beyond ``after``; False when time is up or the process drains."""
        woken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        entry = (after, woken)
        self._waiting[store_id].add(entry)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            return await asyncio.wait_for(woken, seconds)
        except TimeoutError:
            return False
        finally:
            self._waiting[store_id].discard(entry)
            if not self._waiting[store_id]:
                del self._waiting[store_id]

    async def _look(self) -> None:
        while self._waiting:
            try:
                async with self._reads() as reader:
                    last = await dispatch.last_numbers(reader, store_ids=list(self._waiting))
            except (OSError, TimeoutError, asyncpg.PostgresError):
                last = {}  # the pollers' own time limit stands; the next look tries again
            for store_id, number in last.items():
                for after, woken in self._waiting.get(store_id, ()):
                    if number > after and not woken.done():
                        woken.set_result(True)
            if self._draining.begun:
                for _, woken in chain.from_iterable(self._waiting.values()):
                    if not woken.done():
                        woken.set_result(False)
            await asyncio.sleep(LOOK_EVERY_SECONDS)


async def next_dispatch(request: ShopRequest, *, store_id: int, after: int, seconds: float) -> bool:
    """Wait for the store's next number on the process's one watcher."""
    state = request.app.state
    if "watcher" not in state:
        state["watcher"] = Watcher(request.site.database.read, request.site.draining)
    watcher: Watcher = state["watcher"]
    return await watcher.wait(store_id=store_id, after=after, seconds=seconds)
