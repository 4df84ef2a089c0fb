-- A promotion of a product is a run of days on which most of it was sold under one label. The baseline is what was sold a
-- day in the 28 days before, days under any promotion left out, moved with the lines of the whole network.
with product_day as (
    select placed_day as day, gtin, sum(units + grams) as units, sum(sales_cents) as sales_cents,
           sum(discount_cents) as discount_cents,
           sum(case when promotion <> '' then units + grams else 0 end) as promoted_units,
           max(promotion) as promotion
      from {{ ref('int_product_day') }}
     where {{ since('placed_day') }}
     group by placed_day, gtin
), network as (
    select day, sum(lines) as lines from {{ ref('mart_day') }} where {{ since() }} group by day
), promoted as (
    select product_day.*, lag(day) over (partition by gtin, promotion order by day) as day_before
      from product_day
     where promoted_units * 2 > units
), numbered as (
    select promoted.*,
           sum(case when day_before is null or {{ days_between('day_before', 'day') }} > 2 then 1 else 0 end)
               over (partition by gtin, promotion order by day rows between unbounded preceding and current row) as run
      from promoted
), runs as (
    select promotion, gtin, run, min(day) as starts_on, max(day) as ends_on,
           sum(units) as units, sum(promoted_units) as promoted_units, sum(sales_cents) as sales_cents,
           sum(discount_cents) as discount_cents
      from numbered
     group by promotion, gtin, run
), spans as (
    select runs.promotion, runs.gtin, runs.starts_on,
           {{ days_between('runs.starts_on', 'runs.ends_on') }} + 1 as days,
           avg(case when network.day >= runs.starts_on then network.lines end) as lines_then,
           avg(case when network.day < runs.starts_on then network.lines end) as lines_before
      from (select distinct promotion, gtin, starts_on, ends_on from runs) runs
      join network on network.day >= {{ days_before('runs.starts_on', 28) }} and network.day <= runs.ends_on
     group by 1, 2, 3, 4
), before as (
    select runs.promotion, runs.gtin, runs.starts_on,
           sum(case when product_day.promoted_units = 0 then product_day.units else 0 end) as units,
           28 - sum(case when product_day.promoted_units > 0 then 1 else 0 end) as days
      from runs
      join product_day on product_day.gtin = runs.gtin and product_day.day < runs.starts_on
                      and product_day.day >= {{ days_before('runs.starts_on', 28) }}
     group by 1, 2, 3
), compared as (
    select runs.*, spans.days,
           before.units / nullif(before.days, 0) * spans.lines_then / nullif(spans.lines_before, 0) * spans.days as baseline
      from runs
      join spans on spans.promotion = runs.promotion and spans.gtin = runs.gtin and spans.starts_on = runs.starts_on
      left join before on before.promotion = runs.promotion and before.gtin = runs.gtin
                      and before.starts_on = runs.starts_on and before.days >= 7
)
select compared.promotion, compared.gtin, coalesce(product.name, '') as product, compared.starts_on, compared.ends_on,
       cast(compared.days as bigint) as days, cast(compared.units as bigint) as units,
       cast(compared.promoted_units as bigint) as promoted_units, cast(compared.sales_cents as bigint) as sales_cents,
       cast(compared.discount_cents as bigint) as discount_cents, round(compared.baseline, 2) as baseline_units,
       case when compared.baseline > 0 then round(compared.units / compared.baseline - 1, 4) end as uplift
  from compared
  left join {{ ref('stg_product') }} product on product.gtin = compared.gtin
