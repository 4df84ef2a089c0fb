"""Private writes of loyalty. A card's ledger is written under its card's lock."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cabas.domain.loyalty.model import Card, Earning, EarningOffer, EntryKind, Hold, Lot, Part
from cabas.domain.loyalty.queries import CARD_COLUMNS, OFFER_COLUMNS, as_offer
from cabas.kit.db import Transaction
from cabas.kit.ids import new_id


async def insert_card(tx: Transaction, *, customer_id: UUID, number: int, now: datetime) -> int:
    """0 when the customer has one, or another customer this number."""
    return await tx.execute(
        """
        insert into loyalty_card (customer_id, number, opened_at)
             values ($1, $2, $3)
        on conflict do nothing""",
        customer_id,
        number,
        now,
    )


async def lock_cards(tx: Transaction, customer_ids: Sequence[UUID]) -> list[Card]:
    """Those of them who have one; always in the same order, so that no two wait for each other."""
    rows = await tx.fetch(
        f"""
        select {CARD_COLUMNS}
          from loyalty_card
         where customer_id = any($1::uuid[])
         order by customer_id
           for update""",
        list(customer_ids),
    )
    return [Card(**dict(row.items())) for row in rows]


async def insert_earnings(tx: Transaction, earnings: Sequence[Earning], *, now: datetime) -> int:
    """What isn't in the ledger yet, and the balances, in one statement; returns how many it was."""
    count: int = await tx.fetchval(
        """
        with written as (
            insert into loyalty_entry (customer_id, entry_id, kind, cents, left_cents, cause, store_id, order_id,
                                       at, expires_at)
            select e.customer_id, e.entry_id, 'earn', e.cents, e.cents, 'earn:' || e.order_id, e.store_id,
                   e.order_id, $1, e.expires_at
              from unnest($2::uuid[], $3::uuid[], $4::int[], $5::int[], $6::uuid[], $7::timestamptz[])
                   as e (customer_id, entry_id, cents, store_id, order_id, expires_at)
            on conflict (customer_id, cause) do nothing
            returning customer_id, cents
        ), credited as (
            update loyalty_card c
               set balance_cents = c.balance_cents + w.cents
              from (select customer_id, sum(cents)::int as cents from written group by customer_id) w
             where c.customer_id = w.customer_id
        )
        select count(*) from written""",
        now,
        [earning.customer_id for earning in earnings],
        [new_id(now, earning.store_id) for earning in earnings],
        [earning.cents for earning in earnings],
        [earning.store_id for earning in earnings],
        [earning.order_id for earning in earnings],
        [earning.expires_at for earning in earnings],
    )
    return count


async def cause_is_known(tx: Transaction, *, customer_id: UUID, cause: str) -> bool:
    known: bool = await tx.fetchval(
        "select exists (select from loyalty_entry where customer_id = $1 and cause = $2)", customer_id, cause
    )
    return known


async def earned_by(tx: Transaction, *, customer_id: UUID, order_id: UUID) -> int:
    """What an order earned, less what was taken back."""
    cents: int = await tx.fetchval(
        """
        select coalesce(sum(cents), 0)::int
          from loyalty_entry
         where customer_id = $1 and order_id = $2 and kind in ('earn', 'reverse')""",
        customer_id,
        order_id,
    )
    return cents


async def lots(tx: Transaction, *, customer_id: UUID) -> list[Lot]:
    """What is left of each earning. One that has run out goes by its own entry, unless it is set aside."""
    rows = await tx.fetch(
        """
        select entry_id, left_cents, expires_at
          from loyalty_entry
         where customer_id = $1 and left_cents > 0""",
        customer_id,
    )
    return [Lot(**dict(row.items())) for row in rows]


async def insert_taken(
    tx: Transaction,
    *,
    customer_id: UUID,
    kind: EntryKind,
    cause: str,
    store_id: int,
    order_id: UUID | None,
    parts: Sequence[Part],
    now: datetime,
) -> None:
    """One entry for the sum of the parts; the earnings they come from, and the balance, go down by them."""
    await tx.execute(
        """
        with taken as (
            select * from unnest($8::uuid[], $9::int[]) as t (entry_id, cents)
        ), used as (
            update loyalty_entry e
               set left_cents = e.left_cents - t.cents
              from taken t
             where e.customer_id = $1 and e.entry_id = t.entry_id
        ), debited as (
            update loyalty_card
               set balance_cents = balance_cents - (select sum(cents) from taken)
             where customer_id = $1
        )
        insert into loyalty_entry (customer_id, entry_id, kind, cents, cause, store_id, order_id, at)
        select $1, $2, $3, -sum(cents), $4, $5, $6, $7 from taken""",
        customer_id,
        new_id(now, store_id),
        kind.value,
        cause,
        store_id,
        order_id,
        now,
        [part.entry_id for part in parts],
        [part.cents for part in parts],
    )


async def insert_return(
    tx: Transaction, *, hold: Hold, cents: int, cause: str, expires_at: datetime, now: datetime
) -> None:
    """An entry that adds, and the balance with it."""
    await tx.execute(
        """
        with returned as (
            insert into loyalty_entry (customer_id, entry_id, kind, cents, left_cents, cause, store_id, order_id,
                                       at, expires_at)
                 values ($1, $2, 'return', $3, $3, $4, $5, $6, $7, $8)
        )
        update loyalty_card set balance_cents = balance_cents + $3 where customer_id = $1""",
        hold.customer_id,
        new_id(now, hold.store_id),
        cents,
        cause,
        hold.store_id,
        hold.order_id,
        now,
        expires_at,
    )


async def insert_hold(tx: Transaction, hold: Hold, *, now: datetime) -> None:
    await tx.execute(
        """
        with held as (
            insert into loyalty_hold (key, customer_id, store_id, order_id, cents, held_at)
                 values ($1, $2, $3, $4, $5, $6)
        )
        update loyalty_card set reserved_cents = reserved_cents + $5 where customer_id = $2""",
        hold.key,
        hold.customer_id,
        hold.store_id,
        hold.order_id,
        hold.cents,
        now,
    )


async def update_hold_ended(tx: Transaction, hold: Hold, *, captured_cents: int, now: datetime) -> None:
    """What was set aside isn't any more."""
    await tx.execute(
        """
        with ended as (
            update loyalty_hold set captured_cents = $2, ended_at = $3 where key = $1 and ended_at is null
            returning customer_id, cents
        )
        update loyalty_card c set reserved_cents = c.reserved_cents - e.cents
          from ended e
         where c.customer_id = e.customer_id""",
        hold.key,
        captured_cents,
        now,
    )


async def update_hold_returned(tx: Transaction, *, key: str, returned_cents: int) -> None:
    await tx.execute("update loyalty_hold set returned_cents = $2 where key = $1", key, returned_cents)


async def run_out(tx: Transaction, *, now: datetime, limit: int) -> list[tuple[UUID, Lot]]:
    """Up to ``limit`` earnings with something left whose end has come, with their customer."""
    rows = await tx.fetch(
        """
        select customer_id, entry_id, left_cents, expires_at
          from loyalty_entry
         where left_cents > 0 and expires_at <= $1
         order by expires_at
         limit $2""",
        now,
        limit,
    )
    found = [dict(row.items()) for row in rows]
    return [(one.pop("customer_id"), Lot(**one)) for one in found]


async def insert_offer(tx: Transaction, offer: EarningOffer) -> int:
    """0 when it was there already."""
    return await tx.execute(
        """
        insert into loyalty_offer (offer_id, store_id, label, kind, amount, gtin, category_id, starts_at, ends_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (offer_id) do nothing""",
        offer.offer_id,
        offer.store_id,
        offer.label,
        offer.kind.value,
        offer.amount,
        offer.gtin,
        offer.category_id,
        offer.starts_at,
        offer.ends_at,
    )


async def lock_offer(tx: Transaction, offer_id: UUID) -> EarningOffer | None:
    row = await tx.fetchrow(
        f"select {OFFER_COLUMNS} from loyalty_offer where offer_id = $1 for update", offer_id
    )
    return as_offer(row) if row else None


async def update_offer_end(tx: Transaction, offer_id: UUID, *, ends_at: datetime) -> None:
    await tx.execute("update loyalty_offer set ends_at = $2 where offer_id = $1", offer_id, ends_at)


async def delete_offer(tx: Transaction, offer_id: UUID) -> None:
    await tx.execute("delete from loyalty_offer where offer_id = $1", offer_id)


async def delete_card(tx: Transaction, *, customer_id: UUID) -> int:
    """With its ledger."""
    return await tx.execute("delete from loyalty_card where customer_id = $1", customer_id)
