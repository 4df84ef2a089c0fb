-- What an order is paid with: one row a means of payment, each with a life of its own.

create table tender (
    store_id        integer not null,
    order_id        uuid    not null,
    number          smallint not null check (number > 0),
    kind            text    not null check (kind in ('at_store', 'card', 'meal_voucher', 'gift_card', 'loyalty')),
    state           text    not null check (state in ('open', 'authorising', 'held', 'captured', 'released', 'failed')),
    maximum_cents   integer not null,               -- what the shopper was told that it may come to
    held_cents      integer not null default 0,
    captured_cents  integer not null default 0,
    refunded_cents  integer not null default 0,
    wanted_cents    integer check (wanted_cents >= 0), -- what is to remain taken in the end; null: not known yet
    reference       text    not null default '',    -- where it is kept: the bank's number, the ledger's
    page            text    not null default '',    -- where the shopper pays, the bank's own page
    problem         text    not null default '',    -- why it failed, or what the last attempt met
    attempts        smallint not null default 0,    -- in a row that met a problem
    opened_at       timestamptz not null,
    expires_at      timestamptz not null,           -- not authorised by then: paid at the store
    next_at         timestamptz,                    -- when a worker asks for the truth; null: nothing is expected
    primary key (store_id, order_id, number),
    constraint tender_in_bounds check (
        0 <= refunded_cents and refunded_cents <= captured_cents
        and captured_cents <= held_cents and held_cents <= maximum_cents)
);
create index tender_due on tender (next_at) where next_at is not null;                     -- the worker
