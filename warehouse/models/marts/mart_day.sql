{{ by_day('day', ['store_id']) }}
{% set amounts = [
    'orders', 'cancelled_orders', 'changed_orders', 'guest_orders', 'drive_orders', 'delivery_orders', 'lines', 'goods_cents',
    'discount_cents', 'deposit_cents', 'fee_cents', 'ordered_cents', 'customers', 'new_customers', 'handed_orders',
    'sales_cents', 'simulated_orders', 'simulated_cents', 'simulated_sales_cents',
] %}
with placed as (
    select placed_day as day, store_id,
           {{ count_where('cancelled_day is null') }} as orders,
           {{ count_where('cancelled_day is not null') }} as cancelled_orders,
           {{ count_where('cancelled_day is null and changed') }} as changed_orders,
           {{ count_where('cancelled_day is null and guest') }} as guest_orders,
           {{ count_where("cancelled_day is null and channel = 'drive'") }} as drive_orders,
           {{ count_where("cancelled_day is null and channel = 'delivery'") }} as delivery_orders,
           {{ total('case when cancelled_day is null then line_count end') }} as lines,
           {{ total('case when cancelled_day is null then goods_cents end') }} as goods_cents,
           {{ total('case when cancelled_day is null then discount_cents end') }} as discount_cents,
           {{ total('case when cancelled_day is null then deposit_cents end') }} as deposit_cents,
           {{ total('case when cancelled_day is null then fee_cents end') }} as fee_cents,
           {{ total('case when cancelled_day is null then total_cents end') }} as ordered_cents,
           count(distinct case when cancelled_day is null then customer_key end) as customers,
           0 as new_customers, 0 as handed_orders, 0 as sales_cents,
           {{ count_where('cancelled_day is null and simulated') }} as simulated_orders,
           {{ total('case when cancelled_day is null and simulated then total_cents end') }} as simulated_cents,
           0 as simulated_sales_cents
      from {{ ref('int_order') }}
     where {{ since('placed_day') }} {{ again('placed_day') }}
     group by placed_day, store_id
), arrived as (
    select first_day as day, first_store_id as store_id, count(*) as new_customers
      from {{ ref('int_customer') }}
     where true {{ again('first_day') }}
     group by first_day, first_store_id
), handed as (
    select day, store_id, count(*) as handed_orders, {{ total('final_cents') }} as sales_cents,
           {{ total('case when simulated then final_cents end') }} as simulated_sales_cents
      from {{ ref('stg_order_end') }}
     where state = 'handed_over' {{ again('day') }}
     group by day, store_id
), told as (
    select day, store_id, {{ amounts | join(', ') }} from placed
    union all
    select day, store_id, {% for name in amounts %}{{ 'new_customers' if name == 'new_customers' else 0 }}{{ ', ' if not loop.last }}{% endfor %} from arrived
    union all
    select day, store_id, {% for name in amounts %}{{ name if name in ('handed_orders', 'sales_cents', 'simulated_sales_cents') else 0 }}{{ ', ' if not loop.last }}{% endfor %} from handed
)
select day, store_id, {% for name in amounts %}{{ total(name) }} as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
  from told
 group by day, store_id
