select day, store_id, slot_id, channel, hour, starts_at, opens_at, closes_at, capacity, taken, closed, orders, lines,
       last_placed_at
  from {{ facts('slot') }}
 where {{ since() }}
