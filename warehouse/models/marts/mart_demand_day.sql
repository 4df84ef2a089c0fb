-- Lost orders are an estimate: requests that a draw could not place, and baskets left at the summary in a store that was
-- full, beyond those that are usually left there.
{{ by_day('day', ['store_id']) }}
with slots as (
    select day, store_id, sum(capacity) as capacity, sum(taken) as taken
      from {{ ref('mart_slot_day') }}
     where {{ since() }}
     group by day, store_id
), baskets as (
    select day, store_id, {{ total('baskets') }} as baskets, {{ total('at_checkout') }} as checkout_baskets,
           {{ total('ordered') }} as ordered_baskets
      from {{ ref('stg_basket_hour') }}
     group by day, store_id
), requests as (
    select day, store_id, {{ total('waiting + placed + unplaced') }} as requests, {{ total('placed') }} as requests_placed,
           {{ total('unplaced') }} as requests_unplaced
      from {{ ref('stg_request') }}
     group by day, store_id
), joined as (
    select coalesce(baskets.day, requests.day) as day, coalesce(baskets.store_id, requests.store_id) as store_id,
           coalesce(baskets.baskets, 0) as baskets, coalesce(baskets.checkout_baskets, 0) as checkout_baskets,
           coalesce(baskets.ordered_baskets, 0) as ordered_baskets, coalesce(requests.requests, 0) as requests,
           coalesce(requests.requests_placed, 0) as requests_placed,
           coalesce(requests.requests_unplaced, 0) as requests_unplaced
      from baskets
      full outer join requests on requests.day = baskets.day and requests.store_id = baskets.store_id
), judged as (
    select joined.*, slots.taken >= 0.95 * slots.capacity and slots.capacity > 0 as was_full
      from joined
      left join slots on slots.day = joined.day and slots.store_id = joined.store_id
), usual as (
    select coalesce(sum(ordered_baskets) / nullif(sum(checkout_baskets), 0), 1) as ordered_share
      from judged
     where not coalesce(was_full, false)
), basket as (
    select store_id as its_store, sum(ordered_cents) / nullif(sum(orders), 0) as cents
      from {{ ref('mart_day') }}
     where {{ since() }}
     group by store_id
), lost as (
    select judged.day, judged.store_id, judged.baskets, judged.checkout_baskets, judged.ordered_baskets, judged.requests,
           judged.requests_placed, judged.requests_unplaced, basket.cents,
           judged.requests_unplaced
           + case when judged.was_full and judged.checkout_baskets * usual.ordered_share > judged.ordered_baskets
                  then cast(round(judged.checkout_baskets * usual.ordered_share - judged.ordered_baskets) as bigint)
                  else 0 end as lost_orders
      from judged
     cross join usual
      left join basket on its_store = judged.store_id
)
select day, store_id, baskets, checkout_baskets, ordered_baskets, requests, requests_placed, requests_unplaced,
       cast(lost_orders as bigint) as lost_orders,
       cast(round(lost_orders * coalesce(cents, 0)) as bigint) as lost_cents
  from lost
 where true {{ again('day') }}
