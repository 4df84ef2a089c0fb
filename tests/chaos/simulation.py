"""
A seeded world on a virtual clock: shoppers, dispatchers, sweepers and stores with the real code on a real
PostgreSQL. Every message may be lost, doubled or delayed, and everyone may die at every step.

Events come one after the other, in the order that the seed gives them: a seed that fails fails again.
Races between connections are the storm's and the contention's business.
"""

import hashlib
import heapq
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from cabas.domain.checkout.model import CartChanged
from cabas.domain.orders import dispatch, operations
from cabas.domain.orders.dispatch import Dispatched
from cabas.domain.slots import operations as slots
from cabas.domain.slots.model import SlotFull
from cabas.kit.db import Transaction
from cabas.kit.ids import new_id
from cabas.policies import ORDER_BOUNDS
from factories.orders_direct import place

STORES, SLOTS = 2, 4
LOST, DOUBLED, DIES = 0.08, 0.05, 0.03
HOLDS, CANCELS, CHANGES, LARGE = 0.2, 0.03, 0.03, 0.005
HOLD = timedelta(minutes=2)
RETRY_SECONDS = 5.0
FIRST_SLOT = 26112418001
FIRST_GTIN = 3_000_000_000_001
ACKNOWLEDGED_AT_ONCE = 25
CRASH_POINTS = (
    "before the call", "before the commit", "after the commit",
    "dispatcher before its commit", "dispatcher after its commit",
    "store before its inbox", "store after its inbox", "receipt before its commit",
)  # fmt: skip


class Died(Exception):
    """A process was killed here; what it had not committed is undone."""


class Wish(msgspec.Struct):
    """The client's journal of one order. ``acked``: all orders it was ever told of."""

    store_id: int
    slot_id: int
    shopper_id: UUID
    cart_id: UUID
    key: str
    lines: int
    acked: set[UUID] = msgspec.field(default_factory=set)
    refused: bool = False
    cancelled: bool = False
    changes: int = 0


class Report(msgspec.Struct):
    orders: int = 0
    lost: int = 0
    doubled: int = 0
    oversold: int = 0
    undelivered: int = 0
    unexpected: int = 0
    messages: int = 0
    crashes: Counter[str] = msgspec.field(default_factory=Counter)
    failing_seeds: list[int] = msgspec.field(default_factory=list)

    @property
    def wrong(self) -> int:
        return self.lost + self.doubled + self.oversold + self.undelivered + self.unexpected

    def add(self, other: "Report") -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            setattr(self, name, value + getattr(other, name))


class World:
    """One seed: its own stores on a connection that other worlds use before and after it."""

    def __init__(self, connection: Any, *, seed: int, first_store: int, wishes: int, now: datetime) -> None:
        self.connection = connection
        self.chance = random.Random(seed)  # noqa: S311 - a seed must replay
        self.start = self.now = now
        self.report = Report()
        self.stores = tuple(range(first_store, first_store + STORES))
        self.capacity = max(1, wishes // (STORES * SLOTS))
        self.wishes = [self._wish(number) for number in range(wishes)]
        self.inboxes: dict[int, list[Dispatched]] = {store: [] for store in self.stores}
        self.receipts: dict[int, int] = dict.fromkeys(self.stores, 0)
        self._events: list[tuple[datetime, int, Callable[[], Awaitable[None]]]] = []
        self._number = 0
        self._under_way = 0  # events of shoppers and messages; the world ends with the last of them

    def _wish(self, number: int) -> Wish:
        store = self.chance.choice(self.stores)
        return Wish(
            store_id=store,
            slot_id=FIRST_SLOT + 10 * self.chance.randrange(SLOTS),
            shopper_id=UUID(int=self.chance.getrandbits(128)),
            cart_id=new_id(self.now, store),
            key=f"{number}",
            lines=35 if self.chance.random() < LARGE else self.chance.randint(1, 2),
        )

    async def run(self) -> Report:
        await self._scene()
        for wish in self.wishes:
            self._after(self.chance.random() * 60, self._shop_of(wish))
        self._tick(0.25, self._dispatcher)
        self._tick(1, self._sweeper)
        for store in self.stores:
            self._tick(1, self._store_of(store))
        while self._under_way:
            self.now, _, event = heapq.heappop(self._events)
            with suppress(Died):
                await event()
        await self._settle()
        return await self._judge()

    async def _scene(self) -> None:
        start = self.start
        await self.connection.copy_records_to_table(
            "slot",
            columns=["store_id", "slot_id", "channel", "starts_at", "ends_at", "opens_at", "closes_at",
                     "fee_cents", "capacity", "taken", "closed"],
            records=[
                (store, FIRST_SLOT + 10 * n, "drive", start + timedelta(hours=9), start + timedelta(hours=10),
                 start, start + timedelta(hours=7), 0, self.capacity, 0, False)
                for store in self.stores
                for n in range(SLOTS)
            ],
        )  # fmt: skip
        await self.connection.copy_records_to_table(
            "cart",
            columns=["store_id", "cart_id", "shopper_id", "created_at", "updated_at"],
            records=[(w.store_id, w.cart_id, w.shopper_id, start, start) for w in self.wishes],
        )

    # The network: what is sent arrives never, once or twice, sooner or later.

    def _after(self, seconds: float, event: Callable[[], Awaitable[None]]) -> None:
        async def counted() -> None:
            self._under_way -= 1
            await event()

        self._under_way += 1
        self._tick(seconds, counted)

    def _tick(self, seconds: float, event: Callable[[], Awaitable[None]]) -> None:
        """As `_after`, for what goes on for ever."""
        self._number += 1
        heapq.heappush(self._events, (self.now + timedelta(seconds=seconds), self._number, event))

    def _send(self, event: Callable[[], Awaitable[None]]) -> None:
        self.report.messages += 1
        if self.chance.random() < LOST:
            return
        for _ in range(2 if self.chance.random() < DOUBLED else 1):
            self._after(0.005 + self.chance.expovariate(5), event)

    def _dies(self, where: str, rate: float = DIES) -> None:
        if self.chance.random() < rate:
            self.report.crashes[where] += 1
            raise Died(where)

    # Shoppers, and the process that answers them.

    def _shop_of(self, wish: Wish) -> Callable[[], Awaitable[None]]:
        async def shop() -> None:
            if wish.refused or wish.acked:
                return
            if self.chance.random() < HOLDS:
                self._send(lambda: self._hold(wish))
            self._send(lambda: self._order(wish))
            self._after(RETRY_SECONDS * (0.5 + self.chance.random()), shop)

        return shop

    async def _hold(self, wish: Wish) -> None:
        try:
            async with self.connection.transaction():
                await slots.hold_slot(
                    Transaction(self.connection),
                    store_id=wish.store_id,
                    slot_id=wish.slot_id,
                    shopper_id=wish.shopper_id,
                    cart_id=wish.cart_id,
                    now=self.now,
                    duration=HOLD,
                )
        except SlotFull:
            return  # the order will be told

    async def _order(self, wish: Wish) -> None:
        self._dies("before the call")
        try:
            if self.chance.random() < DIES:
                await self._place_in_vain(wish)
            _, order_id = await self._place(wish)
        except SlotFull:
            self._send(lambda: self._refused(wish))
            return
        except CartChanged:
            return
        self._dies("after the commit")
        self._send(lambda: self._acked(wish, order_id))

    async def _place_in_vain(self, wish: Wish) -> None:
        async with self.connection.transaction():
            await self._place(wish)
            self._dies("before the commit", 1)

    async def _place(self, wish: Wish) -> tuple[str, UUID]:
        return await place(
            Transaction(self.connection),
            store_id=wish.store_id,
            slot_id=wish.slot_id,
            now=self.now,
            cart_version=self.start,
            shopper_id=wish.shopper_id,
            cart_id=wish.cart_id,
            key=wish.key,
            lines=wish.lines,
        )

    async def _refused(self, wish: Wish) -> None:
        wish.refused = True

    async def _acked(self, wish: Wish, order_id: UUID) -> None:
        first = not wish.acked
        wish.acked.add(order_id)
        if first and self.chance.random() < CHANGES:
            self._send(lambda: self._change(wish, order_id))
        if first and self.chance.random() < CANCELS:
            self._send(lambda: self._cancel(wish, order_id))

    async def _change(self, wish: Wish, order_id: UUID) -> None:
        if wish.cancelled:
            return
        async with self.connection.transaction():
            await operations.change_lines(
                Transaction(self.connection),
                order_id=order_id,
                shopper_id=wish.shopper_id,
                quantities={FIRST_GTIN: self.chance.randint(1, 9)},
                bounds=ORDER_BOUNDS,
                now=self.now,
            )
        wish.changes += 1

    async def _cancel(self, wish: Wish, order_id: UUID) -> None:
        async with self.connection.transaction():
            await operations.cancel(
                Transaction(self.connection),
                order_id=order_id,
                shopper_id=wish.shopper_id,
                reason="",
                now=self.now,
            )
        wish.cancelled = True

    # The worker.

    async def _dispatcher(self) -> None:
        self._tick(0.25 + self.chance.random(), self._dispatcher)
        await self._dispatch(DIES)
        self._dies("dispatcher after its commit")

    async def _dispatch(self, risk: float) -> int:
        async with self.connection.transaction():
            done = await dispatch.dispatch_batch(Transaction(self.connection), now=self.now)
            self._dies("dispatcher before its commit", risk)
        return done

    async def _sweeper(self) -> None:
        self._tick(10, self._sweeper)
        tx = Transaction(self.connection)
        for store_id, slot_id in await slots.expired_slots(tx, now=self.now):
            await slots.free_expired(tx, store_id=store_id, slot_id=slot_id, now=self.now)

    # Stores: their inbox is on disk, their cursor is what the inbox holds.

    def _store_of(self, store: int) -> Callable[[], Awaitable[None]]:
        async def step() -> None:
            self._tick(1 + self.chance.random() * 2, step)
            self.report.messages += 1
            pulled = await self._pull(store)
            if self.chance.random() >= LOST:
                self._arrives(store, pulled)
                if self.receipts[store] < len(self.inboxes[store]):
                    self._send(lambda: self._receive(store, DIES))

        return step

    async def _pull(self, store: int) -> list[Dispatched]:
        inbox = self.inboxes[store]
        return await dispatch.pull(self.connection, store_id=store, after=inbox[-1].store_seq if inbox else 0)

    def _arrives(self, store: int, pulled: Iterable[Dispatched], risk: float = DIES) -> None:
        inbox = self.inboxes[store]
        for one in pulled:
            self._dies("store before its inbox", risk / 10)
            if one.store_seq > (inbox[-1].store_seq if inbox else 0):
                inbox.append(one)
            self._dies("store after its inbox", risk / 10)

    async def _receive(self, store: int, risk: float) -> None:
        """Receipts of what is in the inbox, several in one request."""
        done = self.receipts[store]
        batch = self.inboxes[store][done : done + ACKNOWLEDGED_AT_ONCE]
        async with self.connection.transaction():
            for one in batch:
                await dispatch.acknowledge(
                    Transaction(self.connection),
                    store_id=store,
                    order_id=one.order_id,
                    store_seq=one.store_seq,
                    sha256=bytes.fromhex(one.sha256),
                    actor="store:simulation",
                    now=self.now,
                )
            self._dies("receipt before its commit", risk)
        self.receipts[store] = max(self.receipts[store], done + len(batch))

    async def _settle(self) -> None:
        """The network is well again: all that is under way arrives."""
        while await self._dispatch(0):
            pass
        for store in self.stores:
            while pulled := await self._pull(store):
                self._arrives(store, pulled, 0)

    async def _judge(self) -> Report:
        orders = await self.connection.fetch(
            "select store_id, order_id, cart_id, slot_id, state from orders where store_id = any($1::int[])",
            list(self.stores),
        )
        counters = await self.connection.fetch(
            """
            select s.taken <> coalesce(o.n, 0) + coalesce(h.n, 0) or s.taken > s.capacity as wrong
              from slot s
              left join (select store_id, slot_id, count(*) as n from orders
                          where state <> 'cancelled' group by 1, 2) o using (store_id, slot_id)
              left join (select store_id, slot_id, count(*) as n from slot_hold group by 1, 2) h
                        using (store_id, slot_id)
             where s.store_id = any($1::int[])""",
            list(self.stores),
        )
        report = self.report
        there = {row["order_id"]: row for row in orders}
        baskets = Counter(row["cart_id"] for row in orders)
        report.orders = len(orders)
        report.oversold = sum(row["wrong"] for row in counters)
        for wish in self.wishes:
            report.lost += sum(one not in there for one in wish.acked)
            report.doubled += len(wish.acked) > 1 or baskets[wish.cart_id] > 1
        self._judge_streams(there)
        return report

    def _judge_streams(self, there: dict[UUID, Any]) -> None:
        report = self.report
        changes = {one: w for w in self.wishes for one in w.acked}
        seen: Counter[tuple[UUID, str]] = Counter()
        for store, inbox in self.inboxes.items():
            report.undelivered += [one.store_seq for one in inbox] != list(range(1, len(inbox) + 1))
            for one in inbox:
                seen[one.order_id, one.kind] += 1
                report.unexpected += one.order_id not in there or there[one.order_id]["store_id"] != store
                report.unexpected += hashlib.sha256(one.body.encode()).hexdigest() != one.sha256
        for order_id, row in there.items():
            wish = changes.get(order_id)
            report.undelivered += seen[order_id, "order_placed"] != 1
            report.undelivered += seen[order_id, "order_cancelled"] != (row["state"] == "cancelled")
            report.undelivered += seen[order_id, "order_changed"] != (wish.changes if wish else 0)


async def simulate(
    connection: Any, *, seeds: Iterable[int], wishes: int, now: datetime, tell: Callable[[int], None]
) -> Report:
    """One world after the other on one connection; ``tell`` hears how many orders came of each."""
    total, first_store = Report(), 1
    for seed in seeds:
        world = World(connection, seed=seed, first_store=first_store, wishes=wishes, now=now)
        report = await world.run()
        if report.wrong:
            report.failing_seeds.append(seed)
        total.add(report)
        tell(report.orders)
        first_store += STORES
    return total
