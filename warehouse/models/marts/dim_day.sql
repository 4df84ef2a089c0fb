-- Days of the years around; a rush is a day with three times the orders of the 28 days before (their median).
with ordered as (
    select placed_day, count(*) as orders
      from {{ ref('int_order') }}
     where cancelled_day is null and {{ since('placed_day') }}
     group by placed_day
), before as (
    select day.placed_day, earlier.orders,
           row_number() over (partition by day.placed_day order by earlier.orders) as nth,
           count(*) over (partition by day.placed_day) as days
      from ordered day
      join ordered earlier on earlier.placed_day >= {{ days_before('day.placed_day', 28) }}
                          and earlier.placed_day < day.placed_day
), usual as (
    select placed_day, max(orders) as orders
      from before
     where days >= 14 and nth * 2 <= days + 1
     group by placed_day
)
select calendar.date as day,
       cast(extract(year from calendar.date) as bigint) as year,
       cast(extract(month from calendar.date) as bigint) as month,
       cast({{ iso_year('calendar.date') }} as bigint) as iso_year,
       cast({{ iso_week('calendar.date') }} as bigint) as iso_week,
       {{ week_starts('calendar.date') }} as week_starts,
       cast({{ weekday('calendar.date') }} as bigint) as weekday,
       calendar.holiday,
       coalesce(ordered.orders >= 3 * usual.orders, false) as rush
  from {{ ref('stg_calendar') }} calendar
  left join ordered on ordered.placed_day = calendar.date
  left join usual on usual.placed_day = calendar.date
