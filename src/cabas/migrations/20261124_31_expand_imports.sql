-- The numbers that other systems know our stores by: an import finds the same store again by its own code.

create table store_code (
    code        text    primary key,
    store_id    integer not null references store
);
create index store_code_by_store on store_code (store_id);           -- a store's own codes
