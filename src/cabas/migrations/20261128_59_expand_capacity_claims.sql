-- The next store of a raise is found without reading those that are done.
create index capacity_raise_store_unapplied on capacity_raise_store (raise_id) where applied_at is null;
create index capacity_raise_store_not_undone on capacity_raise_store (raise_id) where undone_at is null;
