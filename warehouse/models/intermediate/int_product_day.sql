-- What was ordered of each product and promotion on each day, network-wide; cancelled orders and former revisions left out.
{{ by_day('placed_day', ['gtin']) }}
with event as (
    select store_id, store_seq, order_id, kind, placed_day, lines
      from {{ ref('stg_order_event') }}
     where kind <> 'order_cancelled' {{ again('placed_day') }}
), undone as (
    -- Few: orders that were changed or cancelled. Of these, only what stands is counted.
    select store_id as its_store, order_id as its_order, store_seq as last_seq, cancelled_day
      from {{ ref('int_order') }}
     where (changed or cancelled_day is not null) and {{ since('placed_day') }} {{ again('placed_day') }}
), standing as (
    select placed_day, lines
      from event
      left join undone on its_store = store_id and its_order = order_id
     where its_order is null or (cancelled_day is null and store_seq = last_seq)
)
select placed_day, line.gtin as gtin, line.promotion as promotion,
       count(*) as orders,
       {{ total('case when line.by_weight then 0 else line.quantity end') }} as units,
       {{ total('case when line.by_weight then line.quantity else 0 end') }} as grams,
       {{ total('line.total_cents') }} as sales_cents,
       {{ total('line.discount_cents') }} as discount_cents
  from {{ each_line('standing', 'placed_day', 'lines') }} each_line
 group by placed_day, line.gtin, line.promotion
