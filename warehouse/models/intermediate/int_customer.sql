-- Each customer's first order that stood; who was erased is nobody.
select customer_key, placed_day as first_day, store_id as first_store_id
  from (select customer_key, placed_day, store_id,
               row_number() over (partition by customer_key order by placed_day, store_seq desc) as nth
          from {{ ref('int_order') }}
         where customer_key is not null and cancelled_day is null and {{ since('placed_day') }}) own
 where nth = 1
