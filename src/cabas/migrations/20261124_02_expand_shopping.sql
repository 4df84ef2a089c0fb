-- Customers, baskets, slots and orders: the hot path. See docs/algorithms/slot-reservation.md.

create table customer (
    customer_id     uuid    primary key,
    email           text    not null,               -- as typed, trimmed
    email_key       text    unique,                 -- lower case; null once erased or for a guest
    password_hash   text,
    name            text    not null,
    phone           text    not null default '',
    birth_date      date,
    preferences     jsonb   not null default '{}',  -- {store_id, substitution, language, budget_cents, consents: {...}}
    created_at      timestamptz not null,
    erased_at       timestamptz
);

create table customer_address (
    customer_id     uuid    not null references customer on delete cascade,
    address_id      uuid    not null,
    label           text    not null,
    street          text    not null,
    complement      text    not null default '',
    postcode        text    not null,
    city            text    not null,
    instructions    text    not null default '',
    primary key (customer_id, address_id)
);

create table passkey (
    credential_id   bytea   primary key,
    customer_id     uuid    not null references customer on delete cascade,
    public_key      bytea   not null,
    sign_count      bigint  not null,
    label           text    not null,
    created_at      timestamptz not null,
    last_used_at    timestamptz
);
create index passkey_by_customer on passkey (customer_id);

-- Sessions and tokens of people, shoppers and staff alike: only the SHA-256 of the secret is kept.
create table session (
    token_hash      bytea   primary key,
    subject_kind    text    not null check (subject_kind in ('customer', 'staff', 'device')),
    subject_id      uuid    not null,
    store_id        integer not null default 0,     -- staff on a shared device: the device's store
    kind            text    not null check (kind in ('session', 'token')),
    label           text    not null default '',
    created_at      timestamptz not null,
    last_seen_at    timestamptz not null,
    expires_at      timestamptz not null,
    revoked_at      timestamptz
);
create index session_by_subject on session (subject_kind, subject_id);

-- Attempts a stranger may make in a window (sign in, sign up, PIN): counted in the database, shared by all processes.
create table attempt (
    bucket          text    not null,
    window_start    timestamptz not null,
    count           integer not null,
    primary key (bucket, window_start)
);

create table cart (
    store_id        integer not null,
    cart_id         uuid    not null,
    shopper_id      uuid    not null,               -- the customer, or the guest the token names
    customer_id     uuid,
    lines           jsonb   not null default '{}',  -- {gtin: {"q": pieces or grams, "at": order of adding, "note"?, "sub"?}}
    shown           jsonb,                          -- what checkout last showed: prices by gtin, to tell differences
    removed         jsonb,                          -- last emptied or removed lines, for undo
    wishes          jsonb,
    substitution    text    not null default 'same_price' check (substitution in ('never', 'same_price', 'picker_choice')),
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    ordered_at      timestamptz,
    primary key (store_id, cart_id)
);
create index cart_by_shopper on cart (store_id, shopper_id) where ordered_at is null;

create table slot_pattern (
    store_id        integer not null,
    channel         text    not null check (channel in ('drive', 'delivery')),
    weekday         smallint not null check (weekday between 1 and 7),
    starts_at       time    not null,               -- Europe/Paris wall clock
    ends_at         time    not null check (ends_at > starts_at),
    capacity        integer not null check (capacity >= 0),   -- orders, from the store's work (policies.slot_capacity)
    fee_cents       integer not null check (fee_cents >= 0),
    cutoff_minutes  integer not null check (cutoff_minutes >= 0),
    primary key (store_id, channel, weekday, starts_at)
);

-- taken is last in the order's transaction and unindexed, so its update stays in the page (HOT).
create table slot (
    store_id        integer not null,
    slot_id         bigint  not null,               -- YYMMDDHHMM in UTC, then 1 for drive, 2 for delivery
    channel         text    not null check (channel in ('drive', 'delivery')),
    starts_at       timestamptz not null,
    ends_at         timestamptz not null check (ends_at > starts_at),
    opens_at        timestamptz not null,
    closes_at       timestamptz not null,           -- the cut-off: no order, change or cancellation after it
    fee_cents       integer not null check (fee_cents >= 0),
    capacity        integer not null check (capacity >= 0),
    taken           integer not null default 0,
    closed          boolean not null default false,
    primary key (store_id, slot_id),
    constraint slot_never_oversold check (taken between 0 and capacity)
) with (fillfactor = 50);

create table slot_change (
    store_id        integer not null,
    change_id       uuid    not null,
    slot_id         bigint  not null,
    changed_at      timestamptz not null,
    changed_by      text    not null,
    reason          text    not null default '',
    before          jsonb   not null,
    after           jsonb   not null,
    undone_at       timestamptz,
    primary key (store_id, change_id)
);

create table slot_hold (
    store_id        integer not null,
    shopper_id      uuid    not null,               -- at most one live hold a shopper
    slot_id         bigint  not null,
    cart_id         uuid    not null,
    held_at         timestamptz not null,
    expires_at      timestamptz not null,
    primary key (store_id, shopper_id)
);
create index slot_hold_expiring on slot_hold (expires_at);           -- the sweeper

-- Where a shopper's one hold is, so that a hold elsewhere is released first.
create table shopper_hold (
    shopper_id      uuid    primary key,
    store_id        integer not null
);

create table checkout_key (
    store_id        integer not null,
    shopper_id      uuid    not null,
    key             text    not null,
    fingerprint     bytea   not null,
    order_id        uuid    not null,
    created_at      timestamptz not null,
    primary key (store_id, shopper_id, key)
);

create table orders (
    store_id        integer not null,
    order_id        uuid    not null,
    code            text    not null,               -- six characters the shopper says at the counter
    shopper_id      uuid    not null,
    customer_id     uuid    not null,
    cart_id         uuid    not null,
    channel         text    not null check (channel in ('drive', 'delivery')),
    slot_id         bigint  not null,
    slot_starts_at  timestamptz not null,
    slot_ends_at    timestamptz not null,
    cutoff_at       timestamptz not null,
    state           text    not null check (state in ('placed', 'received', 'preparing', 'ready', 'handed_over', 'cancelled')),
    revision        integer not null default 1,
    placed_at       timestamptz not null,
    contact         jsonb   not null,               -- {name, email, phone, address?}
    payment_method  text    not null,
    substitution    text    not null,
    goods_cents     integer not null check (goods_cents >= 0),
    discount_cents  integer not null check (discount_cents >= 0),
    deposit_cents   integer not null check (deposit_cents >= 0),
    fee_cents       integer not null check (fee_cents >= 0),
    total_cents     integer not null,
    maximum_cents   integer not null check (maximum_cents >= total_cents),  -- told before ordering: weighed goods
    final_cents     integer,
    agreed          jsonb   not null,               -- frozen: {legal_version, button, vat: [...], seller, language}
    primary key (store_id, order_id),
    constraint order_total_adds_up check (total_cents = goods_cents - discount_cents + deposit_cents + fee_cents)
);
create unique index orders_by_code on orders (store_id, code);        -- handover
create index orders_by_slot on orders (store_id, slot_id);            -- preparation lists
create index orders_by_customer on orders (customer_id, placed_at desc);  -- "mes commandes"

create table order_line (
    store_id        integer not null,
    order_id        uuid    not null,
    revision        integer not null,
    line_no         smallint not null,
    gtin            bigint  not null,
    quantity        integer not null check (quantity > 0),        -- pieces, or grams when sold by weight
    unit_price_cents integer not null check (unit_price_cents > 0), -- per piece, or per kilogram
    discount_cents  integer not null check (discount_cents >= 0),
    total_cents     integer not null check (total_cents >= 0),    -- after discount, deposit left out
    maximum_cents   integer not null,
    vat_basis_points integer not null,
    substitution    text    not null,
    frozen          jsonb   not null,               -- {name, brand, net, sold_by, zone, picture, location, deposit_cents, minimum_age, retractable, promotion, note}
    primary key (store_id, order_id, revision, line_no)
);

create table order_state_change (
    store_id        integer not null,
    order_id        uuid    not null,
    state           text    not null,
    at              timestamptz not null,
    actor           text    not null,               -- "shopper", "store:<name>", "system"
    detail          jsonb   not null default '{}',
    primary key (store_id, order_id, at, state)
);

create table cancellation (
    store_id        integer not null,
    order_id        uuid    not null,
    cancelled_at    timestamptz not null,
    cancelled_by    text    not null,
    reason          text    not null default '',
    primary key (store_id, order_id)
);

-- The withdrawal of L221-18: a declaration with its instant, by line.
create table withdrawal (
    store_id        integer not null,
    order_id        uuid    not null,
    withdrawal_id   uuid    not null,
    declared_at     timestamptz not null,
    line_numbers    smallint[] not null,
    primary key (store_id, order_id, withdrawal_id)
);

create table arrival (
    store_id        integer not null,
    order_id        uuid    not null,
    arrived_at      timestamptz not null,
    bay             text    not null default '',
    primary key (store_id, order_id)
);

-- What must reach the store. Written with the fact; dispatched by state, never by an id cursor.
create table outbox (
    store_id        integer not null,
    outbox_id       uuid    not null,
    order_id        uuid    not null,
    revision        integer not null,
    kind            text    not null check (kind in ('order_placed', 'order_changed', 'order_cancelled')),
    created_at      timestamptz not null,
    next_at         timestamptz not null,
    dispatched_at   timestamptz,
    attempts        integer not null default 0,
    primary key (store_id, outbox_id)
);
create index outbox_pending on outbox (next_at) where dispatched_at is null;  -- the dispatcher

create table store_sequence (
    store_id        integer primary key,
    last_seq        bigint  not null
);

-- The store's own gap-free stream: what it pulls, and its receipt.
create table dispatch (
    store_id        integer not null,
    store_seq       bigint  not null,
    order_id        uuid    not null,
    revision        integer not null,
    kind            text    not null,
    body            text    not null,               -- canonical JSON, exactly the bytes the digest is of
    sha256          bytea   not null,
    dispatched_at   timestamptz not null,
    received_at     timestamptz,
    fallback_at     timestamptz,
    primary key (store_id, store_seq)
);
create unique index dispatch_once on dispatch (store_id, order_id, revision, kind);
create index dispatch_unreceived on dispatch (dispatched_at) where received_at is null;  -- amber after 2 minutes

create table audit_line (
    store_id        integer not null,
    audit_id        uuid    not null,
    at              timestamptz not null,
    actor           text    not null,
    action          text    not null,
    subject         text    not null,
    detail          jsonb   not null default '{}',
    primary key (store_id, audit_id)
);
create index audit_recent on audit_line (store_id, at desc);
