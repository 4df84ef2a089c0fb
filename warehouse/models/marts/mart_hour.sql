{{ by_day('day', ['store_id']) }}
select placed_day as day, cast(placed_hour as bigint) as hour, store_id, count(*) as orders, {{ total('line_count') }} as lines,
       {{ total('total_cents') }} as ordered_cents
  from {{ ref('int_order') }}
 where cancelled_day is null and {{ since('placed_day') }} {{ again('placed_day') }}
 group by placed_day, placed_hour, store_id
