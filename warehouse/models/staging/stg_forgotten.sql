-- As it was last told.
select customer_key
  from (select customer_key,
               row_number() over (partition by customer_key order by day desc) as nth
          from {{ facts('forgotten') }}
         where {{ since() }}) told
 where nth = 1
