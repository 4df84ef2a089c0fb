-- The embedded loyalty ("cagnotte"): a customer's card, its ledger in cents, and the offers that earn.

create table loyalty_card (
    customer_id     uuid    primary key references customer,
    number          bigint  not null unique,         -- EAN-13 of the in-store range 29, check digit included
    balance_cents   integer not null default 0 check (balance_cents >= 0),  -- the sum of the ledger
    opened_at       timestamptz not null
);

create table loyalty_entry (
    customer_id     uuid    not null references loyalty_card on delete cascade,
    entry_id        uuid    not null,
    kind            text    not null check (kind in ('earn', 'reverse', 'spend', 'expire')),
    cents           integer not null,
    left_cents      integer not null default 0,      -- of an earning: what was neither spent, reversed nor expired yet
    cause           text    not null,                -- "earn:<order>": the same cause is written once
    store_id        integer not null,                -- 0: of no store
    order_id        uuid,
    at              timestamptz not null,
    expires_at      timestamptz,                     -- of an earning
    primary key (customer_id, entry_id),
    constraint loyalty_cause_once unique (customer_id, cause),
    constraint loyalty_sign check ((kind = 'earn') = (cents > 0) and cents <> 0),
    constraint loyalty_left check (left_cents between 0 and greatest(cents, 0)),
    constraint loyalty_expiry check ((kind = 'earn') = (expires_at is not null))
);
create index loyalty_entry_by_card on loyalty_entry (customer_id, at desc);               -- the ledger, newest first
create index loyalty_entry_expiring on loyalty_entry (expires_at) where left_cents > 0;   -- the expiry job

-- What earns: a share of a line's price, or cents a piece (a kilogram), of a product or of a category and all below it.
create table loyalty_offer (
    offer_id        uuid    primary key,
    store_id        integer not null default 0,      -- 0: the whole network
    label           text    not null,
    kind            text    not null check (kind in ('percent', 'cents')),
    amount          integer not null check (amount > 0),
    gtin            bigint,
    category_id     integer,
    starts_at       timestamptz not null,
    ends_at         timestamptz not null check (ends_at > starts_at),
    constraint loyalty_offer_of_one_thing check ((gtin is null) <> (category_id is null)),
    constraint loyalty_offer_percent check (kind <> 'percent' or amount <= 34)  -- ASAP 2020, art. 125: a third of the price
);
create index loyalty_offer_running on loyalty_offer (ends_at);

-- Which handovers were credited. Those of before earned nothing, and are not looked at again.
alter table handover add column earned_at timestamptz default now();
alter table handover alter column earned_at drop default;
create index handover_unearned on handover (handed_over_at) where earned_at is null and handed_over_at is not null;
