-- function
-- The order and the hold, each one call. Every statement carries p_store, so a call lives on one shard.
-- Refusals are raised with errcodes of class P0 (see domain/checkout/records.py), so everything rolls back.
-- Two slots are always locked in the order of their ids; a hold's row before its slot's row.

create or replace function slot_release(p_store integer, p_slot bigint, p_places integer) returns void
language sql as $$
    update slot set taken = taken - p_places where store_id = p_store and slot_id = p_slot
$$;

-- Gives back the places of holds that have run out on one slot; returns how many.
create or replace function slot_expire_holds(p_store integer, p_slot bigint, p_now timestamptz) returns integer
language plpgsql as $$
declare
    v_freed integer;
begin
    with gone as (
        delete from slot_hold
         where store_id = p_store
           and shopper_id in (
               select h.shopper_id from slot_hold h
                where h.store_id = p_store and h.slot_id = p_slot and h.expires_at <= p_now
                  for update skip locked)
           and store_id = p_store
        returning 1
    )
    select count(*) into v_freed from gone;
    if v_freed > 0 then
        perform slot_release(p_store, p_slot, v_freed);
    end if;
    return v_freed;
end $$;

-- One place more, when the slot is open and has one. Raises what stands in the way.
create or replace function slot_take(p_store integer, p_slot bigint, p_now timestamptz) returns void
language plpgsql as $$
begin
    update slot set taken = taken + 1
     where store_id = p_store and slot_id = p_slot and taken < capacity and not closed;
    if found then
        return;
    end if;
    if slot_expire_holds(p_store, p_slot, p_now) > 0 then
        update slot set taken = taken + 1
         where store_id = p_store and slot_id = p_slot and taken < capacity and not closed;
        if found then
            return;
        end if;
    end if;
    raise exception 'slot_full' using errcode = 'P0S01';
end $$;

create or replace function slot_hold_place(
    p_store integer, p_shopper uuid, p_slot bigint, p_cart uuid, p_now timestamptz, p_expires timestamptz
) returns timestamptz
language plpgsql as $$
declare
    v_slot      slot%rowtype;
    v_held      slot_hold%rowtype;
    v_elsewhere integer;
    v_freed     bigint;
begin
    select * into v_slot from slot where store_id = p_store and slot_id = p_slot;
    if not found then
        raise exception 'slot_unknown' using errcode = 'P0S04';
    end if;
    if v_slot.opens_at > p_now then
        raise exception 'slot_not_open' using errcode = 'P0S02';
    end if;
    if v_slot.closed or v_slot.closes_at <= p_now then
        raise exception 'slot_closed' using errcode = 'P0S03';
    end if;

    -- One hold a shopper over the whole network: the row of shopper_hold serialises two attempts.
    insert into shopper_hold (shopper_id, store_id) values (p_shopper, p_store)
        on conflict (shopper_id) do nothing;
    select store_id into v_elsewhere from shopper_hold where shopper_id = p_shopper for update;
    if v_elsewhere <> p_store then
        delete from slot_hold where store_id = v_elsewhere and shopper_id = p_shopper
            returning slot_id into v_freed;
        if v_freed is not null then
            perform slot_release(v_elsewhere, v_freed, 1);
        end if;
        update shopper_hold set store_id = p_store where shopper_id = p_shopper;
    end if;

    select * into v_held from slot_hold
     where store_id = p_store and shopper_id = p_shopper for update;
    if not found then
        insert into slot_hold (store_id, shopper_id, slot_id, cart_id, held_at, expires_at)
             values (p_store, p_shopper, p_slot, p_cart, p_now, p_expires);
        perform slot_take(p_store, p_slot, p_now);
        return p_expires;
    end if;
    if v_held.slot_id = p_slot then
        if v_held.expires_at > p_now then
            update slot_hold set cart_id = p_cart where store_id = p_store and shopper_id = p_shopper;
            return v_held.expires_at;                   -- holds are not renewed
        end if;
        update slot_hold set cart_id = p_cart, held_at = p_now, expires_at = p_expires
         where store_id = p_store and shopper_id = p_shopper;
        return p_expires;
    end if;
    update slot_hold set slot_id = p_slot, cart_id = p_cart, held_at = p_now, expires_at = p_expires
     where store_id = p_store and shopper_id = p_shopper;
    if v_held.slot_id < p_slot then
        perform slot_release(p_store, v_held.slot_id, 1);
        perform slot_take(p_store, p_slot, p_now);
    else
        perform slot_take(p_store, p_slot, p_now);
        perform slot_release(p_store, v_held.slot_id, 1);
    end if;
    return p_expires;
end $$;

-- Lets go of the shopper's hold; returns the slot it was on, or null.
create or replace function slot_hold_release(p_store integer, p_shopper uuid) returns bigint
language plpgsql as $$
declare
    v_slot bigint;
begin
    delete from slot_hold where store_id = p_store and shopper_id = p_shopper returning slot_id into v_slot;
    if v_slot is not null then
        perform slot_release(p_store, v_slot, 1);
    end if;
    return v_slot;
end $$;

-- The order: key, order, lines, outbox row, then the slot's counter, the hot row last.
-- Outcomes: 'created', 'replay' (same key, same body), 'mismatch' (same key, other body).
-- p_open_orders_max: how many orders one customer may have under way in this store; null: no limit. Two orders of
-- one customer are counted one after the other (the lock is theirs alone), so that a limit can't be raced past.
drop function if exists place_order(
    integer, uuid, uuid, text, bytea, uuid, timestamptz, uuid, bigint, uuid, timestamptz, text, text, text, jsonb, jsonb,
    integer, integer, integer, integer, integer, bigint[], integer[], integer[], integer[], integer[], integer[],
    integer[], text[], jsonb[]);
create or replace function place_order(
    p_store integer, p_order uuid, p_shopper uuid, p_key text, p_fingerprint bytea,
    p_cart uuid, p_cart_version timestamptz, p_customer uuid, p_slot bigint, p_outbox uuid,
    p_now timestamptz, p_code text, p_payment text, p_substitution text, p_contact jsonb, p_agreed jsonb,
    p_goods integer, p_discount integer, p_deposit integer, p_fee integer, p_maximum integer,
    p_gtins bigint[], p_quantities integer[], p_unit_prices integer[], p_discounts integer[],
    p_totals integer[], p_maxima integer[], p_vats integer[], p_substitutions text[], p_frozen jsonb[],
    p_open_orders_max integer default null
) returns table (outcome text, placed_order uuid)
language plpgsql as $$
declare
    v_slot  slot%rowtype;
    v_key   checkout_key%rowtype;
    v_held  bigint;
    v_open  integer;
begin
    insert into checkout_key (store_id, shopper_id, key, fingerprint, order_id, created_at)
         values (p_store, p_shopper, p_key, p_fingerprint, p_order, p_now)
    on conflict do nothing;
    if not found then
        select * into v_key from checkout_key
         where store_id = p_store and shopper_id = p_shopper and key = p_key;
        if v_key.fingerprint = p_fingerprint then
            return query select 'replay'::text, v_key.order_id;
        else
            return query select 'mismatch'::text, v_key.order_id;
        end if;
        return;
    end if;

    select * into v_slot from slot where store_id = p_store and slot_id = p_slot;
    if not found then
        raise exception 'slot_unknown' using errcode = 'P0S04';
    end if;
    if v_slot.opens_at > p_now then
        raise exception 'slot_not_open' using errcode = 'P0S02';
    end if;
    if v_slot.closes_at <= p_now then
        raise exception 'slot_closed' using errcode = 'P0S03';
    end if;

    if p_open_orders_max is not null then
        perform pg_advisory_xact_lock(p_store, hashtext(p_customer::text));
        select count(*) into v_open from orders
         where store_id = p_store and customer_id = p_customer and placed_at > p_now - interval '30 days'
           and state not in ('handed_over', 'cancelled');
        if v_open >= p_open_orders_max then
            raise exception 'too_many_orders' using errcode = 'P0S06';
        end if;
    end if;

    -- Said so that only the primary key fits: a plan made while few baskets exist would take the index of a store's
    -- open ones, and read all of them for each order.
    update cart set ordered_at = p_now
     where store_id = p_store and cart_id = p_cart and coalesce(ordered_at, 'infinity') = 'infinity'
       and updated_at = p_cart_version;
    if not found then
        raise exception 'cart_changed' using errcode = 'P0S05';
    end if;

    insert into orders (
        store_id, order_id, code, shopper_id, customer_id, cart_id, channel, slot_id, slot_starts_at, slot_ends_at,
        cutoff_at, state, placed_at, contact, payment_method, substitution, goods_cents, discount_cents,
        deposit_cents, fee_cents, total_cents, maximum_cents, agreed)
    values (
        p_store, p_order, p_code, p_shopper, p_customer, p_cart, v_slot.channel, p_slot, v_slot.starts_at, v_slot.ends_at,
        v_slot.closes_at, 'placed', p_now, p_contact, p_payment, p_substitution, p_goods, p_discount,
        p_deposit, p_fee, p_goods - p_discount + p_deposit + p_fee, p_maximum, p_agreed);

    insert into order_line (
        store_id, order_id, revision, line_no, gtin, quantity, unit_price_cents, discount_cents, total_cents,
        maximum_cents, vat_basis_points, substitution, frozen)
    select p_store, p_order, 1, l.line_no, l.gtin, l.quantity, l.unit_price, l.discount, l.total,
           l.maximum, l.vat, l.substitution, l.frozen
      from unnest(p_gtins, p_quantities, p_unit_prices, p_discounts, p_totals, p_maxima, p_vats,
                  p_substitutions, p_frozen)
           with ordinality as l (gtin, quantity, unit_price, discount, total, maximum, vat, substitution, frozen, line_no);

    insert into order_state_change (store_id, order_id, state, at, actor)
         values (p_store, p_order, 'placed', p_now, 'shopper');
    insert into outbox (store_id, outbox_id, order_id, revision, kind, created_at, next_at)
         values (p_store, p_outbox, p_order, 1, 'order_placed', p_now, p_now);

    delete from slot_hold where store_id = p_store and shopper_id = p_shopper returning slot_id into v_held;
    if v_held is null then
        perform slot_take(p_store, p_slot, p_now);
    elsif v_held <> p_slot then
        if v_held < p_slot then
            perform slot_release(p_store, v_held, 1);
            perform slot_take(p_store, p_slot, p_now);
        else
            perform slot_take(p_store, p_slot, p_now);
            perform slot_release(p_store, v_held, 1);
        end if;
    end if;                                              -- the hold's own place becomes the order's
    return query select 'created'::text, p_order;
end $$;
