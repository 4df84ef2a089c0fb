select sold.placed_day as day, coalesce(product.aisle, '') as aisle, {{ total('sold.orders') }} as lines,
       {{ total('sold.sales_cents') }} as sales_cents, {{ total('sold.discount_cents') }} as discount_cents
  from {{ ref('int_product_day') }} sold
  left join {{ ref('stg_product') }} product on product.gtin = sold.gtin
 where {{ since('sold.placed_day') }}
 group by 1, 2
