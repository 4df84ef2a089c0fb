select day, hour, store_id, baskets, at_checkout, ordered
  from {{ facts('basket_hour') }}
 where {{ since() }}
