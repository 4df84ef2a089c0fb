-- Where a priority was granted: that store's people see it and take it back. 0: head office.
alter table customer_priority add column store_id integer not null default 0;
create index customer_priority_by_store on customer_priority (store_id, granted_at desc);  -- the console's list
