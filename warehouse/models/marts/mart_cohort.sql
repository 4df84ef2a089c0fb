-- Week 0 is the seven days from a customer's first order on; the age of a week is whole for the whole cohort or not shown.
with customer as (
    select own.customer_key, own.first_day, {{ week_starts('own.first_day') }} as cohort_week, store.region,
           coalesce(day.rush, false) as in_rush
      from {{ ref('int_customer') }} own
      join {{ ref('stg_store') }} store on store.store_id = own.first_store_id
      left join {{ ref('dim_day') }} day on day.day = own.first_day
), size as (
    select cohort_week, region, in_rush, count(*) as customers
      from customer
     group by cohort_week, region, in_rush
), bought as (
    select customer.cohort_week, customer.region, customer.in_rush,
           cast(floor({{ days_between('customer.first_day', 'ordered.placed_day') }} / 7) as bigint) as weeks_after,
           count(distinct customer.customer_key) as active_customers, count(*) as orders,
           {{ total('ordered.total_cents') }} as ordered_cents
      from {{ ref('int_order') }} ordered
      join customer on customer.customer_key = ordered.customer_key
     where ordered.cancelled_day is null and {{ since('ordered.placed_day') }}
     group by 1, 2, 3, 4
), newest as (
    select max(placed_day) as day from {{ ref('int_order') }} where {{ since('placed_day') }}
)
select bought.cohort_week, bought.region, bought.in_rush, bought.weeks_after, size.customers, bought.active_customers,
       bought.orders, bought.ordered_cents
  from bought
  join size on size.cohort_week = bought.cohort_week and size.region = bought.region and size.in_rush = bought.in_rush
 cross join newest
 where {{ days_between('bought.cohort_week', 'newest.day') }} >= bought.weeks_after * 7 + 13
