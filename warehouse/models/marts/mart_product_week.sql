select {{ week_starts('sold.placed_day') }} as week_starts, sold.gtin, coalesce(product.name, '') as product,
       coalesce(product.aisle, '') as aisle, {{ total('sold.units') }} as units, {{ total('sold.grams') }} as grams,
       {{ total('sold.orders') }} as orders, {{ total('sold.sales_cents') }} as sales_cents,
       {{ total('sold.discount_cents') }} as discount_cents
  from {{ ref('int_product_day') }} sold
  left join {{ ref('stg_product') }} product on product.gtin = sold.gtin
 where {{ since('sold.placed_day') }}
 group by 1, 2, 3, 4
