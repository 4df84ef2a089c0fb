"""Baskets of 35 lines, ready to be ordered, written straight to the database: filling them isn't measured."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import msgspec

from bench.ground import SECRET
from cabas.kit.db import prepare_connection
from cabas.kit.ids import new_id
from cabas.web.bearer import Shopper, cart_tokens

LINES = 35
SLOTS_A_STORE = 3
ROOM = 1_000_000
"""Places the used slots are given, so that none runs full in the middle of a run."""

_EMAIL = "camille@exemple.fr"


class Target(msgspec.Struct, frozen=True):
    store_id: int
    slot_id: int


class Goods(msgspec.Struct, frozen=True):
    """``offers``: by store, (gtin, sold by weight) of what is on sale."""

    targets: list[Target]
    offers: dict[int, list[tuple[int, bool]]]


async def connect(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    connection = await asyncpg.connect(url)
    await prepare_connection(connection)
    return connection


async def survey(connection: "asyncpg.Connection[asyncpg.Record]") -> Goods:
    """Some open drive slots of each store, given room; and what each store sells."""
    rows = await connection.fetch(
        """
        update slot set capacity = $1
         where (store_id, slot_id) in (
               select store_id, slot_id
                 from (select store_id, slot_id,
                              row_number() over (partition by store_id order by slot_id) as n
                         from slot
                        where channel = 'drive' and not closed
                          and opens_at <= now() and closes_at > now() + interval '1 hour') as open
                where n <= $2)
        returning store_id, slot_id""",
        ROOM,
        SLOTS_A_STORE,
    )
    targets = sorted((Target(row["store_id"], row["slot_id"]) for row in rows), key=lambda t: t.slot_id)
    offers: dict[int, list[tuple[int, bool]]] = {}
    for row in await connection.fetch(
        """
        select o.store_id, o.gtin, p.sold_by = 'weight' as weighed
          from offer o join product p using (gtin)
         where o.store_id <> 0 and o.status = 1 and p.sellable and o.price_cents between 100 and 2000"""
    ):
        offers.setdefault(row["store_id"], []).append((row["gtin"], row["weighed"]))
    return Goods(targets, offers)


async def for_api(
    connection: "asyncpg.Connection[asyncpg.Record]", goods: Goods, *, count: int, seed: int
) -> list[bytes]:
    """Write ``count`` guests' baskets; returns the raw HTTP requests that order them."""
    draw, now = random.Random(seed), datetime.now(UTC)
    tokens = cart_tokens((SECRET.encode(),))
    rows, requests = [], []
    for number in range(count):
        target = goods.targets[number % len(goods.targets)]
        cart_id, shopper_id = new_id(now, target.store_id), new_id(now)
        rows.append(_row(target.store_id, cart_id, shopper_id, goods, draw, now))
        shopper = Shopper(shopper_id=shopper_id, customer_id=None)
        token = tokens.write(shopper, cart_id=cart_id, now=now)
        requests.append(_request(cart_id, target.slot_id, token))
    await _write(connection, rows)
    return requests


async def for_pgbench(
    connection: "asyncpg.Connection[asyncpg.Record]", goods: Goods, *, numbers: Sequence[int], seed: int
) -> datetime:
    """
    Write a basket for each number, in the store that the number leads to, under an id that pgbench can
    compute (`numbered`); returns their version.
    """
    draw, now = random.Random(seed), datetime.now(UTC)
    rows = [
        _row(
            goods.targets[number % len(goods.targets)].store_id,
            numbered(number),
            numbered(number),
            goods,
            draw,
            now,
        )
        for number in numbers
    ]
    await _write(connection, rows)
    return now


def order_of(cart: UUID | str, slot_id: int, *, email: str = _EMAIL) -> dict[str, object]:
    """What the API is sent to order this basket."""
    return {
        "cart": cart,
        "slot": str(slot_id),
        "payment": {"method": "at_store"},
        "contact": {"name": "Camille Roux", "email": email, "phone": "0612345678"},
        "adult": True,
    }


def numbered(number: int) -> UUID:
    return UUID(f"00000000-0000-8000-8000-{number:012x}")


def _row(
    store_id: int, cart_id: UUID, shopper_id: UUID, goods: Goods, draw: random.Random, now: datetime
) -> tuple[object, ...]:
    chosen = draw.sample(goods.offers[store_id], LINES)
    lines = {
        str(gtin): {"q": draw.randint(3, 12) * 100 if weighed else draw.randint(1, 3), "at": position}
        for position, (gtin, weighed) in enumerate(chosen)
    }
    return store_id, cart_id, shopper_id, lines, now, now


async def _write(
    connection: "asyncpg.Connection[asyncpg.Record]", rows: Sequence[tuple[object, ...]]
) -> None:
    await connection.copy_records_to_table(
        "cart",
        columns=["store_id", "cart_id", "shopper_id", "lines", "created_at", "updated_at"],
        records=_copied(rows),
    )


def _copied(rows: Sequence[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    yield from rows


def _request(cart_id: UUID, slot_id: int, token: str) -> bytes:
    body = msgspec.json.encode(order_of(cart_id, slot_id))
    head = (
        "POST /api/v1/orders HTTP/1.1\r\nhost: bench\r\naccept: application/json\r\n"
        f"authorization: Bearer {token}\r\nidempotency-key: {uuid4()}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
