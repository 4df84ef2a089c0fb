-- Facts that leave for the warehouse: how far each store's stream is in the files, and who is who there.
-- See docs/explanation/warehouse.md.

-- Nothing is written here while an order is placed: the exporter reads each store's gap-free numbers.
create table export_cursor (
    store_id        integer     primary key,
    exported_seq    bigint      not null default 0,     -- in files up to this number
    planned_seq     bigint      not null default 0,     -- of the batch in hand: files are being written up to it
    constraint export_plans_ahead check (planned_seq >= exported_seq)
);

create table export_batch (
    batch_id        bigint      generated always as identity primary key,  -- names the batch's files
    planned_at      timestamptz not null,
    written_at      timestamptz,
    facts           integer     not null,
    file_bytes      bigint      not null default 0
);
create unique index export_batch_in_hand on export_batch ((true)) where written_at is null;   -- one at a time

-- A customer's name in the files: a random number. Deleted with the person; what is left links to nobody.
create table customer_pseudonym (
    customer_id     uuid        primary key,
    customer_key    bigint      not null unique
);
create table forgotten_pseudonym (
    customer_key    bigint      primary key,
    forgotten_at    timestamptz not null
);

create index order_ended on order_state_change (at) where state in ('handed_over', 'cancelled');   -- a day's ends

-- Days whose files were written, and when: a day is written again until it is settled.
create table export_day (
    day             date        primary key,
    written_at      timestamptz not null
);
