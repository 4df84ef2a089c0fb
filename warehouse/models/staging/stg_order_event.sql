-- Files hold each fact once; should some have been copied or exported again after a restore, the newest counts.
{% set columns = [
    'day', 'store_id', 'store_seq', 'kind', 'told_at', 'order_id', 'revision', 'placed_at', 'placed_day', 'placed_hour', 'channel',
    'slot_id', 'slot_starts_at', 'slot_day', 'slot_hour', 'customer_key', 'guest', 'payment_method', 'goods_cents',
    'discount_cents', 'deposit_cents', 'fee_cents', 'total_cents', 'line_count', 'lines',
] %}
with read as (
    select {{ columns | join(', ') }}
      from {{ facts('order_event') }}
     where {{ since() }}
), repeated as (
    select store_id as its_store, store_seq as its_seq
      from read
     group by store_id, store_seq
    having count(*) > 1
), newest as (
    select read.*, row_number() over (partition by store_id, store_seq order by told_at desc, revision desc) as nth
      from read
      join repeated on store_id = its_store and store_seq = its_seq
)
select read.*
  from read
  left join repeated on store_id = its_store and store_seq = its_seq
 where its_store is null
union all
select {{ columns | join(', ') }} from newest where nth = 1
