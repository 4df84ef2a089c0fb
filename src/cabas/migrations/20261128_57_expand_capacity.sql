-- More places in many stores at once: what was asked for, how far it is, and what it changed (docs/how-to/raise-capacity.md).

create table capacity_raise (
    raise_id        uuid        primary key,            -- the form's own: asked twice is asked once
    region          text        not null default '',    -- empty: every region
    store_ids       integer[]   not null default '{}',  -- empty: every store of the region
    channels        text[]      not null,
    first_day       date        not null,               -- days in Paris, both included
    last_day        date        not null check (last_day >= first_day),
    percent         integer     not null check (percent between 101 and 300),     -- 130: three places for ten more
    reason          text        not null,
    asked_by        text        not null,
    asked_name      text        not null,
    asked_at        timestamptz not null,
    approved_by     text,                               -- null: waits for a second person
    approved_name   text,
    approved_at     timestamptz,
    applied_at      timestamptz,                        -- every store has its places
    undo_by         text,
    undo_asked_at   timestamptz,
    undone_at       timestamptz,
    constraint capacity_undone_when_asked check (undone_at is null or undo_asked_at is not null)
);
create index capacity_raise_recent on capacity_raise (asked_at desc);
create index capacity_raise_under_way on capacity_raise (asked_at)          -- the worker
    where (approved_at is not null and applied_at is null and undo_asked_at is null)
       or (undo_asked_at is not null and undone_at is null);

-- One row a store, claimed and settled by one transaction: whoever comes next goes on where a worker died.
create table capacity_raise_store (
    store_id        integer     not null,
    raise_id        uuid        not null references capacity_raise,
    applied_at      timestamptz,
    slots           integer     not null default 0,     -- changed
    places          integer     not null default 0,     -- added
    undone_at       timestamptz,
    places_kept     integer     not null default 0,     -- booked meanwhile: these stay
    slots_kept      integer     not null default 0,     -- changed again by somebody since: these are left alone
    primary key (store_id, raise_id)
);
create index capacity_raise_store_of on capacity_raise_store (raise_id);

-- Each slot's before and after is a line of the store's own journal, which may also take it back slot by slot.
alter table slot_change add column raise_id uuid;
create index slot_change_of_raise on slot_change (store_id, raise_id) where raise_id is not null;

-- How many web processes this machine's supervisor keeps, and what it last had. One row a host.
create table web_scale (
    host            text        primary key,
    wanted          integer     check (wanted between 1 and 64),    -- null: as it was started
    changed_by      text        not null default '',
    changed_at      timestamptz,
    started_with    integer     not null,
    running         integer     not null,
    draining        integer     not null default 0,
    seen_at         timestamptz not null
);
