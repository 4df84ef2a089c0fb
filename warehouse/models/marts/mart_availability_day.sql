{{ by_day('day', ['store_id']) }}
select day, store_id, {{ total('offers') }} as offers, {{ total('on_sale') }} as on_sale,
       {{ total('out_of_stock') }} as out_of_stock, {{ total('withdrawn') }} as withdrawn, {{ total('promoted') }} as promoted
  from {{ ref('stg_assortment') }}
 where true {{ again('day') }}
 group by day, store_id
