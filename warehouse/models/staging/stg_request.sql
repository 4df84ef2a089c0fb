select day, store_id, waiting, placed, unplaced, withdrawn
  from {{ facts('request') }}
 where {{ since() }}
