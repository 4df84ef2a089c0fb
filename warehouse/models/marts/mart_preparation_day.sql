{{ by_day('day', ['store_id']) }}
with ended as (
    select day, store_id, channel, lines_asked, lines_picked, lines_short, lines_missing, lines_substituted,
           ready_at > slot_starts_at as late,
           case when started_at is not null and ready_at is not null
                then {{ seconds_between('started_at', 'ready_at') }} end as picking_seconds,
           case when coalesce(arrived_at, handover_started_at) is not null and channel = 'drive'
                then {{ seconds_between('coalesce(arrived_at, handover_started_at)', 'ended_at') }} end as handover_seconds
      from {{ ref('stg_order_end') }}
     where state = 'handed_over' {{ again('day') }}
)
select day, store_id,
       {{ count_where('picking_seconds is not null') }} as orders,
       {{ total('case when picking_seconds is not null then lines_asked end') }} as lines_asked,
       {{ total('lines_picked') }} as lines_picked, {{ total('lines_short') }} as lines_short,
       {{ total('lines_missing') }} as lines_missing, {{ total('lines_substituted') }} as lines_substituted,
       {{ total('picking_seconds') }} as picking_seconds,
       {{ count_where('late') }} as late_orders,
       count(*) as handed_orders,
       {{ count_where('handover_seconds is not null') }} as timed_handovers,
       {{ total('handover_seconds') }} as handover_seconds,
       {{ count_where('handover_seconds <= 120') }} as handovers_2m,
       {{ count_where('handover_seconds <= 300') }} as handovers_5m,
       {{ count_where('handover_seconds <= 600') }} as handovers_10m
  from ended
 group by day, store_id
