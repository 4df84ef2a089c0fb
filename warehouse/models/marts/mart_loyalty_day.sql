-- Empty until loyalty's movements are facts: the columns are there, so that pages can be built.
select day, store_id, cast(0 as bigint) as earned_cents, cast(0 as bigint) as spent_cents, cast(0 as bigint) as customers
  from {{ ref('mart_day') }}
 where false and {{ since() }}
