-- Facts of orders that are in the files more than once: copied, or exported again after a restore. Hardly ever any; kept as
-- a table, so that finding them costs one reading of two columns and leaving them out costs none.
{{ config(materialized='table') }}
select store_id as its_store, store_seq as its_seq
  from {{ facts('order_event') }}
 where {{ since() }}
 group by store_id, store_seq
having count(*) > 1
