-- What was sent to stores, without lines: read from the files once, asked several times.
{{ by_day('placed_day', ['store_id']) }}
select store_id, store_seq, kind, order_id, revision, day, placed_day, placed_hour, slot_day, slot_hour, channel,
       customer_key, guest, payment_method, goods_cents, discount_cents, deposit_cents, fee_cents, total_cents, line_count
  from {{ ref('stg_order_event') }}
 where true {{ again('placed_day') }}
