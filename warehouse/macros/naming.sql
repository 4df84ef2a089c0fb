{# Schemas are named as they are in the project on a laptop; in the cloud they carry the dataset's name before them. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {%- if target.type == 'duckdb' -%} {{ custom_schema_name or target.schema }}
  {%- else -%} {{ target.schema }}{{ '_' ~ custom_schema_name if custom_schema_name else '' }}
  {%- endif -%}
{%- endmacro %}

{# The facts of a kind: files of the export, or the tables they were loaded into. #}
{% macro facts(name) -%}
  {%- if target.type == 'duckdb' -%}
    read_parquet('{{ var("facts") }}/{{ name }}/day=*/*.parquet', union_by_name = true, hive_partitioning = true, hive_types = {'day': date})
  {%- else -%}
    `{{ target.project }}.{{ target.schema }}_facts.{{ name }}`
  {%- endif -%}
{%- endmacro %}
