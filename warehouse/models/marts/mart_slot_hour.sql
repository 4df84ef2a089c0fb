{{ by_day('day', ['store_id']) }}
select day, cast(hour as bigint) as hour, store_id, channel, count(*) as slots,
       {{ total('capacity') }} as capacity, {{ total('taken') }} as taken,
       {{ count_where('taken >= capacity') }} as full_slots,
       {{ total('orders') }} as orders, {{ total('lines') }} as lines
  from {{ ref('stg_slot') }}
 where not closed {{ again('day') }}
 group by day, hour, store_id, channel
