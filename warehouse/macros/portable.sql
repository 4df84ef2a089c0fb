{# What DuckDB and BigQuery say differently. Everything else in the models is SQL that both run as it stands. #}

{# Days that a query reads: bounds its cost where partitions must be named. #}
{% macro since(column='day') -%}
  {{ column }} >= {{ days_before('current_date', var('days_back')) }}
{%- endmacro %}

{# In an incremental run, only the last days are worked out again. #}
{% macro again(column) -%}
  {% if is_incremental() %} and {{ column }} >= {{ days_before('current_date', var('days_again')) }} {% endif %}
{%- endmacro %}

{# Large tables: whole on a laptop; in the cloud by day, of which the last are replaced. #}
{% macro by_day(column, cluster) -%}
  {%- if target.type == 'bigquery' -%}
    {{ config(
        materialized='incremental',
        incremental_strategy='insert_overwrite',
        partition_by={'field': column, 'data_type': 'date'},
        require_partition_filter=true,
        cluster_by=cluster,
        on_schema_change='append_new_columns'
    ) }}
  {%- endif -%}
{%- endmacro %}

{% macro days_before(day, days) -%}
  {%- if target.type == 'duckdb' -%} cast({{ day }} - interval ({{ days }}) day as date)
  {%- else -%} date_sub({{ day }}, interval {{ days }} day)
  {%- endif -%}
{%- endmacro %}

{% macro days_after(day, days) -%}
  {%- if target.type == 'duckdb' -%} cast({{ day }} + interval ({{ days }}) day as date)
  {%- else -%} date_add({{ day }}, interval {{ days }} day)
  {%- endif -%}
{%- endmacro %}

{% macro days_between(early, late) -%}
  {%- if target.type == 'duckdb' -%} date_diff('day', {{ early }}, {{ late }})
  {%- else -%} date_diff({{ late }}, {{ early }}, day)
  {%- endif -%}
{%- endmacro %}

{% macro seconds_between(early, late) -%}
  {%- if target.type == 'duckdb' -%} date_diff('second', {{ early }}, {{ late }})
  {%- else -%} timestamp_diff({{ late }}, {{ early }}, second)
  {%- endif -%}
{%- endmacro %}

{# The Monday of its week. #}
{% macro week_starts(day) -%}
  {%- if target.type == 'duckdb' -%} cast(date_trunc('week', {{ day }}) as date)
  {%- else -%} date_trunc({{ day }}, isoweek)
  {%- endif -%}
{%- endmacro %}

{# 1 Monday … 7 Sunday. #}
{% macro weekday(day) -%}
  {%- if target.type == 'duckdb' -%} isodow({{ day }})
  {%- else -%} mod(extract(dayofweek from {{ day }}) + 5, 7) + 1
  {%- endif -%}
{%- endmacro %}

{% macro iso_year(day) -%}
  {%- if target.type == 'duckdb' -%} extract(isoyear from {{ day }}) {%- else -%} extract(isoyear from {{ day }}) {%- endif -%}
{%- endmacro %}

{% macro iso_week(day) -%}
  {%- if target.type == 'duckdb' -%} extract(week from {{ day }}) {%- else -%} extract(isoweek from {{ day }}) {%- endif -%}
{%- endmacro %}

{# A sum that stays a 64-bit integer. #}
{% macro total(expression) -%} cast(coalesce(sum({{ expression }}), 0) as bigint) {%- endmacro %}

{% macro count_where(condition) -%} cast(coalesce(sum(case when {{ condition }} then 1 else 0 end), 0) as bigint) {%- endmacro %}

{# One row a line of a column of lists, with some columns of their row; the line is `line`. #}
{% macro each_line(relation, columns, list, where='true') -%}
  {%- if target.type == 'duckdb' -%}
    (select {{ columns }}, unnest({{ list }}) as line from {{ relation }} where {{ where }})
  {%- else -%}
    (select {{ columns }}, line from {{ relation }}, unnest({{ list }}) as line where {{ where }})
  {%- endif -%}
{%- endmacro %}
