-- What passes between the shop and a bridge: work that it fetches, feeds that it brings, order statuses that it takes.

-- Work for bridges that open their connections themselves. Lost in a crash: whoever asked asks again, by the same key.
create unlogged table bridge_work (
    peer            text        not null,
    work_id         uuid        not null,
    operation       text        not null,
    body            bytea       not null,
    asked_at        timestamptz not null,
    expires_at      timestamptz not null,
    taken_at        timestamptz,
    status          smallint,
    answer          bytea,
    primary key (peer, work_id)
);
create index bridge_work_waiting on bridge_work (peer, asked_at) where taken_at is null;    -- what is next
create index bridge_work_expires on bridge_work (expires_at);                               -- forgetting

-- Each nonce of a signed request, until the request would be too old anyway.
create table bridge_nonce (
    peer            text        not null,
    nonce           text        not null,
    until           timestamptz not null,
    primary key (peer, nonce)
);
create index bridge_nonce_until on bridge_nonce (until);

-- A feed and how far it has come: a part is taken once.
create table bridge_feed (
    peer            text        not null,
    feed            text        not null,
    kind            text        not null check (kind in ('prices', 'stocks')),
    mode            text        not null check (mode in ('full', 'delta')),
    made_at         timestamptz not null,
    started_at      timestamptz not null,
    next_part       integer     not null default 1,
    accepted        bigint      not null default 0,
    changed         bigint      not null default 0,
    rejected        bigint      not null default 0,
    vanished        bigint      not null default 0,
    last_answer     jsonb,                          -- of the part before next_part: said again when asked again
    finished_at     timestamptz,
    primary key (peer, feed)
);

-- What a full feed has named so far; emptied when it ends.
create table bridge_feed_seen (
    store_id        integer     not null,
    gtin            bigint      not null,
    peer            text        not null,
    feed            text        not null,
    primary key (store_id, gtin, peer, feed)
);
create index bridge_feed_seen_feed on bridge_feed_seen (peer, feed);

-- Order statuses, numbered without a gap in the order in which they were committed.
create table bridge_sequence (
    name            text        primary key,
    last_seq        bigint      not null
);
insert into bridge_sequence (name, last_seq) values ('order_status', 0);

create table bridge_status (
    seq             bigint      primary key,
    store_id        integer     not null,
    order_id        uuid        not null,
    state           text        not null,
    at              timestamptz not null
);

alter table order_state_change add column status_seq bigint;
create index order_state_change_unnumbered on order_state_change (at) where status_seq is null;  -- numbered by the worker
