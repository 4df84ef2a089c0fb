select store_id, name, format, city, department, region, latitude, longitude, has_drive, delivers, pickers,
       lines_per_picker_hour
  from {{ ref('stg_store') }}
