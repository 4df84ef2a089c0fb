-- As it was last told.
select date, holiday
  from (select date, holiday,
               row_number() over (partition by date order by day desc) as nth
          from {{ facts('calendar') }}
         where {{ since() }}) told
 where nth = 1
