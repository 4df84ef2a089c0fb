-- As it was last told.
select gtin, name, brand, aisle_id, aisle, category_id, category, sold_by
  from (select gtin, name, brand, aisle_id, aisle, category_id, category, sold_by,
               row_number() over (partition by gtin order by day desc) as nth
          from {{ facts('product') }}
         where {{ since() }}) told
 where nth = 1
