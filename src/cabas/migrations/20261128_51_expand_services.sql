-- Services that are not ours: how each process finds them, what they still have to be told, and what they last said.

-- Each process's own word; who says nothing for a while has ended.
create unlogged table outside_state (
    process_id      text        not null,
    service         text        not null,
    standing        text        not null check (standing in ('closed', 'open', 'recovering')),
    since           timestamptz not null,
    share           real        not null,
    problem         text        not null,
    at              timestamptz not null,
    primary key (process_id, service)
);

-- Asked with the same key until it is answered; a plain no is an answer too.
create table outside_call (
    store_id        integer     not null,
    service         text        not null,
    key             text        not null,
    operation       text        not null,
    body            bytea       not null,
    made_at         timestamptz not null,
    due_at          timestamptz not null,
    tries           integer     not null default 0,
    ended_at        timestamptz,
    refused         text,                           -- the code of a plain no
    answer          bytea,
    primary key (store_id, service, key)
);
create index outside_call_due on outside_call (service, due_at) where ended_at is null;      -- what is next
create index outside_call_refused on outside_call (service, ended_at) where refused is not null;  -- the console
create index outside_call_ended on outside_call (ended_at) where ended_at is not null;       -- forgetting

-- The last balance that a loyalty system told of a card.
create table outside_balance (
    card            text        primary key,
    cents           integer     not null,
    available_cents integer     not null,
    known_at        timestamptz not null
);
create index outside_balance_known on outside_balance (known_at);                            -- forgetting
