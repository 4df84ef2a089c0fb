-- The waiting room. Joining it writes nothing: an event's row changes once a second, a process's row too.

create table room_event (
    event_id     bigint      generated always as identity primary key,
    secret       bytea       not null check (length(secret) = 32),
    digest       bytea       not null check (digest = sha256(secret)),     -- published before the draw
    opens_at     timestamptz not null,                                     -- T0: who joined before is drawn
    created_at   timestamptz not null,
    trigger      text        not null check (trigger in ('schedule', 'saturation', 'hand')),
    day          date,                                                     -- whose slots open then
    closed_at    timestamptz,
    -- What the controller moves, once a second.
    ticked_at    timestamptz not null,
    bucket       integer     not null default 0 check (bucket >= 0),
    fraction     bigint      not null default 0 check (fraction between 0 and 281474976710655),
    called       double precision not null default 0 check (called >= 0),
    per_second   double precision not null default 0 check (per_second >= 0),
    calm_since   timestamptz,
    samples      jsonb       not null default '[]',
    stock        jsonb       not null default '{}'
);
create unique index room_event_open on room_event ((true)) where closed_at is null;     -- one at a time

-- Each process counts for itself; nobody else writes its row.
create table room_count (
    process_id   text        primary key,
    event_id     bigint      not null,
    at           timestamptz not null,
    joined       jsonb       not null,                                     -- bucket group → how many
    exchanged    bigint      not null check (exchanged >= 0),
    refused      bigint      not null check (refused >= 0),                -- called, but beyond the pace
    finished     bigint      not null check (finished >= 0)                -- let in, and ordered
);
create index room_count_event on room_count (event_id);                   -- the controller's sum

-- Forced by hand. One row.
create table room_switch (
    one_row          boolean     primary key default true check (one_row),
    forced           text        not null check (forced in ('on', 'off', 'auto')),
    reason           text        not null,
    actor            text        not null,
    changed_at       timestamptz not null,
    opens_at         timestamptz,                                          -- a draw at that instant; null: at once
    per_second_max   double precision check (per_second_max >= 0)
);
