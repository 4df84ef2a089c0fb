-- Stores, staff, catalogue and offers: what a grocery group sells, where, and who runs it.
-- Tables that grow with stores carry store_id first in their key, so that they can be spread by it (docs/decisions/0002).

create table store (
    store_id        integer     primary key check (store_id between 0 and 65535),
    slug            text        not null unique,
    name            text        not null,
    format          text        not null check (format in ('national', 'hyper', 'super', 'contact', 'express')),
    street          text        not null,
    postcode        text        not null,
    city            text        not null,
    department      text        not null,
    region          text        not null,
    latitude        double precision not null check (latitude between -90 and 90),
    longitude       double precision not null check (longitude between -180 and 180),
    phone           text        not null,
    email           text        not null,
    legal_entity    jsonb       not null,           -- {name, registration, address, capital}: the seller (L221-5)
    opening_hours   jsonb       not null,           -- {"1": [["08:30", "20:00"]], … "7": []}, ISO weekday, Europe/Paris
    services        text[]      not null default '{}',
    has_drive       boolean     not null,
    delivers        boolean     not null,
    drive_fee_cents        integer not null default 0 check (drive_fee_cents >= 0),
    drive_minimum_cents    integer not null default 0 check (drive_minimum_cents >= 0),
    preparation     jsonb       not null default '{}', -- {pickers, lines_per_picker_hour, aisle_order: [...]}
    search_name     text        not null            -- unaccented lower-case "name city postcode", made by us (no ICU needed)
);
comment on table store is 'Points of sale. Store 0 is the national catalogue: recommended prices, nothing sold.';
create index store_by_region on store (region, department);        -- head office's network table

create table store_closure (
    store_id    integer     not null references store,
    day         date        not null,
    reason      text        not null,
    closed_by   text        not null,
    closed_at   timestamptz not null,
    primary key (store_id, day)
);

create table delivery_area (
    store_id        integer not null references store,
    postcode        text    not null,
    fee_cents       integer not null check (fee_cents >= 0),
    minimum_cents   integer not null check (minimum_cents >= 0),
    primary key (store_id, postcode)
);
create index delivery_area_by_postcode on delivery_area (postcode);  -- "who delivers to this address?"

create table town (
    town_id         integer primary key,
    name            text    not null,
    postcode        text    not null,
    department      text    not null,
    region          text    not null,
    latitude        double precision not null,
    longitude       double precision not null,
    population      integer not null,
    search_name     text    not null
);
create index town_by_postcode on town (postcode text_pattern_ops);
create index town_by_name on town (search_name text_pattern_ops);

create table staff (
    staff_id        uuid    primary key,
    name            text    not null,
    email           text    unique,
    password_hash   text,
    created_at      timestamptz not null,
    deactivated_at  timestamptz
);

create table staff_role (
    staff_id        uuid    not null references staff,
    role            text    not null check (role in ('picker', 'manager', 'head_office')),
    store_id        integer not null references store,  -- 0 for head office: the whole network
    primary key (staff_id, role, store_id)
);
create index staff_role_by_store on staff_role (store_id, role);     -- who may sign in on this store's device

create table staff_pin (
    store_id        integer not null references store,
    staff_id        uuid    not null references staff,
    pin_hash        text    not null,
    failures        integer not null default 0,
    locked_until    timestamptz,
    primary key (store_id, staff_id)
);

create table category (
    category_id     integer primary key,            -- aisle*10000 + shelf*100 + leaf: a level is a range
    parent_id       integer references category,
    level           smallint not null check (level between 1 and 3),
    slug            text    not null unique,
    name            text    not null,
    picture         text    not null,
    sort            integer not null
);

create table product (
    gtin            bigint  primary key check (gtin between 1 and 99999999999999),
    name            text    not null,
    brand           text    not null default '',
    category_id     integer not null references category,
    picture         text    not null,               -- name of an icon of the picture set
    sold_by         text    not null check (sold_by in ('piece', 'weight')),
    net_quantity    integer not null check (net_quantity > 0),  -- grams, millilitres or pieces; by weight: usual piece, grams
    net_unit        text    not null check (net_unit in ('g', 'ml', 'piece')),
    unit_basis      text    not null check (unit_basis in ('kg', 'l', 'piece')),
    vat_basis_points integer not null check (vat_basis_points in (0, 210, 550, 1000, 2000)),
    zone            text    not null check (zone in ('ambient', 'chilled', 'frozen')),
    origin          text    not null default '',
    nutri_score     text    check (nutri_score in ('A', 'B', 'C', 'D', 'E')),
    labels          text[]  not null default '{}',  -- organic, france, gluten_free, lactose_free, halal, own_brand, vegan…
    alcohol_permille integer not null default 0 check (alcohol_permille between 0 and 1000), -- tenths of % vol
    minimum_age     smallint not null default 0 check (minimum_age in (0, 16, 18)),
    deposit_cents   integer not null default 0 check (deposit_cents >= 0),
    retractable     boolean not null default true,  -- L221-28: false for what perishes
    sort_name       text    not null,               -- unaccented lower case
    sellable        boolean not null,               -- false until the legal particulars are complete (INCO art. 14)
    changed_at      timestamptz not null
);
create index product_by_category on product (category_id);

create table product_particulars (
    gtin            bigint  primary key references product on delete cascade,
    description     text    not null default '',
    ingredients     text    not null default '',    -- plain text; allergens between ** ** are emphasised
    allergens       text[]  not null default '{}',
    traces          text[]  not null default '{}',
    nutrition       jsonb   not null default '{}',  -- per 100 g/ml: {energy_kj, energy_kcal, fat_mg, saturated_mg, carbohydrates_mg, sugars_mg, fibre_mg, protein_mg, salt_mg}
    storage         text    not null default '',
    instructions    text    not null default '',
    operator_name   text    not null default '',
    operator_address text   not null default '',
    search_words    text    not null default '',    -- synonyms
    source          text    not null
);

create table promotion (
    promotion_id    integer primary key,
    kind            text    not null,               -- a kind the promotions engine knows
    terms           jsonb   not null,               -- percentage: {percent}; n_for_m: {take, pay}
    label           text    not null,
    starts_at       timestamptz not null,
    ends_at         timestamptz not null check (ends_at > starts_at)
);

create table offer (
    store_id        integer not null,
    gtin            bigint  not null,
    shelf_id        integer not null,               -- level-2 category: category_id / 100
    category_id     integer not null,
    rank            integer not null,               -- position in lists, best first
    price_cents     integer not null check (price_cents > 0),       -- by weight: cents per kilogram
    unit_price_cents integer not null check (unit_price_cents > 0), -- per kg, litre or piece
    promotion_id    integer,
    status          smallint not null default 1 check (status in (0, 1, 2)), -- 0 withdrawn, 1 on sale, 2 out of stock
    back_on         date,
    location        integer not null default 0,     -- aisle*10000 + bay*100 + level
    primary key (store_id, gtin)
);
create index offer_on_shelf on offer (store_id, shelf_id, rank);     -- category pages

create table offer_change (
    store_id        integer not null,
    gtin            bigint  not null,
    changed_at      timestamptz not null,
    changed_by      text    not null,
    before          jsonb   not null,
    after           jsonb   not null,
    undone_at       timestamptz,
    change_id       uuid    not null,
    primary key (store_id, gtin, change_id)
);
create index offer_change_recent on offer_change (store_id, changed_at desc);  -- history page; lowest price of 30 days (L112-1-1)

create table import_run (
    kind            text    not null,
    source          text    not null,               -- sha256 of the file's first block and size
    position        bigint  not null,               -- rows done
    accepted        bigint  not null,
    rejected        bigint  not null,
    updated_at      timestamptz not null,
    finished_at     timestamptz,
    primary key (kind, source)
);
