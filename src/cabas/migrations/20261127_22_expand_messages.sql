-- What people are told: the message, written with its fact, and how it goes out by each channel.

create table message (
    store_id        integer not null,
    message_id      uuid    not null,
    key             text    not null,               -- what it is told about: each is told once
    template        text    not null,
    language        text    not null,
    customer_id     uuid,                           -- the customer, or the guest who ordered; null: an address only
    order_id        uuid,
    name            text    not null,               -- of the recipient; both are blank once erased
    email           text    not null,
    values          jsonb   not null,               -- what the template needs beside the order it names
    created_at      timestamptz not null,
    erased_at       timestamptz,
    primary key (store_id, message_id),
    unique (store_id, key)
);
create index message_by_order on message (store_id, order_id) where order_id is not null;        -- the console's log
create index message_by_customer on message (customer_id, created_at desc) where customer_id is not null;  -- export, erasure
create index message_old on message (created_at);                                               -- purge

create table message_delivery (
    store_id        integer not null,
    message_id      uuid    not null,
    channel         text    not null check (channel in ('mail', 'push')),
    next_at         timestamptz not null,           -- due; while a worker has it in hand, when its lease ends
    attempts        smallint not null default 0,
    sent_at         timestamptz,
    failed_at       timestamptz,                    -- given up
    problem         text    not null default '',    -- what the last attempt met
    primary key (store_id, message_id, channel),
    constraint delivery_ends_once check (sent_at is null or failed_at is null)
);
create index message_delivery_due on message_delivery (next_at) where sent_at is null and failed_at is null;  -- the sender

-- A browser that asked to be told. One row a browser: its endpoint names it.
create table push_subscription (
    endpoint_sha256 bytea   primary key,
    person_id       uuid    not null,               -- the customer, or the guest of the visitor's cookie
    endpoint        text    not null,
    p256dh          text    not null,               -- the browser's public key, base64url
    auth            text    not null,               -- the browser's secret, base64url
    created_at      timestamptz not null
);
create index push_subscription_by_person on push_subscription (person_id, created_at);

-- Which of the facts sent to stores the shopper was told too. What was sent before this column is not told again.
alter table dispatch add column told_at timestamptz default now();
alter table dispatch alter column told_at drop default;
create index dispatch_untold on dispatch (dispatched_at) where told_at is null;  -- reactions
