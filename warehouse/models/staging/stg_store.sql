-- As it was last told.
select store_id, slug, name, format, city, department, region, latitude, longitude, has_drive, delivers, pickers, lines_per_picker_hour
  from (select store_id, slug, name, format, city, department, region, latitude, longitude, has_drive, delivers, pickers, lines_per_picker_hour,
               row_number() over (partition by store_id order by day desc) as nth
          from {{ facts('store') }}
         where {{ since() }}) told
 where nth = 1
