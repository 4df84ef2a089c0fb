{# No two rows have the same values in these columns. `recent`: the column by which BigQuery wants a bound. #}
{% test unique_together(model, columns, recent=none) %}
select {{ columns | join(', ') }}, count(*) as row_count
  from {{ model }}
 where {{ since(recent) if recent else 'true' }}
 group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{# Holds for every row. #}
{% test holds(model, condition, recent=none) %}
select 1 as broken
  from {{ model }}
 where {{ since(recent) if recent else 'true' }} and not coalesce({{ condition }}, false)
{% endtest %}
