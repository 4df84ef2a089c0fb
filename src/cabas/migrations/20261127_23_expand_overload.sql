-- Overload: what each web process says of itself once a second, and the ladder's switch.

-- Only the last seconds mean anything: unlogged, so that telling costs no flush; empty after a crash is right.
create unlogged table process_pressure (
    process_id       text             primary key,
    at               timestamptz      not null,
    limit_now        double precision not null check (limit_now > 0),      -- requests it lets run at once
    in_flight        integer          not null check (in_flight >= 0),
    queued           integer          not null default 0 check (queued >= 0),
    goodput_per_s    double precision not null check (goodput_per_s >= 0), -- answers in time, without 5xx
    saturated_since  timestamptz,                                          -- null: a place is free
    level            smallint         not null check (level between 0 and 5),
    level_since      timestamptz,
    reason           text             not null default 'normal',           -- a word of the ladder's, or 'forced'
    answered         bigint           not null default 0 check (answered >= 0),
    shed             jsonb            not null default '{}'                -- class → how many since it began
) with (fillfactor = 50);

-- Forced by hand. One row; no level: the ladder decides by itself.
create table ladder_setting (
    one_row       boolean     primary key default true check (one_row),
    forced_level  smallint    check (forced_level between 0 and 4),        -- 5, no application, is the edge's
    reason        text        not null,
    actor         text        not null,
    changed_at    timestamptz not null,
    until         timestamptz                                              -- null: until somebody changes it
);
