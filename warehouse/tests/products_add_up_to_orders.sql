-- To the cent: what is sold of products is what orders come to, their fees and deposits left out.
with product as (
    select placed_day as day, sum(sales_cents) as cents
      from {{ ref('int_product_day') }}
     where {{ since('placed_day') }}
     group by placed_day
), ordered as (
    select day, sum(goods_cents - discount_cents) as cents
      from {{ ref('mart_day') }}
     where {{ since() }}
     group by day
)
select ordered.day, ordered.cents, product.cents as product_cents
  from ordered
  left join product on product.day = ordered.day
 where coalesce(product.cents, 0) <> ordered.cents
