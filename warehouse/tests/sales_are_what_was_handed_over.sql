-- To the cent: no day of the mart says other sales than the facts.
with mart as (
    select day, sum(sales_cents) as cents, sum(handed_orders) as orders
      from {{ ref('mart_day') }}
     where {{ since() }}
     group by day
), fact as (
    select day, sum(final_cents) as cents, count(*) as orders
      from {{ ref('stg_order_end') }}
     where state = 'handed_over'
     group by day
)
select fact.day, fact.cents, mart.cents as mart_cents
  from fact
  left join mart on mart.day = fact.day
 where mart.day is null or mart.cents <> fact.cents or mart.orders <> fact.orders
