"""
`cabas check`: audits a live database for every invariant (docs/reference/invariants.md).

Each invariant is a query for what would break it: no row, no breach. The queries read one
snapshot, so a running system is judged at an instant.
"""

import asyncio
import json
from collections.abc import Sequence

import asyncpg
import click
import msgspec

from cabas import settings as settings_module
from cabas.connection import database_url

SHOWN_MAX = 5


class Invariant(msgspec.Struct, frozen=True):
    """``breach`` selects what breaks it, a readable text a row."""

    name: str
    says: str
    breach: str


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "slots_never_oversold",
        "0 ≤ taken ≤ capacity for every slot",
        "select format('store %s slot %s: %s of %s', store_id, slot_id, taken, capacity) from slot"
        " where taken < 0 or taken > capacity",
    ),
    Invariant(
        "slots_count_orders_and_holds",
        "a slot's taken places are its live orders and its holds",
        """
        select format('store %s slot %s: taken %s, orders %s, holds %s',
                      s.store_id, s.slot_id, s.taken, coalesce(o.n, 0), coalesce(h.n, 0))
          from slot s
          left join (select store_id, slot_id, count(*) n from orders
                      where state <> 'cancelled' group by 1, 2) o using (store_id, slot_id)
          left join (select store_id, slot_id, count(*) n from slot_hold group by 1, 2) h using (store_id, slot_id)
         where s.taken <> coalesce(o.n, 0) + coalesce(h.n, 0)""",
    ),
    Invariant(
        "orders_have_a_slot",
        "every order has the slot it was placed in",
        """
        select format('order %s: no slot %s in store %s', o.order_id, o.slot_id, o.store_id)
          from orders o left join slot s using (store_id, slot_id)
         where s.slot_id is null""",
    ),
    Invariant(
        "one_order_a_key",
        "every idempotency key leads to one order, and no order has two keys",
        """
        select format('key %s of %s: order %s is missing', k.key, k.shopper_id, k.order_id)
          from checkout_key k left join orders o using (store_id, order_id)
         where o.order_id is null
        union all
        select format('order %s has %s keys', order_id, count(*))
          from checkout_key group by store_id, order_id having count(*) > 1""",
    ),
    Invariant(
        "one_order_a_basket",
        "a basket becomes at most one order",
        "select format('basket %s: %s orders', cart_id, count(*)) from orders"
        " group by store_id, cart_id having count(*) > 1",
    ),
    Invariant(
        "orders_have_their_outbox_row",
        "every order was recorded for its store in its own transaction",
        """
        select format('order %s has no outbox row', o.order_id)
          from orders o
         where not exists (select from outbox b where b.store_id = o.store_id and b.order_id = o.order_id
                                                  and b.kind = 'order_placed')""",
    ),
    Invariant(
        "dispatch_is_gap_free",
        "each store's numbers run from 1 without a gap",
        """
        select format('store %s: %s dispatches, last %s', store_id, count(*), max(store_seq))
          from dispatch group by store_id
        having count(*) <> max(store_seq) or min(store_seq) <> 1""",
    ),
    Invariant(
        "dispatched_once",
        "what the outbox sent arrived exactly once, and nothing else did",
        """
        select format('outbox %s: no dispatch', b.outbox_id)
          from outbox b left join dispatch d using (store_id, order_id, revision, kind)
         where b.dispatched_at is not null and d.store_seq is null
        union all
        select format('store %s number %s: no outbox row', d.store_id, d.store_seq)
          from dispatch d left join outbox b using (store_id, order_id, revision, kind)
         where b.outbox_id is null""",
    ),
    Invariant(
        "dispatch_bytes_match_their_digest",
        "a dispatch's digest is that of its bytes",
        "select format('store %s number %s', store_id, store_seq) from dispatch"
        " where sha256 <> sha256(convert_to(body, 'UTF8'))",
    ),
    Invariant(
        "no_order_before_its_slot_opened",
        "no order was placed before bookings opened or after the cut-off",
        """
        select format('order %s at %s, slot open %s to %s', o.order_id, o.placed_at, s.opens_at, s.closes_at)
          from orders o join slot s using (store_id, slot_id)
         where o.placed_at < s.opens_at or o.placed_at >= o.cutoff_at""",
    ),
    Invariant(
        "orders_add_up",
        "an order's amounts are the sums of its lines",
        """
        select format('order %s: goods %s, lines %s', o.order_id, o.goods_cents, l.goods)
          from orders o
          join lateral (
               select sum(total_cents + discount_cents) goods, sum(discount_cents) discount
                 from order_line l
                where l.store_id = o.store_id and l.order_id = o.order_id and l.revision = o.revision) l on true
         where o.goods_cents <> l.goods or o.discount_cents <> l.discount or l.goods is null""",
    ),
    Invariant(
        "final_amount_follows_picking",
        "a settled order charges what was picked, never more than the told maximum",
        """
        select format('order %s: final %s, maximum %s', order_id, final_cents, maximum_cents)
          from orders where final_cents > maximum_cents""",
    ),
    Invariant(
        "one_hold_a_shopper",
        "a shopper holds at most one place in the whole network",
        "select format('shopper %s: %s holds', shopper_id, count(*)) from slot_hold"
        " group by shopper_id having count(*) > 1",
    ),
    Invariant(
        "cancelled_orders_say_so",
        "a cancelled order has its cancellation, and only it",
        """
        select format('order %s', o.order_id)
          from orders o left join cancellation c using (store_id, order_id)
         where (o.state = 'cancelled') <> (c.order_id is not null)""",
    ),
    Invariant(
        "the_rooms_draw_is_as_published",
        "a waiting room's secret has the digest that was published, and nobody was called before its draw",
        """
        select format('event %s', event_id)
          from room_event
         where digest <> sha256(secret) or (ticked_at < opens_at and (bucket > 0 or fraction > 0))""",
    ),
    Invariant(
        "sellable_products_are_lawful",
        "a product on sale has its legal particulars",
        """
        select format('product %s', p.gtin)
          from product p left join product_particulars d using (gtin)
         where p.sellable and (d.gtin is null or d.operator_name = '')""",
    ),
)


@click.command()
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object: {ok, breaches: [...], invariants: n}."
)
def check(as_json: bool) -> None:  # noqa: FBT001 - click hands flags by position
    """Audit the database for every invariant; exits 1 on the first breach."""
    with database_url(settings_module.load()) as url:
        breaches = asyncio.run(audit(url))
    if as_json:
        report = {
            "ok": not breaches,
            "invariants": len(INVARIANTS),
            "breaches": msgspec.to_builtins(breaches),
        }
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        broken = {breach.invariant for breach in breaches}
        for invariant in INVARIANTS:
            click.echo(f"{'BREACH' if invariant.name in broken else 'ok':>6}  {invariant.says}")
        for breach in breaches:
            click.echo(f"\n{breach.invariant}: {breach.count} breaches, for instance:")
            for example in breach.examples:
                click.echo(f"  {example}")
    raise SystemExit(1 if breaches else 0)


class Breach(msgspec.Struct, frozen=True):
    """``count`` stops at 1,000; ``examples`` at `SHOWN_MAX`."""

    invariant: str
    count: int
    examples: list[str]


async def audit(url: str, invariants: Sequence[Invariant] = INVARIANTS) -> list[Breach]:
    """Every breach found, ``[]`` when all is well."""
    connection = await asyncpg.connect(url)
    breaches: list[Breach] = []
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            for invariant in invariants:
                rows = await connection.fetch(f"select * from ({invariant.breach}) as breach limit 1000")
                if rows:
                    examples = [str(row[0]) for row in rows[:SHOWN_MAX]]
                    breaches.append(Breach(invariant.name, len(rows), examples))
    finally:
        await connection.close()
    return breaches
