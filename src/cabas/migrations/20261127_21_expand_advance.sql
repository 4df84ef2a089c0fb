-- Orders in advance: what is asked for before slots open, and the draw that decides. See docs/algorithms/draw.md.

create table advance_order (
    store_id        integer not null,
    cart_id         uuid    not null,
    shopper_id      uuid    not null,
    customer_id     uuid,
    opens_at        timestamptz not null,           -- the opening that is asked for: the draw's event
    key             text    not null,               -- idempotency key of the request that stands
    fingerprint     bytea   not null,
    wishes          bigint[] not null check (cardinality(wishes) <= 5),  -- slots, the dearest wish first
    any_slot        boolean not null,               -- last wish: any slot of the opening
    any_channels    text[]  not null,               -- in which way; empty when not any_slot
    cart_version    timestamptz not null,           -- the basket that was agreed to
    request         jsonb   not null,               -- {payment_method, contact, language, adult, substitution, legal_version, button, asked_at}
    maximum_cents   integer not null check (maximum_cents >= 0),         -- told, with the dearest wish's fee
    state           text    not null check (state in ('waiting', 'placed', 'unplaced', 'withdrawn')),
    priority_group  text,                           -- frozen by the draw
    rank            bigint,                         -- of the draw; null: took no part
    slot_id         bigint,                         -- what the draw gave
    order_id        uuid,
    reason          text    not null default '',    -- why it is unplaced
    nearest         bigint[] not null default '{}', -- open slots offered instead
    created_at      timestamptz not null,
    decided_at      timestamptz,
    primary key (store_id, cart_id, opens_at),      -- what became of a basket stays when it is asked for again
    constraint advance_wishes_something check (any_slot or cardinality(wishes) > 0),
    constraint advance_placed_has_order check ((state = 'placed') = (order_id is not null))
);
create index advance_waiting on advance_order (store_id, opens_at) where state = 'waiting';        -- the opening
create index advance_by_event on advance_order (store_id, opens_at);                               -- the audit
create index advance_by_shopper on advance_order (shopper_id);                                     -- export, erasure

-- A shopper waits for one opening in one store: this row serialises their requests over the network.
create table shopper_advance (
    shopper_id      uuid    primary key,
    store_id        integer not null,
    cart_id         uuid    not null
);

create table draw_event (
    opens_at        timestamptz primary key,
    commitment      bytea   not null,               -- published before
    secret          bytea   not null check (length(secret) = 32),        -- published once every store is drawn
    groups          jsonb   not null,               -- the published shares: [{name, share_percent}], in their order
    published_at    timestamptz not null,
    drawn_at        timestamptz,
    revealed_at     timestamptz,
    constraint draw_commitment_is_of_secret check (commitment = sha256(secret))
);

-- A store's part of a draw, written with its first request: the row the opening is claimed by.
create table draw_store (
    store_id        integer not null,
    opens_at        timestamptz not null,
    drawn_at        timestamptz,
    placed_at       timestamptz,                    -- every winner's order is written, or told why not
    snapshot        jsonb,                          -- {slot_id: places left}, as the draw found them
    participants    integer not null default 0,
    winners         integer not null default 0,
    participants_digest bytea,
    primary key (store_id, opens_at)
);
create index draw_store_due on draw_store (opens_at, store_id) where placed_at is null;            -- the opening

-- Who is drawn first, and no more than that: no reason, no document.
create table customer_priority (
    customer_id     uuid    primary key,
    group_name      text    not null,
    granted_by      text    not null,
    granted_at      timestamptz not null,
    until           timestamptz not null
);
