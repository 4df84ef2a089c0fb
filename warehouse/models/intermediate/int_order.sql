-- Each order once, as it stands after its changes and its cancellation, by the day it was placed.
{{ by_day('placed_day', ['store_id']) }}
with changed as (
    select *
      from (select event.*,
                   row_number() over (partition by store_id, order_id order by revision desc, store_seq desc) as nth
              from {{ ref('int_event') }} event
             where kind = 'order_changed' and {{ since('placed_day') }} {{ again('placed_day') }}) ranked
     where nth = 1
), cancelled as (
    select store_id, order_id, min(day) as cancelled_day
      from {{ ref('int_event') }}
     where kind = 'order_cancelled' and {{ since('placed_day') }} {{ again('placed_day') }}
     group by store_id, order_id
), placed as (
    select event.store_id, event.order_id, event.placed_day, event.placed_hour, event.slot_day, event.slot_hour,
           event.channel, event.customer_key, event.guest, event.payment_method, event.store_seq < 0 as simulated,
           changed.order_id is not null as changed,
           coalesce(changed.store_seq, event.store_seq) as store_seq,
           coalesce(changed.goods_cents, event.goods_cents) as goods_cents,
           coalesce(changed.discount_cents, event.discount_cents) as discount_cents,
           coalesce(changed.deposit_cents, event.deposit_cents) as deposit_cents,
           coalesce(changed.fee_cents, event.fee_cents) as fee_cents,
           coalesce(changed.total_cents, event.total_cents) as total_cents,
           coalesce(changed.line_count, event.line_count) as line_count
      from {{ ref('int_event') }} event
      left join changed on changed.store_id = event.store_id and changed.order_id = event.order_id
     where event.kind = 'order_placed' and {{ since('event.placed_day') }} {{ again('event.placed_day') }}
)
select placed.store_id, placed.order_id, placed.placed_day, placed.placed_hour, placed.slot_day, placed.slot_hour,
       placed.channel, placed.guest, placed.payment_method, placed.simulated, placed.changed, placed.store_seq,
       placed.goods_cents, placed.discount_cents, placed.deposit_cents, placed.fee_cents, placed.total_cents,
       placed.line_count,
       case when forgotten.customer_key is null then placed.customer_key end as customer_key,
       cancelled.cancelled_day
  from placed
  left join cancelled on cancelled.store_id = placed.store_id and cancelled.order_id = placed.order_id
  left join {{ ref('stg_forgotten') }} forgotten on forgotten.customer_key = placed.customer_key
