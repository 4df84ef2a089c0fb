{% set datasets = ['order_event', 'order_end', 'slot', 'basket_hour', 'request', 'assortment', 'store', 'product'] %}
{% for name in datasets %}
select '{{ name }}' as dataset, max(day) as last_day, count(*) as row_count, current_timestamp as built_at
  from {{ facts(name) }}
 where {{ since() }}
{{ 'union all' if not loop.last }}
{% endfor %}
