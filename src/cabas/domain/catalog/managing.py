"""What a store manager decides about offers: price and availability, each change kept and undoable."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from cabas.domain.catalog.model import unit_price_cents
from cabas.kit.db import Connection, Transaction
from cabas.kit.errors import Conflict, NotFound
from cabas.kit.ids import new_id

LISTED_MAX = 100


class OfferNotFound(NotFound):
    """The store has no such offer."""

    code = "offer_not_found"


class OfferChangeUnknown(NotFound):
    """This store has no such change."""

    code = "change_unknown"


class OfferChangedSince(Conflict):
    """The offer was changed again since then: undo the later change first."""

    code = "change_superseded"


class ListedOffer(msgspec.Struct, frozen=True, kw_only=True):
    gtin: int
    name: str
    brand: str
    picture: str
    price_cents: int
    unit_price_cents: int
    unit_basis: str
    status: int
    back_on: date | None


class OfferChange(msgspec.Struct, frozen=True, kw_only=True):
    change_id: UUID
    gtin: int
    name: str
    changed_at: datetime
    changed_by: str
    before: dict[str, Any]
    after: dict[str, Any]
    undone_at: datetime | None


async def change_offer(
    tx: Transaction,
    *,
    store_id: int,
    gtin: int,
    price_cents: int,
    status: int,
    back_on: date | None = None,
    actor: str,
    now: datetime,
) -> bool:
    """
    Set an offer's price and availability; the unit price follows. False: nothing was different.

    :raises OfferNotFound: the store has no such offer.
    """
    row = await tx.fetchrow(
        """
        select o.price_cents, o.status, o.back_on
          from offer o
         where o.store_id = $1 and o.gtin = $2
           for update""",
        store_id,
        gtin,
    )
    if row is None:
        raise OfferNotFound
    before = _state(row["price_cents"], row["status"], row["back_on"])
    after = _state(price_cents, status, back_on)
    if before == after:
        return False
    await _write(tx, store_id=store_id, gtin=gtin, state=after)
    await tx.execute(
        """
        insert into offer_change (store_id, gtin, change_id, changed_at, changed_by, before, after)
             values ($1, $2, $3, $4, $5, $6, $7)""",
        store_id,
        gtin,
        new_id(now, store_id),
        now,
        actor,
        before,
        after,
    )
    return True


async def undo_offer_change(tx: Transaction, *, store_id: int, change_id: UUID, now: datetime) -> None:
    """
    Put an offer back as it was before one change; undoing twice is harmless.

    :raises OfferChangeUnknown: no such change in this store.
    :raises OfferChangedSince: a later change stands.
    """
    row = await tx.fetchrow(
        """
        select c.gtin, c.before, c.undone_at,
               exists (select from offer_change l
                        where l.store_id = c.store_id and l.gtin = c.gtin and l.undone_at is null
                          and (l.changed_at, l.change_id) > (c.changed_at, c.change_id)) as superseded
          from offer_change c
         where c.store_id = $1 and c.change_id = $2
           for update""",
        store_id,
        change_id,
    )
    if row is None:
        raise OfferChangeUnknown
    if row["undone_at"] is not None:
        return
    if row["superseded"]:
        raise OfferChangedSince
    await _write(tx, store_id=store_id, gtin=row["gtin"], state=row["before"])
    await tx.execute(
        "update offer_change set undone_at = $4 where store_id = $1 and gtin = $2 and change_id = $3",
        store_id,
        row["gtin"],
        change_id,
        now,
    )


async def offers_of_store(
    reader: Connection, *, store_id: int, query: str = "", after_gtin: int = 0, limit: int = 25
) -> list[ListedOffer]:
    """The store's offers whose name, brand or GTIN holds ``query``, by GTIN after ``after_gtin``."""
    gtin = int(query) if query.isascii() and query.isdigit() and len(query) <= 14 else 0
    rows = await reader.fetch(
        """
        select o.gtin, p.name, p.brand, p.picture, o.price_cents, o.unit_price_cents, p.unit_basis,
               o.status, o.back_on
          from offer o
          join product p on p.gtin = o.gtin
         where o.store_id = $1 and o.gtin > $3
           and ($2 = '' or o.gtin = $4
                or strpos(lower(p.name || ' ' || p.brand), lower($2)) > 0 or strpos(p.sort_name, lower($2)) > 0)
         order by o.gtin
         limit $5""",
        store_id,
        query,
        after_gtin,
        gtin,
        min(limit, LISTED_MAX),
    )
    return [ListedOffer(**dict(row.items())) for row in rows]


async def offer_changes(reader: Connection, *, store_id: int, limit: int = 20) -> list[OfferChange]:
    """The store's latest changes of offers, newest first."""
    rows = await reader.fetch(
        """
        select c.change_id, c.gtin, p.name, c.changed_at, c.changed_by, c.before, c.after, c.undone_at
          from offer_change c
          join product p on p.gtin = c.gtin
         where c.store_id = $1
         order by c.changed_at desc, c.change_id desc
         limit $2""",
        store_id,
        min(limit, LISTED_MAX),
    )
    return [OfferChange(**dict(row.items())) for row in rows]


async def _write(tx: Transaction, *, store_id: int, gtin: int, state: dict[str, Any]) -> None:
    product = await tx.fetchrow("select sold_by, net_quantity, unit_basis from product where gtin = $1", gtin)
    if product is None:
        raise OfferNotFound
    back_on = date.fromisoformat(state["back_on"]) if state["back_on"] else None
    await tx.execute(
        """
        update offer
           set price_cents = $3, unit_price_cents = $4, status = $5, back_on = $6
         where store_id = $1 and gtin = $2""",
        store_id,
        gtin,
        state["price_cents"],
        unit_price_cents(
            state["price_cents"],
            sold_by=product["sold_by"],
            net_quantity=product["net_quantity"],
            unit_basis=product["unit_basis"],
        ),
        state["status"],
        back_on,
    )


def _state(price_cents: int, status: int, back_on: date | None) -> dict[str, Any]:
    return {
        "price_cents": price_cents,
        "status": status,
        "back_on": back_on.isoformat() if back_on else None,
    }
