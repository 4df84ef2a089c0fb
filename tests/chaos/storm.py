"""
A storm of orders: many shoppers on few places over a bad network, dispatchers, stores that crash; and the
oracle that judges it by what the clients and the stores wrote down themselves.

`Parts` are the real code. A mutant is the same storm with one of them, or one function of the database, broken.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID, uuid4

import asyncpg
import msgspec

from cabas.check import audit
from cabas.domain.checkout.model import CartChanged, InFlight
from cabas.domain.orders import dispatch
from cabas.domain.orders.dispatch import Dispatched
from cabas.domain.slots.model import SlotFull
from cabas.kit.db import Database, Transaction
from factories.orders_direct import make_cart, place
from factories.slots import make_slot

ATTEMPTS_MAX = 12
QUIET_ROUNDS = 3
_STARTED = monotonic()
LOST_REQUEST, LOST_ANSWER, DOUBLED, LINGERS, STORE_CRASH = 0.1, 0.2, 0.15, 0.3, 0.15


class Lost(Exception):
    """The network swallowed it: the client doesn't know what became of it."""


class Intent(msgspec.Struct):
    """One order that one shopper wants; ``acked`` is every order that the client was ever told of."""

    store_id: int
    slot_id: int
    shopper_id: UUID
    cart_id: UUID
    key: str
    acked: set[UUID] = msgspec.field(default_factory=set)
    refused: bool = False


class Store(msgspec.Struct):
    """``inbox`` is on the store's disk; ``crashed`` counts what it lived through."""

    store_id: int
    inbox: list[Dispatched] = msgspec.field(default_factory=list)
    crashed: int = 0

    @property
    def last_seq(self) -> int:
        return max((one.store_seq for one in self.inbox), default=0)


class Findings(msgspec.Struct, frozen=True):
    """What is wrong, by kind; all empty when the promises were kept."""

    lost: list[str]
    doubled: list[str]
    oversold: list[str]
    undelivered: list[str]
    unexpected: list[str]
    breaches: list[str]

    @property
    def kinds(self) -> set[str]:
        return {name for name in self.__struct_fields__ if getattr(self, name)}


Place = Callable[[Database, Intent, random.Random, datetime], Awaitable[UUID]]
Step = Callable[[Database, Store, random.Random, datetime], Awaitable[int]]


async def real_place(database: Database, intent: Intent, chance: random.Random, now: datetime) -> UUID:
    """The order's call; some transactions stay open for a while before they commit."""
    async with database.transaction() as tx:
        _, order_id = await order(tx, intent, now)
        if chance.random() < LINGERS:
            await asyncio.sleep(chance.random() * 0.03)
    return order_id


async def order(tx: Transaction, intent: Intent, now: datetime) -> tuple[str, UUID]:
    """The one call. Its ids are in the order of the calls, as they are in the product."""
    return await place(
        tx,
        store_id=intent.store_id,
        slot_id=intent.slot_id,
        now=now + timedelta(seconds=monotonic() - _STARTED),
        cart_version=now,
        shopper_id=intent.shopper_id,
        cart_id=intent.cart_id,
        key=intent.key,
        lines=1,
    )


async def real_step(database: Database, store: Store, chance: random.Random, now: datetime) -> int:
    """Pull, keep, acknowledge; a crash comes between any two of them. Returns how much was new."""
    async with database.read() as reader:
        pulled = await dispatch.pull(reader, store_id=store.store_id, after=store.last_seq)
    for sent in pulled:
        if crashes(store, chance):
            break
        keep(store, sent)
        if crashes(store, chance):
            break
        await acknowledge(database, sent, now)
    return len(pulled)


def crashes(store: Store, chance: random.Random) -> bool:
    if chance.random() >= STORE_CRASH:
        return False
    store.crashed += 1
    return True


def keep(store: Store, sent: Dispatched) -> None:
    """The inbox takes a number once."""
    if all(one.store_seq != sent.store_seq for one in store.inbox):
        store.inbox.append(sent)


async def acknowledge(database: Database, sent: Dispatched, now: datetime) -> None:
    async with database.transaction() as tx:
        await dispatch.acknowledge(
            tx,
            store_id=sent.store_id,
            order_id=sent.order_id,
            store_seq=sent.store_seq,
            sha256=bytes.fromhex(sent.sha256),
            actor="store:storm",
            now=now,
        )


class Parts(msgspec.Struct, frozen=True):
    place: Place = real_place
    step: Step = real_step


async def storm(
    database: Database,
    *,
    url: str,
    now: datetime,
    seed: int,
    parts: Parts | None = None,
    stores: int = 3,
    slots: int = 2,
    capacity: int = 5,
    demand: float = 2.0,
    dispatchers: int = 2,
) -> Findings:
    """``demand``: shoppers for each place."""
    used = parts or Parts()
    chance = random.Random(seed)  # noqa: S311 - the storm must be repeatable
    intents = await _scene(database, now, chance, stores, slots, capacity, demand)
    houses = [Store(store_id) for store_id in range(1, stores + 1)]
    over = asyncio.Event()
    back = await Database.connect(url, connections_max=2 + stores)  # shoppers don't crowd these out

    async def dispatching() -> None:
        while not over.is_set():
            async with back.transaction() as tx:
                await dispatch.dispatch_batch(tx, now=now + timedelta(days=1), limit=5)
            await asyncio.sleep(0.002)

    async def preparing(store: Store) -> None:
        while not over.is_set():
            await used.step(back, store, chance, now)
            await asyncio.sleep(0.004)

    background = [
        asyncio.create_task(one)
        for one in (*(dispatching() for _ in range(dispatchers)), *map(preparing, houses))
    ]
    await asyncio.gather(*(_shop(database, intent, chance, now, used.place) for intent in intents))
    over.set()
    await asyncio.gather(*background)
    await _settle(back, houses, used.step, chance, now)
    await back.close()
    return await judge(database, url=url, intents=intents, houses=houses)


async def _scene(
    database: Database,
    now: datetime,
    chance: random.Random,
    stores: int,
    slots: int,
    capacity: int,
    demand: float,
) -> list[Intent]:
    intents = []
    async with database.transaction() as tx:
        for store_id in range(1, stores + 1):
            for number in range(slots):
                slot_id = 26112418001 + 10 * number
                await make_slot(tx, now=now, store_id=store_id, slot_id=slot_id, capacity=capacity)
                for _ in range(round(capacity * demand)):
                    shopper = uuid4()
                    cart_id = await make_cart(tx, store_id=store_id, shopper_id=shopper, now=now)
                    intents.append(Intent(store_id, slot_id, shopper, cart_id, str(uuid4())))
    chance.shuffle(intents)
    return intents


async def _shop(
    database: Database, intent: Intent, chance: random.Random, now: datetime, place_one: Place
) -> None:
    """Ask with the same key until there is an answer."""
    for _ in range(ATTEMPTS_MAX):
        await asyncio.sleep(chance.random() * 0.01)
        copies = 2 if chance.random() < DOUBLED else 1
        answers = await asyncio.gather(
            *(_request(database, intent, chance, now, place_one) for _ in range(copies)),
            return_exceptions=True,
        )
        for answer in answers:
            if isinstance(answer, UUID):
                intent.acked.add(answer)
            elif isinstance(answer, SlotFull):
                intent.refused = True
            elif isinstance(answer, BaseException) and not isinstance(
                answer, (Lost, InFlight, CartChanged, asyncpg.PostgresError, TimeoutError)
            ):
                raise answer
        if intent.acked or intent.refused:
            return


async def _request(
    database: Database, intent: Intent, chance: random.Random, now: datetime, place_one: Place
) -> UUID:
    if chance.random() < LOST_REQUEST:
        raise Lost
    order_id = await place_one(database, intent, chance, now)
    if chance.random() < LOST_ANSWER:
        raise Lost
    return order_id


async def _settle(
    database: Database, houses: list[Store], step: Step, chance: random.Random, now: datetime
) -> None:
    """Until nothing moves any more."""
    quiet = 0
    while quiet < QUIET_ROUNDS:
        async with database.transaction() as tx:
            moved = await dispatch.dispatch_batch(tx, now=now + timedelta(days=1))
        for store in houses:
            moved += await step(database, store, chance, now)
        quiet = 0 if moved else quiet + 1


async def judge(database: Database, *, url: str, intents: list[Intent], houses: list[Store]) -> Findings:
    async with database.read() as reader:
        orders = await reader.fetch("select store_id, order_id, cart_id, slot_id from orders")
        slots = await reader.fetch("select store_id, slot_id, capacity from slot")
        receipts = await reader.fetch(
            "select store_id, store_seq from dispatch where received_at is not null"
        )
    there = {row["order_id"] for row in orders}
    by_cart = Counter(row["cart_id"] for row in orders)
    by_slot = Counter((row["store_id"], row["slot_id"]) for row in orders)
    arrived = [(store.store_id, one) for store in houses for one in store.inbox if one.kind == "order_placed"]
    seen = Counter((store_id, one.order_id) for store_id, one in arrived)
    kept = {(store.store_id, one.store_seq) for store in houses for one in store.inbox}
    return Findings(
        lost=[str(one) for intent in intents for one in intent.acked if one not in there],
        doubled=[
            str(intent.cart_id) for intent in intents if by_cart[intent.cart_id] > 1 or len(intent.acked) > 1
        ]
        + [str(key) for key, count in seen.items() if count > 1],
        oversold=[
            f"{row['store_id']}/{row['slot_id']}"
            for row in slots
            if by_slot[row["store_id"], row["slot_id"]] > row["capacity"]
        ],
        undelivered=[str(row["order_id"]) for row in orders if not seen[row["store_id"], row["order_id"]]]
        + [f"receipt {row['store_id']}/{row['store_seq']}" for row in receipts if tuple(row) not in kept],
        unexpected=[str(one.order_id) for _, one in arrived if one.order_id not in there],
        breaches=[breach.invariant for breach in await audit(url)],
    )
