"""
Every invariant that `cabas check` audits, on one page (docs/reference/invariants.md).

Each is a query for what would break it: no row, no breach.
"""

import msgspec


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
        "payments_end_as_wanted",
        "what rests was taken as wanted, and an order that a card had to do with was paid once",
        """
        select format('order %s tender %s: %s of %s wanted', order_id, number, captured_cents - refunded_cents,
                      wanted_cents)
          from tender
         where next_at is null and captured_cents - refunded_cents > wanted_cents
        union all
        select format('order %s (%s): %s paid, %s due', o.order_id, o.state, t.paid,
                      case when o.state = 'cancelled' then 0 else coalesce(o.final_cents, o.total_cents) end)
          from orders o
          join (select store_id, order_id, sum(captured_cents - refunded_cents) paid
                  from tender group by 1, 2
                having bool_or(kind = 'card') and bool_and(next_at is null)) t using (store_id, order_id)
         where (o.state = 'cancelled' and t.paid <> 0)
            or (o.state = 'handed_over' and t.paid <> coalesce(o.final_cents, o.total_cents))""",
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
        "placed_in_advance_has_its_order",
        "a request placed by a draw has its order, of its basket and in the slot that was drawn",
        """
        select format('basket %s: order %s', a.cart_id, a.order_id)
          from advance_order a
          left join orders o on o.store_id = a.store_id and o.order_id = a.order_id
         where a.state = 'placed'
           and (o.order_id is null or o.cart_id <> a.cart_id or a.slot_id is null
                or (o.revision = 1 and o.slot_id <> a.slot_id))""",
    ),
    Invariant(
        "no_request_outlives_its_draw",
        "once a store is drawn and its orders are written, none of its requests waits",
        """
        select format('store %s basket %s', a.store_id, a.cart_id)
          from advance_order a join draw_store d using (store_id, opens_at)
         where a.state = 'waiting' and (d.placed_at is not null or (d.drawn_at is not null and a.slot_id is null))""",
    ),
    Invariant(
        "one_request_a_shopper",
        "a shopper waits with one basket in the whole network",
        "select format('shopper %s: %s requests', shopper_id, count(*)) from advance_order"
        " where state = 'waiting' and rank is null group by shopper_id having count(*) > 1",
    ),
    Invariant(
        "a_draw_gives_what_was_left",
        "no draw gave more places of a slot than were left in it",
        """
        select format('store %s slot %s: %s of %s', a.store_id, a.slot_id, count(*), d.snapshot ->> a.slot_id::text)
          from advance_order a join draw_store d using (store_id, opens_at)
         where a.slot_id is not null
         group by a.store_id, a.opens_at, a.slot_id, d.snapshot
        having count(*) > coalesce((d.snapshot ->> a.slot_id::text)::int, 0)""",
    ),
    Invariant(
        "draws_keep_their_word",
        "a draw's secret has the digest that was published, and is kept until every store is drawn",
        """
        select format('opening %s', e.opens_at)
          from draw_event e
         where e.commitment <> sha256(e.secret)
            or (e.revealed_at is not null
                and exists (select from draw_store s where s.opens_at = e.opens_at and s.drawn_at is null))""",
    ),
    Invariant(
        "cagnottes_add_up",
        "a card's balance is the sum of its ledger, and what is left of its earnings; it is never negative",
        """
        select format('card %s: balance %s, entries %s, left %s', c.number, c.balance_cents, e.cents, e.left_cents)
          from loyalty_card c
          join lateral (
               select coalesce(sum(cents), 0) as cents, coalesce(sum(left_cents), 0) as left_cents
                 from loyalty_entry e
                where e.customer_id = c.customer_id) e on true
         where c.balance_cents <> e.cents or c.balance_cents <> e.left_cents or c.balance_cents < 0""",
    ),
    Invariant(
        "cagnottes_set_aside_what_is_held",
        "what a card has set aside is the sum of its open holds, never more than its balance, and each has its payment",
        """
        select format('card %s: reserved %s, holds %s, balance %s',
                      c.number, c.reserved_cents, h.cents, c.balance_cents)
          from loyalty_card c
          join lateral (
               select coalesce(sum(cents), 0) as cents
                 from loyalty_hold h
                where h.customer_id = c.customer_id and h.ended_at is null) h on true
         where c.reserved_cents <> h.cents or c.reserved_cents > c.balance_cents
        union all
        select format('hold %s: no payment', h.key)
          from loyalty_hold h
          left join tender t on t.store_id = h.store_id and t.order_id = h.order_id and t.reference = h.key
                            and t.kind = 'loyalty'
         where t.order_id is null""",
    ),
    Invariant(
        "each_cause_moves_a_cagnotte_once",
        "an order is credited once, in one cagnotte, and only once it was handed over",
        """
        select format('cause %s: %s entries', cause, count(*))
          from loyalty_entry group by cause having count(*) > 1
        union all
        select format('order %s was credited and not handed over', e.order_id)
          from loyalty_entry e
          left join handover h on h.store_id = e.store_id and h.order_id = e.order_id
         where e.kind = 'earn' and h.handed_over_at is null""",
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
