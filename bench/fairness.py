"""
Fairness of the draw, on a real database: arrival against rank, and scripted accounts against people.

Twenty thousand shoppers ask one after the other; what matters is whether those who came first, or a
thousand accounts opened by one program that ask at the first instant for every slot, fare any better.
"""

import argparse
import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from statistics import correlation
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from bench import measure, order_carts
from bench.ground import Ground, seeded
from bench.measure import Figure
from cabas.domain.advance import jobs
from cabas.domain.advance.draw import SECRET_BYTES, Participant, allocate, commitment_of, rank_of
from cabas.domain.advance.model import Agreement
from cabas.domain.checkout.model import LEGAL_VERSION, ORDER_BUTTON, Contact
from cabas.kit.clock import FixedClock
from cabas.kit.db import Database
from cabas.kit.ids import new_id
from cabas.policies import DEFAULTS

SHOPPERS = 20_000
SCRIPTED = 1_000
PEOPLE = 1_000
WISHES = 5
STORES = 10
DRAWS = 60
RHO_MAX = 0.02
SHARE_BAND = (0.9, 1.1)
_COLUMNS = [
    "store_id", "cart_id", "shopper_id", "opens_at", "key", "fingerprint", "wishes", "any_slot", "any_channels",
    "cart_version", "request", "maximum_cents", "state", "created_at",
]  # fmt: skip


class Fairness(msgspec.Struct, frozen=True):
    """``rho``: of arrival and rank; ``share``: places a scripted account gets over those a person gets."""

    rho: float
    share: float
    places: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    with seeded("demo") as ground:
        with measure.step(
            f"drawing {SHOPPERS} shoppers, then {SCRIPTED} scripted accounts against {PEOPLE} people"
        ):
            found = asyncio.run(measured(ground, given.seed))
        ground.cabas("check")
    measure.keep(
        "fairness",
        {
            "rho": round(found.rho, 5),
            "bot_share_over_human_share": round(found.share, 4),
            "places": found.places,
        },
    )
    measure.show(
        "Fairness of the draw",
        [
            Figure(name="arrival and rank, |ρ|", value=abs(found.rho), unit="", wanted=f"< {RHO_MAX}"),
            Figure(
                name="a scripted account's share over a person's",
                value=found.share,
                unit="×",
                wanted=f"{SHARE_BAND[0]} … {SHARE_BAND[1]}",
            ),
        ],
        notes=[
            f"{found.places} places in {DRAWS} draws of the same requests, the first by the worker's job."
        ],
    )
    if abs(found.rho) >= RHO_MAX or not SHARE_BAND[0] < found.share < SHARE_BAND[1]:
        raise SystemExit("the draw is not fair")


async def measured(ground: Ground, seed: int) -> Fairness:
    connection = await order_carts.connect(ground.url)
    database = await Database.connect(ground.url, connections_max=4)
    try:
        opens_at: datetime = await connection.fetchval(
            "select min(opens_at) from slot where opens_at > $1", datetime.now(UTC)
        )
        places = await _slots(connection, opens_at, stores=STORES + 1)
        crowded = max(places)
        await _crowd(connection, opens_at, crowded, places.pop(crowded), seed)
        programs = await _scripted(connection, opens_at, places, seed)
        await _draw(connection, database, opens_at, seed)
        rho = await _rho(connection, crowded)
        share, won = await _share(connection, crowded, programs, seed)
    finally:
        await database.close()
        await connection.close()
    return Fairness(rho, share, won)


async def _crowd(
    connection: "asyncpg.Connection[asyncpg.Record]",
    opens_at: datetime,
    store_id: int,
    slots: list[int],
    seed: int,
) -> None:
    """Everybody in one store, a second apart."""
    start = datetime.now(UTC) - timedelta(hours=8)
    times = [start + timedelta(seconds=number) for number in range(SHOPPERS)]
    people = [(new_id(at), at) for at in times]
    await _ask(connection, opens_at, store_id, slots, people, random.Random(seed), ordered=False)


async def _scripted(
    connection: "asyncpg.Connection[asyncpg.Record]",
    opens_at: datetime,
    stores: dict[int, list[int]],
    seed: int,
) -> set[UUID]:
    """
    In each of the stores: accounts made in one millisecond that ask at the first instant for the best
    slots in order, and people who come over the evening with wishes of their own.
    """
    draw, first = random.Random(seed), datetime.now(UTC) - timedelta(hours=12)
    programs: set[UUID] = set()
    for store_id, slots in stores.items():
        scripted = [(new_id(first), first) for _ in range(SCRIPTED // len(stores))]
        late = [first + timedelta(seconds=draw.randrange(40_000)) for _ in range(PEOPLE // len(stores))]
        people = [(new_id(at), at) for at in late]
        await _ask(connection, opens_at, store_id, slots, scripted, draw, ordered=True)
        await _ask(connection, opens_at, store_id, slots, people, draw, ordered=False)
        programs |= {shopper for shopper, _ in scripted}
    return programs


async def _rho(connection: "asyncpg.Connection[asyncpg.Record]", store_id: int) -> float:
    rows = await connection.fetch(
        "select rank from advance_order where store_id = $1 order by created_at", store_id
    )
    return correlation([float(number) for number in range(len(rows))], [float(row["rank"]) for row in rows])


async def _share(
    connection: "asyncpg.Connection[asyncpg.Record]", crowded: int, programs: set[UUID], seed: int
) -> tuple[float, int]:
    """
    What a scripted account gets over what a person gets, and how many places were given.

    The same requests are drawn again with further secrets: one draw alone is off by some percent.
    """
    rows = await connection.fetch(
        """
        select a.store_id, a.opens_at, a.cart_id, a.shopper_id, a.wishes, a.slot_id, d.snapshot
          from advance_order a join draw_store d using (store_id, opens_at)
         where a.store_id <> $1
         order by a.store_id""",
        crowded,
    )
    draw, won, lost = random.Random(seed), 0, 0
    for number in range(DRAWS):
        secret = draw.randbytes(SECRET_BYTES)
        for _, group in groupby(rows, key=itemgetter("store_id")):
            asked = list(group)
            given = _again(secret, asked)
            if number == 0 and any(given[row["cart_id"]] != row["slot_id"] for row in asked):
                raise SystemExit("the draw came out otherwise than it was held")
            won += sum(given[row["cart_id"]] is not None and row["shopper_id"] in programs for row in asked)
            lost += sum(
                given[row["cart_id"]] is not None and row["shopper_id"] not in programs for row in asked
            )
    return (won / SCRIPTED) / (lost / PEOPLE), won + lost


def _again(secret: bytes, asked: Sequence[asyncpg.Record]) -> dict[UUID, int | None]:
    """Hold one store's draw with this secret."""
    people = [
        Participant(
            cart_id=row["cart_id"],
            shopper_id=row["shopper_id"],
            wishes=tuple(row["wishes"]),
            rank=rank_of(
                secret, opens_at=row["opens_at"], store_id=row["store_id"], shopper_id=row["shopper_id"]
            ),
        )
        for row in asked
    ]
    return allocate(people, {int(slot): left for slot, left in asked[0]["snapshot"].items()}, ())


async def _slots(
    connection: "asyncpg.Connection[asyncpg.Record]", opens_at: datetime, *, stores: int
) -> dict[int, list[int]]:
    """The first slots of the opening in some stores, five in all, with room for half of those who ask."""
    rows = await connection.fetch(
        """
        update slot s set capacity = $3
          from (select store_id, slot_id,
                       row_number() over (partition by store_id order by slot_id) as n,
                       dense_rank() over (order by store_id) as store
                  from slot where opens_at = $1 and channel = 'drive' and not closed) as p
         where s.store_id = p.store_id and s.slot_id = p.slot_id and p.n <= $4 and p.store <= $2
        returning s.store_id, s.slot_id""",
        opens_at,
        stores,
        (SCRIPTED + PEOPLE) // STORES // 2 // WISHES,
        WISHES,
    )
    slots: dict[int, list[int]] = {}
    for row in sorted(rows, key=lambda row: row["slot_id"]):
        slots.setdefault(row["store_id"], []).append(row["slot_id"])
    return slots


async def _ask(
    connection: "asyncpg.Connection[asyncpg.Record]",
    opens_at: datetime,
    store_id: int,
    slots: Sequence[int],
    people: Sequence[tuple[UUID, datetime]],
    draw: random.Random,
    *,
    ordered: bool,
) -> None:
    carts: list[tuple[Any, ...]] = []
    asked: list[tuple[Any, ...]] = []
    for shopper_id, at in people:
        cart_id = new_id(at, store_id)
        wishes = list(slots) if ordered else draw.sample(slots, len(slots))
        carts.append((store_id, cart_id, shopper_id, {}, at, at))
        asked.append(
            (
                *(store_id, cart_id, shopper_id, opens_at, str(cart_id), b"bench", wishes, False, []),
                *(at, _agreement(at), 100_000, "waiting", at),
            )
        )
    await connection.copy_records_to_table(
        "cart",
        columns=["store_id", "cart_id", "shopper_id", "lines", "created_at", "updated_at"],
        records=carts,
    )
    await connection.copy_records_to_table("advance_order", columns=_COLUMNS, records=asked)
    await connection.execute(
        "insert into draw_store (store_id, opens_at) values ($1, $2) on conflict do nothing",
        store_id,
        opens_at,
    )


def _agreement(at: datetime) -> Any:
    return msgspec.to_builtins(
        Agreement(
            payment_method="at_store",
            contact=Contact(name="Camille Roux", email=""),
            language="fr",
            adult=False,
            substitution=None,
            legal_version=LEGAL_VERSION,
            button=ORDER_BUTTON,
            asked_at=at,
        )
    )


async def _draw(
    connection: "asyncpg.Connection[asyncpg.Record]", database: Database, opens_at: datetime, seed: int
) -> None:
    secret = random.Random(seed).randbytes(SECRET_BYTES)
    await connection.execute(
        """
        insert into draw_event (opens_at, commitment, secret, groups, published_at)
             values ($1, $2, $3, '[]', $4)""",
        opens_at,
        commitment_of(secret),
        secret,
        datetime.now(UTC),
    )
    await jobs.draw_openings(database, FixedClock(opens_at), policy=DEFAULTS.advance)


if __name__ == "__main__":
    main()
