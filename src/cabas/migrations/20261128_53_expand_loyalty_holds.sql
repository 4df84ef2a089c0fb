-- Paying out of the cagnotte: what is set aside for an order until its final amount is known.

alter table loyalty_card add column reserved_cents integer not null default 0;  -- the sum of the open holds
alter table loyalty_card add constraint loyalty_reserved check (reserved_cents between 0 and balance_cents);

create table loyalty_hold (
    key             text    primary key,             -- of the payment it is for: repeating it has one effect
    customer_id     uuid    not null references loyalty_card on delete cascade,
    store_id        integer not null,
    order_id        uuid    not null,
    cents           integer not null check (cents > 0),
    captured_cents  integer not null default 0 check (captured_cents between 0 and cents),
    returned_cents  integer not null default 0 check (returned_cents between 0 and captured_cents),
    held_at         timestamptz not null,
    ended_at        timestamptz                      -- captured or released
);
create index loyalty_hold_by_card on loyalty_hold (customer_id);
create unique index loyalty_hold_of_order on loyalty_hold (order_id) where ended_at is null;  -- one at a time

-- What was spent may come back: an entry of its own that adds, with an end of its own.
alter table loyalty_entry drop constraint loyalty_entry_kind_check;
alter table loyalty_entry drop constraint loyalty_sign;
alter table loyalty_entry drop constraint loyalty_expiry;
alter table loyalty_entry add constraint loyalty_entry_kind_check
    check (kind in ('earn', 'reverse', 'spend', 'expire', 'return'));
alter table loyalty_entry add constraint loyalty_sign check ((kind in ('earn', 'return')) = (cents > 0) and cents <> 0);
alter table loyalty_entry add constraint loyalty_expiry check ((kind in ('earn', 'return')) = (expires_at is not null));
