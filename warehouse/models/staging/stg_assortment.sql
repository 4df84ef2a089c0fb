select day, store_id, aisle_id, offers, on_sale, out_of_stock, withdrawn, promoted
  from {{ facts('assortment') }}
 where {{ since() }}
