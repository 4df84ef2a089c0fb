select day, store_id, order_id, state, placed_day, slot_day, slot_starts_at, channel, received_at, started_at, ready_at,
       arrived_at, handover_started_at, ended_at, cancelled_by, total_cents, final_cents, lines_asked, lines_picked,
       lines_short, lines_missing, lines_substituted, simulated, exceptions
  from {{ facts('order_end') }}
 where {{ since() }}
