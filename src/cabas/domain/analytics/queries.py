"""Facts as they are read for the files: one query a dataset, its columns in the dataset's order after ``day``."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from cabas.domain.analytics.facts import (
    ASSORTMENT,
    BASKET_HOUR,
    FORGOTTEN,
    ORDER_END,
    ORDER_EVENT,
    PRODUCT,
    REQUEST,
    SLOT,
    STORE,
    Dataset,
    Rows,
)
from cabas.kit.clock import paris_midnight
from cabas.kit.db import Connection, Record

_PARIS = "at time zone 'Europe/Paris'"

_EVENTS = f"""
    select (case d.kind when 'order_placed' then o.placed_at
                        when 'order_cancelled' then coalesce(x.cancelled_at, d.dispatched_at)
                        else d.dispatched_at end {_PARIS})::date as day,
           d.store_id, d.store_seq, d.kind, d.dispatched_at as told_at, uuid_send(d.order_id) as order_id, d.revision,
           o.placed_at, (o.placed_at {_PARIS})::date as placed_day,
           extract(hour from o.placed_at {_PARIS})::int as placed_hour, o.channel, o.slot_id, o.slot_starts_at,
           (o.slot_starts_at {_PARIS})::date as slot_day,
           extract(hour from o.slot_starts_at {_PARIS})::int as slot_hour,
           p.customer_key, coalesce(w.email_key is null, true) as guest, o.payment_method,
           coalesce(l.goods, 0) as goods_cents, coalesce(l.discount, 0) as discount_cents,
           coalesce(l.deposit, 0) as deposit_cents, case when l.n is null then 0 else o.fee_cents end as fee_cents,
           case when l.n is null then 0 else l.goods - l.discount + l.deposit + o.fee_cents end as total_cents,
           coalesce(l.n, 0) as line_count, coalesce(l.lines, '{{}}') as lines
      from export_cursor c
      join dispatch d on d.store_id = c.store_id and d.store_seq > c.exported_seq and d.store_seq <= c.planned_seq
      join orders o on o.store_id = d.store_id and o.order_id = d.order_id
      left join cancellation x on x.store_id = d.store_id and x.order_id = d.order_id
      left join customer_pseudonym p on p.customer_id = o.customer_id
      left join customer w on w.customer_id = o.customer_id
      left join lateral (
           select count(*) as n, sum(e.total_cents + e.discount_cents)::int as goods,
                  sum(e.discount_cents)::int as discount,
                  sum((e.frozen ->> 'deposit_cents')::int
                      * case e.frozen ->> 'sold_by' when 'weight' then 1 else e.quantity end)::int as deposit,
                  array_agg(row(e.line_no, e.gtin, e.quantity, e.frozen ->> 'sold_by' = 'weight', e.unit_price_cents,
                                e.discount_cents, e.total_cents, coalesce(e.frozen ->> 'promotion_label', ''))
                            order by e.line_no) as lines
             from order_line e
            where e.store_id = d.store_id and e.order_id = d.order_id and e.revision = d.revision
              and d.kind <> 'order_cancelled'
           having count(*) > 0) l on true
     where c.planned_seq > c.exported_seq
     order by d.store_id, d.store_seq"""

_ENDS = f"""
    select s.store_id, uuid_send(s.order_id) as order_id, s.state, (o.placed_at {_PARIS})::date as placed_day,
           (o.slot_starts_at {_PARIS})::date as slot_day, o.slot_starts_at, o.channel, p.customer_key,
           (select min(r.at) from order_state_change r
             where r.store_id = s.store_id and r.order_id = s.order_id and r.state = 'received') as received_at,
           q.started_at, q.ready_at, a.arrived_at, h.started_at as handover_started_at, s.at as ended_at,
           case when s.state = 'cancelled' then coalesce(x.cancelled_by_whom, 'store') else '' end as cancelled_by,
           o.total_cents,
           case when s.state = 'handed_over' then coalesce(o.final_cents, o.total_cents) end as final_cents,
           asked.n as lines_asked, coalesce(k.picked, 0) as lines_picked, coalesce(k.short, 0) as lines_short,
           coalesce(k.missing, 0) as lines_missing, coalesce(k.substituted, 0) as lines_substituted,
           false as simulated, coalesce(k.exceptions, '{{}}') as exceptions
      from order_state_change s
      join orders o on o.store_id = s.store_id and o.order_id = s.order_id
      left join customer_pseudonym p on p.customer_id = o.customer_id
      left join preparation q on q.store_id = s.store_id and q.order_id = s.order_id
      left join arrival a on a.store_id = s.store_id and a.order_id = s.order_id
      left join handover h on h.store_id = s.store_id and h.order_id = s.order_id
      left join lateral (
           select case when c.cancelled_by = 'shopper' then 'shopper' else 'store' end as cancelled_by_whom
             from cancellation c where c.store_id = s.store_id and c.order_id = s.order_id) x on true
      left join lateral (
           select count(*) as n from order_line e
            where e.store_id = s.store_id and e.order_id = s.order_id and e.revision = o.revision) asked on true
      left join lateral (
           select count(*) filter (where g.outcome = 'picked') as picked,
                  count(*) filter (where g.outcome = 'short') as short,
                  count(*) filter (where g.outcome = 'missing') as missing,
                  count(*) filter (where g.outcome = 'substituted') as substituted,
                  array_agg(row(g.line_no, e.gtin, g.outcome, e.quantity, g.gtin,
                                case when g.weight_grams > 0 then g.weight_grams else g.quantity end, g.total_cents)
                            order by g.line_no) filter (where g.outcome <> 'picked') as exceptions
             from picked_line g
             join order_line e on e.store_id = g.store_id and e.order_id = g.order_id and e.revision = o.revision
                              and e.line_no = g.line_no
            where g.store_id = s.store_id and g.order_id = s.order_id) k on true
     where s.state in ('handed_over', 'cancelled') and s.at >= $1 and s.at < $2
     order by s.store_id, s.at, s.order_id"""

_SLOTS = f"""
    select s.store_id, s.slot_id, s.channel, extract(hour from s.starts_at {_PARIS})::int as hour, s.starts_at,
           s.opens_at, s.closes_at, s.capacity, s.taken, s.closed, coalesce(o.orders, 0) as orders,
           coalesce(o.lines, 0) as lines, o.last_placed_at
      from slot s
      left join lateral (
           select count(*) as orders, max(e.placed_at) as last_placed_at,
                  sum((select count(*) from order_line l
                        where l.store_id = e.store_id and l.order_id = e.order_id and l.revision = e.revision))
                  as lines
             from orders e
            where e.store_id = s.store_id and e.slot_id = s.slot_id and e.state <> 'cancelled') o on true
     where s.starts_at >= $1 and s.starts_at < $2
     order by s.store_id, s.slot_id"""

_BASKETS = f"""
    select extract(hour from updated_at {_PARIS})::int as hour, store_id, count(*) as baskets,
           count(*) filter (where shown is not null or ordered_at is not null) as at_checkout,
           count(*) filter (where ordered_at is not null) as ordered
      from cart
     where updated_at >= $1 and updated_at < $2 and (lines <> '{{}}' or ordered_at is not null)
     group by 1, 2
     order by 1, 2"""

_REQUESTS = """
    select store_id, count(*) filter (where state = 'waiting') as waiting,
           count(*) filter (where state = 'placed') as placed,
           count(*) filter (where state = 'unplaced') as unplaced,
           count(*) filter (where state = 'withdrawn') as withdrawn
      from advance_order
     where opens_at >= $1 and opens_at < $2
     group by 1
     order by 1"""

_ASSORTMENT = """
    select store_id, category_id / 10000 as aisle_id, count(*) as offers,
           count(*) filter (where status = 1) as on_sale, count(*) filter (where status = 2) as out_of_stock,
           count(*) filter (where status = 0) as withdrawn,
           count(*) filter (where status = 1 and promotion_id is not null) as promoted
      from offer
     where store_id > 0
     group by 1, 2
     order by 1, 2"""

_STORES = """
    select store_id, slug, name, format, city, department, region, latitude, longitude, has_drive, delivers,
           coalesce((preparation ->> 'pickers')::int, 0) as pickers,
           coalesce((preparation ->> 'lines_per_picker_hour')::int, 0) as lines_per_picker_hour
      from store
     where store_id > 0
     order by store_id"""

_PRODUCTS = """
    select p.gtin, p.name, p.brand, p.category_id / 10000 as aisle_id, coalesce(a.name, '') as aisle, p.category_id,
           c.name as category, p.sold_by
      from product p
      join category c using (category_id)
      left join category a on a.category_id = p.category_id / 10000 * 10000
     order by p.gtin"""

_FORGOTTEN = "select customer_key from forgotten_pseudonym order by customer_key"

OF_A_DAY = {ORDER_END.name: _ENDS, SLOT.name: _SLOTS, BASKET_HOUR.name: _BASKETS, REQUEST.name: _REQUESTS}
"""Of ``[$1, $2)``: they can be read again for any day."""

AS_IT_STANDS = {
    ASSORTMENT.name: _ASSORTMENT,
    STORE.name: _STORES,
    PRODUCT.name: _PRODUCTS,
    FORGOTTEN.name: _FORGOTTEN,
}
"""Of now only."""


async def events_in_hand(reader: Connection) -> dict[date, Rows]:
    """The facts of the batch in hand, by the day whose folder they go to."""
    by_day: dict[date, list[Record]] = {}
    for row in await reader.fetch(_EVENTS):
        by_day.setdefault(row["day"], []).append(row)
    return {day: _transposed(ORDER_EVENT, day, rows) for day, rows in sorted(by_day.items())}


async def facts_of_day(reader: Connection, dataset: Dataset, *, day: date) -> Rows:
    """What belongs to a day (Paris), as it is known now."""
    start, end = paris_midnight(day), paris_midnight(day + timedelta(days=1))
    return _transposed(dataset, day, await reader.fetch(OF_A_DAY[dataset.name], start, end))


async def facts_as_they_stand(reader: Connection, dataset: Dataset, *, day: date) -> Rows:
    """What is so now, under the day it is."""
    return _transposed(dataset, day, await reader.fetch(AS_IT_STANDS[dataset.name]))


def _transposed(dataset: Dataset, day: date, rows: Sequence[Record]) -> Rows:
    columns: dict[str, list[Any]] = {"day": [day] * len(rows)}
    for column in dataset.columns[1:]:
        columns[column.name] = [row[column.name] for row in rows]
    return columns
