"""Private writes of requests made in advance."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from cabas.domain.advance.model import AdvanceOrder, Agreement, PriorityGroup
from cabas.domain.advance.queries import COLUMNS, as_order
from cabas.domain.slots.model import Channel
from cabas.kit.db import Transaction


async def lock_waiting(
    tx: Transaction, *, store_id: int, cart_id: UUID
) -> tuple[AdvanceOrder, str, bytes] | None:
    """The basket's undrawn request, with its key and fingerprint."""
    row = await tx.fetchrow(
        f"""
        select {COLUMNS}, key, fingerprint
          from advance_order
         where store_id = $1 and cart_id = $2 and state = 'waiting' and rank is null
           for update""",
        store_id,
        cart_id,
    )
    return (as_order(row), row["key"], row["fingerprint"]) if row else None


async def insert_event(
    tx: Transaction, *, opens_at: datetime, secret: bytes, groups: Sequence[PriorityGroup], now: datetime
) -> bool:
    """False when the opening's secret is made already."""
    return (
        await tx.execute(
            """
            insert into draw_event (opens_at, commitment, secret, groups, published_at)
                 values ($1, sha256($2), $2, $3, $4)
            on conflict do nothing""",
            opens_at,
            secret,
            msgspec.to_builtins(groups),
            now,
        )
        == 1
    )


async def share_store(tx: Transaction, *, store_id: int, opens_at: datetime) -> bool:
    """
    The store's part of the draw stays undrawn until the transaction ends. False: it is drawn.
    """
    await tx.execute(
        "insert into draw_store (store_id, opens_at) values ($1, $2) on conflict do nothing",
        store_id,
        opens_at,
    )
    drawn: bool = await tx.fetchval(
        "select drawn_at is not null from draw_store where store_id = $1 and opens_at = $2 for share",
        store_id,
        opens_at,
    )
    return not drawn


async def claim_shopper(
    tx: Transaction, *, shopper_id: UUID, store_id: int, cart_id: UUID
) -> tuple[int, UUID]:
    """The (store, basket) with which the shopper asked before; from now on it is this one."""
    await tx.execute(
        """
        insert into shopper_advance (shopper_id, store_id, cart_id) values ($1, $2, $3)
        on conflict (shopper_id) do nothing""",
        shopper_id,
        store_id,
        cart_id,
    )
    row = await tx.fetchrow(
        "select store_id, cart_id from shopper_advance where shopper_id = $1 for update", shopper_id
    )
    if row is None:
        raise RuntimeError("the shopper's row was just written")
    await tx.execute(
        "update shopper_advance set store_id = $2, cart_id = $3 where shopper_id = $1",
        shopper_id,
        store_id,
        cart_id,
    )
    return row["store_id"], row["cart_id"]


async def withdraw(tx: Transaction, *, store_id: int, cart_id: UUID, shopper_id: UUID, now: datetime) -> int:
    """How many undrawn requests of the basket were taken back."""
    return await tx.execute(
        """
        update advance_order set state = 'withdrawn', decided_at = $4
         where store_id = $1 and cart_id = $2 and shopper_id = $3 and state = 'waiting' and rank is null
           and opens_at > $4""",
        store_id,
        cart_id,
        shopper_id,
        now,
    )


async def waits(tx: Transaction, *, store_id: int, cart_id: UUID, shopper_id: UUID) -> bool:
    found: bool = await tx.fetchval(
        """
        select exists (select from advance_order
                        where store_id = $1 and cart_id = $2 and shopper_id = $3 and state = 'waiting')""",
        store_id,
        cart_id,
        shopper_id,
    )
    return found


async def next_opening(tx: Transaction, *, store_id: int, now: datetime) -> datetime | None:
    """When slots of the store open next."""
    found: datetime | None = await tx.fetchval(
        "select min(opens_at) from slot where store_id = $1 and opens_at > $2 and not closed", store_id, now
    )
    return found


async def put_order(
    tx: Transaction,
    *,
    store_id: int,
    cart_id: UUID,
    shopper_id: UUID,
    customer_id: UUID | None,
    opens_at: datetime,
    key: str,
    fingerprint: bytes,
    wishes: Sequence[int],
    any_channels: Sequence[Channel],
    cart_version: datetime,
    agreement: Agreement,
    maximum_cents: int,
    now: datetime,
) -> AdvanceOrder:
    row = await tx.fetchrow(
        f"""
        insert into advance_order (store_id, cart_id, shopper_id, customer_id, opens_at, key, fingerprint, wishes,
                                   any_slot, any_channels, cart_version, request, maximum_cents, state, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, cardinality($9::text[]) > 0, $9, $10, $11, $12, 'waiting', $13)
        on conflict (store_id, cart_id, opens_at)
          do update set customer_id = excluded.customer_id, key = excluded.key,
                        fingerprint = excluded.fingerprint, wishes = excluded.wishes, any_slot = excluded.any_slot,
                        any_channels = excluded.any_channels, cart_version = excluded.cart_version,
                        request = excluded.request, maximum_cents = excluded.maximum_cents, state = 'waiting',
                        created_at = excluded.created_at, decided_at = null
        returning {COLUMNS}""",
        store_id,
        cart_id,
        shopper_id,
        customer_id,
        opens_at,
        key,
        fingerprint,
        wishes,
        [channel.value for channel in any_channels],
        cart_version,
        _plain(agreement),
        maximum_cents,
        now,
    )
    if row is None:
        raise RuntimeError("an insert or update returns its row")
    return as_order(row)


def _plain(agreement: Agreement) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(agreement)
    return plain


async def put_priority(
    tx: Transaction,
    *,
    customer_id: UUID,
    group: str,
    store_id: int,
    granted_by: str,
    until: datetime,
    now: datetime,
) -> None:
    await tx.execute(
        """
        insert into customer_priority (customer_id, group_name, store_id, granted_by, granted_at, until)
             values ($1, $2, $3, $4, $5, $6)
        on conflict (customer_id)
          do update set group_name = excluded.group_name, store_id = excluded.store_id,
                        granted_by = excluded.granted_by, granted_at = excluded.granted_at,
                        until = excluded.until""",
        customer_id,
        group,
        store_id,
        granted_by,
        now,
        until,
    )


async def delete_priority(tx: Transaction, *, customer_id: UUID, store_id: int) -> bool:
    """False when this store granted none."""
    return (
        await tx.execute(
            "delete from customer_priority where customer_id = $1 and store_id = $2", customer_id, store_id
        )
        == 1
    )
