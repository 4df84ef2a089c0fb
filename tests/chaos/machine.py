"""
Hypothesis drives holds, orders, changes, cancellations, dispatch and time against the real code on a real
PostgreSQL, beside a small model in memory: every answer must be the one that the model gives.

Each run has stores of its own, so nothing is emptied between runs.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from itertools import count
from typing import Any, ClassVar
from uuid import UUID, uuid4

import asyncpg
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from cabas.domain.checkout.model import CartChanged
from cabas.domain.orders import dispatch, operations
from cabas.domain.orders.model import OrderClosed
from cabas.domain.slots import operations as slots
from cabas.domain.slots.model import SlotClosed, SlotFull, SlotNotOpen
from cabas.kit.db import Transaction, prepare_connection
from cabas.kit.errors import Refusal
from cabas.kit.ids import new_id
from cabas.policies import ORDER_BOUNDS
from factories.orders_direct import place

CAPACITIES = {26112418001: 1, 26112418301: 2, 26112419001: 2}
SHOPPERS, BASKETS, KEYS = 3, 3, 3
HOLD = timedelta(minutes=10)
OPENS, CLOSES = timedelta(minutes=2), timedelta(hours=2)
FIRST_GTIN = 3_000_000_000_001
REFUSED = (SlotFull, SlotClosed, SlotNotOpen, CartChanged, OrderClosed)

one_shopper, one_slot = st.integers(0, SHOPPERS - 1), st.sampled_from(sorted(CAPACITIES))
one_store, one_key, one_basket = st.integers(0, 1), st.integers(0, KEYS - 1), st.integers(0, BASKETS - 1)


class Ground:
    """One connection, and the numbers of the stores that were not used yet."""

    def __init__(self, url: str, now: datetime) -> None:
        self.loop = asyncio.new_event_loop()
        self.now = now
        self.store_ids = count(1)
        self.runs = self.steps = 0
        self.connection = self.wait(self._connect(url))

    async def _connect(self, url: str) -> Any:
        connection = await asyncpg.connect(url)
        await prepare_connection(connection)
        # What is tested here is logic; what a crash does is tested elsewhere.
        await connection.execute("set synchronous_commit = off; set plan_cache_mode = force_generic_plan")
        return connection

    def wait(self, job: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(job)

    def close(self) -> None:
        self.wait(self.connection.close())
        self.loop.close()


class Order:
    def __init__(self, order_id: UUID, store: int, slot: int, shopper: int) -> None:
        self.order_id, self.store, self.slot, self.shopper = order_id, store, slot, shopper
        self.cancelled = False
        self.revision = 1
        self.quantity = 2
        self.told = ["order_placed"]


class Model:
    """What should be true: (store, slot, expiry) of holds by shopper, (body, order) by store, shopper and key."""

    def __init__(self, now: datetime) -> None:
        self.start = self.now = now
        self.holds: dict[int, tuple[int, int, datetime]] = {}
        self.orders: list[Order] = []
        self.keys: dict[tuple[int, int, int], tuple[bytes, Order]] = {}
        self.ordered: set[tuple[int, int, int]] = set()

    def taken(self, store: int, slot: int) -> int:
        held = sum(1 for at, which, _ in self.holds.values() if (at, which) == (store, slot))
        return held + sum(1 for o in self.orders if (o.store, o.slot, o.cancelled) == (store, slot, False))

    def expire(self, store: int, slot: int) -> int:
        gone = [s for s, (a, w, until) in self.holds.items() if (a, w) == (store, slot) and until <= self.now]
        for shopper in gone:
            del self.holds[shopper]
        return len(gone)

    def check_open(self) -> None:
        if self.now < self.start + OPENS:
            raise SlotNotOpen
        if self.now >= self.start + CLOSES:
            raise SlotClosed

    def hold(self, shopper: int, store: int, slot: int) -> datetime:
        self.check_open()
        mine = self.holds.get(shopper)
        if mine is not None and mine[:2] == (store, slot):
            if mine[2] <= self.now:
                self.holds[shopper] = (store, slot, self.now + HOLD)
        else:
            self._make_room(store, slot)
            self.holds[shopper] = (store, slot, self.now + HOLD)
        return self.holds[shopper][2]

    def order(self, shopper: int, store: int, slot: int, basket: int, key: int, body: bytes) -> str:
        """The outcome; a new order's id is filled in by the caller."""
        known = self.keys.get((store, shopper, key))
        if known is not None:
            return "replay" if known[0] == body else "mismatch"
        self.check_open()
        if (store, shopper, basket) in self.ordered:
            raise CartChanged
        mine = self.holds.get(shopper)
        here = mine is not None and mine[0] == store
        if mine is None or mine[:2] != (store, slot):
            self._make_room(store, slot)
        if here:
            del self.holds[shopper]
        order = Order(UUID(int=0), store, slot, shopper)
        self.orders.append(order)
        self.keys[store, shopper, key] = (body, order)
        self.ordered.add((store, shopper, basket))
        return "created"

    def check_changeable(self, order: Order) -> None:
        if order.cancelled or self.now >= self.start + CLOSES:
            raise OrderClosed

    def _make_room(self, store: int, slot: int) -> None:
        before = dict(self.holds)
        if self.taken(store, slot) < CAPACITIES[slot]:
            return
        self.expire(store, slot)
        if self.taken(store, slot) >= CAPACITIES[slot]:
            self.holds = before
            raise SlotFull


class Machine(RuleBasedStateMachine):
    ground: ClassVar[Ground]

    def __init__(self) -> None:
        super().__init__()
        self.model = Model(self.ground.now)
        self.ground.runs += 1
        self.stores = (next(self.ground.store_ids), next(self.ground.store_ids))
        self.shoppers = [uuid4() for _ in range(SHOPPERS)]
        self.baskets = {
            (store, shopper, basket): new_id(self.model.now, self.stores[store])
            for store in range(2)
            for shopper in range(SHOPPERS)
            for basket in range(BASKETS)
        }
        self.inboxes: dict[int, list[dispatch.Dispatched]] = {0: [], 1: []}
        self.ground.wait(self._scene())

    async def _scene(self) -> None:
        start = self.model.start
        rows = [
            (store, slot, "drive", start + timedelta(hours=4), start + timedelta(hours=5), start + OPENS,
             start + CLOSES, 0, capacity, 0, False)
            for store in self.stores
            for slot, capacity in CAPACITIES.items()
        ]  # fmt: skip
        await self.ground.connection.copy_records_to_table(
            "slot",
            columns=["store_id", "slot_id", "channel", "starts_at", "ends_at", "opens_at", "closes_at",
                     "fee_cents", "capacity", "taken", "closed"],
            records=rows,
        )  # fmt: skip
        await self.ground.connection.copy_records_to_table(
            "cart",
            columns=["store_id", "cart_id", "shopper_id", "created_at", "updated_at"],
            records=[
                (self.stores[store], cart_id, self.shoppers[shopper], start, start)
                for (store, shopper, _), cart_id in self.baskets.items()
            ],
        )

    @rule(shopper=one_shopper, store=one_store, slot=one_slot)
    def hold(self, shopper: int, store: int, slot: int) -> None:
        """Also moves a hold: to another slot, or another store."""
        self._same(
            lambda: self.model.hold(shopper, store, slot),
            lambda tx: self._hold(tx, shopper, store, slot),
        )

    async def _hold(self, tx: Transaction, shopper: int, store: int, slot: int) -> datetime:
        held = await slots.hold_slot(
            tx,
            store_id=self.stores[store],
            slot_id=slot,
            shopper_id=self.shoppers[shopper],
            cart_id=self.baskets[store, shopper, 0],
            now=self.model.now,
            duration=HOLD,
        )
        return held.expires_at

    @rule(shopper=one_shopper, store=one_store)
    def let_go(self, shopper: int, store: int) -> None:
        mine = self.model.holds.get(shopper)
        expected = mine is not None and mine[0] == store
        if expected:
            del self.model.holds[shopper]
        self._same(
            lambda: expected,
            lambda tx: slots.release_hold(tx, store_id=self.stores[store], shopper_id=self.shoppers[shopper]),
        )

    @rule(
        shopper=one_shopper, store=one_store, slot=one_slot, basket=one_basket, key=one_key,
        body=st.sampled_from([b"body", b"body", b"other"]), answered=st.booleans(),
    )  # fmt: skip
    def order(
        self, shopper: int, store: int, slot: int, basket: int, key: int, body: bytes, answered: bool
    ) -> None:
        """A key that was used before is a retry; without an answer the client asks the same again at once."""
        for _ in range(1 if answered else 2):
            outcome, order_id = self._same(
                lambda: (self.model.order(shopper, store, slot, basket, key, body), None),
                lambda tx: self._order(tx, shopper, store, slot, basket, key, body),
                alike=lambda mine, theirs: mine[0] == theirs[0],
            ) or (None, None)
            if outcome == "created":
                self.model.orders[-1].order_id = order_id
            elif outcome is not None:
                assert self.model.keys[store, shopper, key][1].order_id == order_id

    async def _order(
        self, tx: Transaction, shopper: int, store: int, slot: int, basket: int, key: int, body: bytes
    ) -> tuple[str, UUID]:
        return await place(
            tx,
            store_id=self.stores[store],
            slot_id=slot,
            now=self.model.now,
            cart_version=self.model.start,
            shopper_id=self.shoppers[shopper],
            cart_id=self.baskets[store, shopper, basket],
            key=str(key),
            fingerprint=body,
            lines=1,
        )

    @precondition(lambda self: self.model.orders)
    @rule(which=st.integers(0, 99))
    def cancel(self, which: int) -> None:
        order = self.model.orders[which % len(self.model.orders)]

        def expected() -> None:
            if order.cancelled:
                return
            self.model.check_changeable(order)
            order.cancelled = True
            order.told.append("order_cancelled")

        self._same(
            expected,
            lambda tx: operations.cancel(
                tx,
                order_id=order.order_id,
                shopper_id=self.shoppers[order.shopper],
                reason="",
                now=self.model.now,
            ),
        )

    @precondition(lambda self: self.model.orders)
    @rule(which=st.integers(0, 99), quantity=st.integers(1, 9))
    def modify(self, which: int, quantity: int) -> None:
        order = self.model.orders[which % len(self.model.orders)]

        def expected() -> int:
            self.model.check_changeable(order)
            order.revision += 1
            order.quantity = quantity
            order.told.append("order_changed")
            return order.revision

        async def really(tx: Transaction) -> int:
            changed = await operations.change_lines(
                tx,
                order_id=order.order_id,
                shopper_id=self.shoppers[order.shopper],
                quantities={FIRST_GTIN: quantity},
                bounds=ORDER_BOUNDS,
                now=self.model.now,
            )
            return changed.revision

        self._same(expected, really)

    @rule(seconds=st.sampled_from([1, 30, 60, 120, 300, 600, 601, 1800]))
    def time_passes(self, seconds: int) -> None:
        self.model.now += timedelta(seconds=seconds)

    @rule(store=one_store, slot=one_slot)
    def sweep(self, store: int, slot: int) -> None:
        self._same(
            lambda: self.model.expire(store, slot),
            lambda tx: slots.free_expired(tx, store_id=self.stores[store], slot_id=slot, now=self.model.now),
        )

    @rule(limit=st.integers(1, 5), store=one_store)
    def dispatch_and_pull(self, limit: int, store: int) -> None:
        self.ground.wait(self._dispatch(limit))
        self.ground.wait(self._pull(store))

    async def _dispatch(self, limit: int) -> int:
        async with self.ground.connection.transaction():
            return await dispatch.dispatch_batch(
                Transaction(self.ground.connection), now=self.model.now, limit=limit
            )

    async def _pull(self, store: int) -> int:
        """The store keeps what is new, and acknowledges one of them."""
        inbox = self.inboxes[store]
        after = inbox[-1].store_seq if inbox else 0
        new = await dispatch.pull(self.ground.connection, store_id=self.stores[store], after=after)
        inbox.extend(new)
        if new:
            async with self.ground.connection.transaction():
                await dispatch.acknowledge(
                    Transaction(self.ground.connection),
                    store_id=self.stores[store],
                    order_id=new[0].order_id,
                    store_seq=new[0].store_seq,
                    sha256=bytes.fromhex(new[0].sha256),
                    actor="store:machine",
                    now=self.model.now,
                )
        return len(new)

    def _same(
        self,
        expected: Callable[[], Any],
        really: Callable[[Transaction], Awaitable[Any]],
        alike: Callable[[Any, Any], bool] = lambda mine, theirs: mine == theirs,
    ) -> Any:
        """Both answer the same, or refuse for the same reason; returns the real answer, None when refused."""
        self.ground.steps += 1
        mine: Any = None
        try:
            mine = expected()
        except REFUSED as refusal:
            mine = type(refusal)

        async def in_a_transaction() -> Any:
            async with self.ground.connection.transaction():
                return await really(Transaction(self.ground.connection))

        try:
            theirs = self.ground.wait(in_a_transaction())
        except Refusal as refusal:
            theirs = type(refusal)
        if isinstance(theirs, type):
            assert theirs is mine, f"{theirs.__name__} instead of {mine}"
            return None
        assert not isinstance(mine, type), f"{theirs} instead of {mine.__name__}"
        assert alike(mine, theirs), f"{theirs} instead of {mine}"
        return theirs

    def teardown(self) -> None:
        self.ground.wait(self._judge())

    async def _judge(self) -> None:
        while await self._dispatch(200):
            pass
        for store in range(2):
            while await self._pull(store):
                pass
            self._judge_stream(store)
        await self._judge_rows()

    def _judge_stream(self, store: int) -> None:
        inbox = self.inboxes[store]
        assert [one.store_seq for one in inbox] == list(range(1, len(inbox) + 1))
        assert all(hashlib.sha256(one.body.encode()).hexdigest() == one.sha256 for one in inbox)
        told: dict[UUID, list[str]] = {}
        for one in inbox:
            told.setdefault(one.order_id, []).append(one.kind)
        assert told == {order.order_id: order.told for order in self.model.orders if order.store == store}

    async def _judge_rows(self) -> None:
        rows = await self.ground.connection.fetch(
            "select store_id, slot_id, taken from slot where store_id = any($1::int[])", list(self.stores)
        )
        for row in rows:
            store = self.stores.index(row["store_id"])
            assert row["taken"] == self.model.taken(store, row["slot_id"]), row
        orders = await self.ground.connection.fetch(
            """
            select o.order_id, o.slot_id, o.state = 'cancelled' as cancelled, o.revision, l.quantity
              from orders o join order_line l using (store_id, order_id, revision)
             where o.store_id = any($1::int[])""",
            list(self.stores),
        )
        assert {tuple(row) for row in orders} == {
            (order.order_id, order.slot, order.cancelled, order.revision, order.quantity)
            for order in self.model.orders
        }
        assert len(orders) == len(self.model.orders)


def run_machine(url: str, *, now: datetime, runs: int, steps: int, start: int) -> Ground:
    """``runs`` sequences of ``steps`` from the seed ``start``; raises with the shortest sequence that differs."""
    ground = Ground(url, now)
    try:
        machine = seed(start)(type("SeededMachine", (Machine,), {"ground": ground}))
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=runs,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                verbosity=Verbosity.quiet,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        ground.close()
    return ground
