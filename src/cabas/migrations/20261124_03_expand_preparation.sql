-- What the store does with an order: an append-only journal of picking events, its projection, crates and handover.

create table preparation (
    store_id        integer not null,
    order_id        uuid    not null,
    revision        integer not null,
    leased_by       uuid,                            -- the picker who has it in hand
    leased_name     text    not null default '',
    lease_expires_at timestamptz,
    started_at      timestamptz,
    ready_at        timestamptz,
    primary key (store_id, order_id)
);

create table picking_event (
    store_id        integer not null,
    event_id        uuid    not null,                -- made by the device: replaying a batch has one effect
    order_id        uuid    not null,
    device_id       text    not null,
    device_seq      bigint  not null,
    kind            text    not null,
    actor           text    not null,
    occurred_at     timestamptz not null,            -- the device's clock
    recorded_at     timestamptz not null,
    payload         jsonb   not null,
    outcome         text    not null default 'applied', -- applied, or the reason it was set aside
    primary key (store_id, event_id)
);
create index picking_event_by_order on picking_event (store_id, order_id, recorded_at);

create table picked_line (
    store_id        integer not null,
    order_id        uuid    not null,
    line_no         smallint not null,
    outcome         text    not null check (outcome in ('picked', 'short', 'missing', 'substituted')),
    gtin            bigint  not null,                -- what is in the crate: the substitute's when substituted
    quantity        integer not null check (quantity >= 0), -- pieces
    weight_grams    integer not null default 0 check (weight_grams >= 0),
    unit_price_cents integer not null,
    total_cents     integer not null check (total_cents >= 0),
    frozen          jsonb   not null default '{}',   -- the substitute's particulars
    picked_by       text    not null,
    picked_at       timestamptz not null,
    primary key (store_id, order_id, line_no)
);

create table crate (
    store_id        integer not null,
    order_id        uuid    not null,
    crate_no        smallint not null,
    zone            text    not null check (zone in ('ambient', 'chilled', 'frozen')),
    label           text    not null,                -- printed and scanned: order code, letter, n
    staged_at       timestamptz,
    staging_place   text    not null default '',
    handed_at       timestamptz,
    primary key (store_id, order_id, crate_no)
);

create table handover (
    store_id        integer not null,
    order_id        uuid    not null,
    started_at      timestamptz not null,
    handed_over_at  timestamptz,
    handed_by       text    not null default '',
    identity_checked boolean not null default false,
    remarks         jsonb   not null default '[]',
    primary key (store_id, order_id)
);
