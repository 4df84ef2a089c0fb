-- Sales of the year against its goal. What is left is last year's same weekdays, times how the last weeks stand to last
-- year's; the range is what that ratio varied by from week to week. Without a year before: the mean of the last 28 days.
with daily as (
    select scope, scope_key, scope_name, day, sum(sales_cents) as cents
      from (select 'network' as scope, '' as scope_key, 'Réseau' as scope_name, day, sales_cents
              from {{ ref('mart_day') }} where {{ since() }}
            union all
            select 'region', store.region, store.region, sold.day, sold.sales_cents
              from {{ ref('mart_day') }} sold join {{ ref('dim_store') }} store on store.store_id = sold.store_id
             where {{ since('sold.day') }}
            union all
            select 'store', cast(sold.store_id as {{ dbt.type_string() }}), store.name, sold.day, sold.sales_cents
              from {{ ref('mart_day') }} sold join {{ ref('dim_store') }} store on store.store_id = sold.store_id
             where {{ since('sold.day') }}) told
     group by scope, scope_key, scope_name, day
), today as (
    -- The last day that is over for the whole network: most of the usual sales are in.
    select max(day) as day
      from (select day, sum(cents) as cents from daily where scope = 'network' group by day) network
     where cents > 0 and day < current_date
), compared as (
    select daily.scope, daily.scope_key, daily.day, daily.cents, before.cents as cents_before,
           cast(floor({{ days_between('daily.day', 'today.day') }} / 7) as bigint) as weeks_ago
      from daily
     cross join today
      join daily before on before.scope = daily.scope and before.scope_key = daily.scope_key
                       and before.day = {{ days_before('daily.day', 364) }}
     where daily.day <= today.day and daily.day > {{ days_before('today.day', 91) }}
), weeks as (
    select scope, scope_key, weeks_ago, sum(cents) as cents, sum(cents_before) as cents_before,
           sum(cents) / nullif(sum(cents_before), 0) as ratio
      from compared
     group by scope, scope_key, weeks_ago
    having count(*) >= 6
), growth as (
    select scope, scope_key, sum(cents) / nullif(sum(cents_before), 0) as ratio, stddev_samp(ratio) as spread,
           count(*) as weeks
      from weeks
     group by scope, scope_key
), level as (
    select daily.scope, daily.scope_key, avg(daily.cents) as cents, stddev_samp(daily.cents) as spread
      from daily
     cross join today
     where daily.day <= today.day and daily.day > {{ days_before('today.day', 28) }}
     group by daily.scope, daily.scope_key
), year_of as (
    select today.day as as_of, cast(extract(year from today.day) as bigint) as year, count(*) as days_left
      from today
      join {{ ref('dim_day') }} calendar on calendar.day > today.day
                                        and calendar.year = cast(extract(year from today.day) as bigint)
     group by 1, 2
), done as (
    select daily.scope, daily.scope_key, max(daily.scope_name) as scope_name,
           sum(case when extract(year from daily.day) = year_of.year and daily.day <= year_of.as_of
                    then daily.cents else 0 end) as to_date,
           sum(case when extract(year from daily.day) = year_of.year - 1
                     and daily.day <= {{ days_before('year_of.as_of', 364) }} then daily.cents else 0 end) as to_date_before,
           sum(case when daily.day > {{ days_before('year_of.as_of', 364) }}
                     and daily.day <= {{ days_before('days_after_end', 0) }} then daily.cents else 0 end) as left_before,
           count(case when daily.day > {{ days_before('year_of.as_of', 364) }}
                       and daily.day <= {{ days_before('days_after_end', 0) }} then 1 end) as days_known,
           sum(case when daily.day > {{ days_before('year_of.as_of', 364) }} then daily.cents else 0 end) as last_year
      from daily
     cross join (select year_of.*, {{ days_before(days_after('as_of', 'days_left'), 364) }} as days_after_end from year_of) year_of
     group by daily.scope, daily.scope_key
), share as (
    select done.*, sum(case when scope = 'network' then last_year else 0 end) over () as network_year from done
), expected as (
    select share.*, year_of.year, year_of.as_of, year_of.days_left,
           case when growth.ratio is not null and share.days_known >= 0.9 * year_of.days_left then 'season' else 'level' end as method,
           growth.ratio, growth.spread as ratio_spread, growth.weeks, level.cents as day_cents, level.spread as day_spread
      from share
     cross join year_of
      left join growth on growth.scope = share.scope and growth.scope_key = share.scope_key
      left join level on level.scope = share.scope and level.scope_key = share.scope_key
), projected as (
    select expected.*,
           case method when 'season' then left_before * ratio else days_left * coalesce(day_cents, 0) end as rest,
           case method
                when 'season' then left_before * greatest(0.02 * ratio, 1.64 * coalesce(ratio_spread, 0.1 * ratio)
                                                          / sqrt(greatest(1, least(weeks, days_left / 7.0))))
                else greatest(0.1 * days_left * coalesce(day_cents, 0), 1.64 * coalesce(day_spread, 0) * sqrt(days_left))
           end as half_range
      from expected
)
select scope, scope_key, scope_name, year, as_of,
       cast(round({{ var('goal_cents') }} * (last_year / nullif(network_year, 0))) as bigint) as goal_cents,
       cast(to_date as bigint) as to_date_cents, cast(to_date_before as bigint) as last_year_to_date_cents,
       cast(round(to_date + rest) as bigint) as expected_cents,
       cast(round(to_date + greatest(0, rest - half_range)) as bigint) as low_cents,
       cast(round(to_date + rest + half_range) as bigint) as high_cents,
       method
  from projected
