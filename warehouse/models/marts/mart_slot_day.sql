{{ by_day('day', ['store_id']) }}
select day, store_id, channel, {{ total('slots') }} as slots, {{ total('capacity') }} as capacity,
       {{ total('taken') }} as taken, {{ total('full_slots') }} as full_slots
  from {{ ref('mart_slot_hour') }}
 where {{ since() }} {{ again('day') }}
 group by day, store_id, channel
