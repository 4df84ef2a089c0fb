"""
What a handover credits to its customer's cagnotte.

The row of the handover says whether it was credited (``earned_at``), so the counter's own transaction
carries nothing for it, and whoever dies in between credits later, once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from cabas.domain.loyalty import model as loyalty
from cabas.domain.loyalty import operations, queries
from cabas.domain.loyalty.model import Earning, EarningLine, EarningOffers
from cabas.domain.loyalty.ports import Programme
from cabas.domain.preparation.model import LineOutcome
from cabas.domain.promotions.model import PriceableLine
from cabas.kit.db import Connection, Record, Transaction

EARNED_AT_ONCE = 200


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """An order that was handed over."""

    store_id: int
    order_id: UUID
    customer_id: UUID
    placed_at: datetime


async def earn_handed_over(
    tx: Transaction,
    *,
    months: int,
    now: datetime,
    programme: Programme | None = None,
    limit: int = EARNED_AT_ONCE,
) -> int:
    """
    Credit up to ``limit`` handovers, oldest first; returns how many were looked at.

    Who had no card when it was handed over earns nothing.

    :param months: how long an earning is good for.
    :param programme: keeps the ledger instead of ours.
    """
    given = await _take_uncredited(tx, limit)
    if not given:
        return 0
    cards = await queries.card_numbers(tx, [one.customer_id for one in given])
    credited = [one for one in given if one.customer_id in cards]
    if credited:
        offers = await queries.offers(tx, now=now)
        lines = await lines_given(tx, credited)
        earnings = _earnings(credited, lines, offers, expires_at=loyalty.expires_at(now, months=months))
        if programme is None:
            await operations.earn_all(tx, earnings=earnings, now=now)
        else:
            await _tell(tx, programme, earnings, cards, now)
    await _mark(tx, given, now)
    return len(given)


async def take_back_withdrawn(tx: Transaction, *, now: datetime, limit: int = EARNED_AT_ONCE) -> int:
    """
    What goods earned from which shoppers withdrew goes again, up to ``limit`` declarations; returns how many.

    What was spent meanwhile is not asked back.
    """
    rows = await tx.fetch(
        """
        with uncounted as (
            select w.store_id, w.order_id, w.withdrawal_id, w.line_numbers
              from withdrawal w
              join handover h using (store_id, order_id)
             where w.taken_back_at is null and h.earned_at is not null
             order by w.declared_at
             limit $1
               for update of w skip locked
        ), marked as (
            update withdrawal w
               set taken_back_at = $2
              from uncounted u
             where w.store_id = u.store_id and w.order_id = u.order_id and w.withdrawal_id = u.withdrawal_id
        )
        select u.withdrawal_id, u.line_numbers, o.store_id, o.order_id, o.customer_id, o.placed_at
          from uncounted u
          join orders o on o.store_id = u.store_id and o.order_id = u.order_id""",
        limit,
        now,
    )
    if not rows:
        return 0
    offers = await queries.offers(tx, now=now)
    for row in rows:
        values = dict(row.items())
        withdrawal_id, numbers = values.pop("withdrawal_id"), set(values.pop("line_numbers"))
        one = Given(**values)
        lines = (await lines_given(tx, [one])).get(one.order_id, {})
        await operations.reverse(
            tx,
            customer_id=one.customer_id,
            cents=loyalty.cents_of_order(
                [line for number, line in lines.items() if number in numbers],
                offers,
                store_id=one.store_id,
                placed_at=one.placed_at,
            ),
            store_id=one.store_id,
            order_id=one.order_id,
            cause=str(withdrawal_id),
            now=now,
        )
    return len(rows)


async def lines_given(reader: Connection, given: Sequence[Given]) -> Mapping[UUID, Mapping[int, EarningLine]]:
    """
    What was in the crates, by order and line number: a missing good is none of it, a substitute is itself.
    """
    rows = await reader.fetch(
        """
        select p.order_id, p.line_no, p.outcome, p.gtin, p.quantity, p.weight_grams, p.unit_price_cents, p.total_cents,
               case p.outcome when 'substituted' then p.frozen else l.frozen end as product
          from unnest($1::int[], $2::uuid[]) as g (store_id, order_id)
          join orders o on o.store_id = g.store_id and o.order_id = g.order_id
          join picked_line p on p.store_id = g.store_id and p.order_id = g.order_id
          join order_line l on l.store_id = p.store_id and l.order_id = p.order_id and l.revision = o.revision
                           and l.line_no = p.line_no
         where p.total_cents > 0""",
        [one.store_id for one in given],
        [one.order_id for one in given],
    )
    lines: dict[UUID, dict[int, EarningLine]] = {}
    for row in rows:
        lines.setdefault(row["order_id"], {})[row["line_no"]] = _line(row)
    return lines


def _line(row: Record) -> EarningLine:
    product = row["product"]
    by_weight = product.get("sold_by") == "weight"
    quantity = row["weight_grams"] if by_weight else row["quantity"]
    full = PriceableLine(quantity, row["unit_price_cents"], by_weight).gross_cents
    # What was ordered froze its promotion; a substitute is known to have one by costing less.
    reduced = row["outcome"] == LineOutcome.SUBSTITUTED and row["total_cents"] < full
    return EarningLine(
        gtin=row["gtin"],
        category_id=product.get("category_id") or 0,
        quantity=quantity,
        by_weight=by_weight,
        total_cents=row["total_cents"],
        promoted=reduced or bool(product.get("promotion_kind")),
        adults_only=bool(product.get("minimum_age")),
    )


def _earnings(
    given: Sequence[Given],
    lines: Mapping[UUID, Mapping[int, EarningLine]],
    offers: EarningOffers,
    *,
    expires_at: datetime,
) -> list[Earning]:
    return [
        Earning(
            customer_id=one.customer_id,
            store_id=one.store_id,
            order_id=one.order_id,
            cents=loyalty.cents_of_order(
                lines.get(one.order_id, {}).values(), offers, store_id=one.store_id, placed_at=one.placed_at
            ),
            expires_at=expires_at,
        )
        for one in given
    ]


async def _tell(
    tx: Transaction,
    programme: Programme,
    earnings: Sequence[Earning],
    cards: Mapping[UUID, int],
    now: datetime,
) -> None:
    for earning in earnings:
        if earning.cents > 0:
            await programme.earn(
                tx,
                key=f"earn:{earning.order_id}",
                card=str(cards[earning.customer_id]),
                cents=earning.cents,
                store_id=earning.store_id,
                order_id=earning.order_id,
                at=now,
            )


async def _take_uncredited(tx: Transaction, limit: int) -> list[Given]:
    rows = await tx.fetch(
        """
        with uncredited as (
            select store_id, order_id
              from handover
             where earned_at is null and handed_over_at is not null
             order by handed_over_at
             limit $1
               for update skip locked
        )
        select o.store_id, o.order_id, o.customer_id, o.placed_at
          from uncredited u
          join orders o on o.store_id = u.store_id and o.order_id = u.order_id""",
        limit,
    )
    return [Given(**dict(row.items())) for row in rows]


async def _mark(tx: Transaction, given: Sequence[Given], now: datetime) -> None:
    await tx.execute(
        """
        update handover h
           set earned_at = $1
          from unnest($2::int[], $3::uuid[]) as g (store_id, order_id)
         where h.store_id = g.store_id and h.order_id = g.order_id""",
        now,
        [one.store_id for one in given],
        [one.order_id for one in given],
    )
