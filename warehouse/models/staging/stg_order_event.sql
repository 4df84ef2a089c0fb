-- Files hold each fact once; should some have been copied or exported again after a restore, the newest counts.
-- The files are named twice, not once in a CTE: DuckDB would keep all of its columns, lines too, whichever are asked for.
{% set columns = [
    'day', 'store_id', 'store_seq', 'kind', 'told_at', 'order_id', 'revision', 'placed_at', 'placed_day', 'placed_hour', 'channel',
    'slot_id', 'slot_starts_at', 'slot_day', 'slot_hour', 'customer_key', 'guest', 'payment_method', 'goods_cents',
    'discount_cents', 'deposit_cents', 'fee_cents', 'total_cents', 'line_count', 'lines',
] | join(', ') %}
select {{ columns }}
  from {{ facts('order_event') }}
  left join {{ ref('stg_repeated') }} repeated on its_store = store_id and its_seq = store_seq
 where its_store is null and {{ since() }}
union all
select {{ columns }}
  from (select {{ columns }}, row_number() over (partition by store_id, store_seq order by told_at desc, revision desc) as nth
          from {{ facts('order_event') }}
          join {{ ref('stg_repeated') }} repeated on its_store = store_id and its_seq = store_seq
         where {{ since() }}) told
 where nth = 1
