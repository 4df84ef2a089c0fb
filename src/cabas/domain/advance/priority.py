"""
Who is drawn first: granted by a store's manager or head office, for a time, and taken back.

Only the group and its end are kept: no reason and no document. Each deed leaves an audit line.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from cabas.domain.advance import records
from cabas.domain.advance.model import AdvancePolicy
from cabas.domain.customers import queries as customers
from cabas.domain.customers.model import email_key
from cabas.kit import audit
from cabas.kit.db import Connection, Transaction
from cabas.kit.errors import Invalid, NotFound

GRANTED_MAX = timedelta(days=400)
LISTED_MAX = 200


class AccountUnknown(NotFound):
    """No customer has an account with this e-mail."""

    code = "account_unknown"


class GroupUnknown(Invalid):
    """The retailer has no such priority group."""

    code = "group_unknown"


class BadEnd(Invalid):
    """A priority ends after today, within `GRANTED_MAX`."""

    code = "bad_end"


class Priority(msgspec.Struct, frozen=True, kw_only=True):
    """``email``: by which the account is known at the counter."""

    customer_id: UUID
    email: str
    group: str
    granted_at: datetime
    until: datetime


async def grant(
    tx: Transaction,
    *,
    email: str,
    group: str,
    until: datetime,
    store_id: int,
    actor: str,
    policy: AdvancePolicy,
    now: datetime,
) -> UUID:
    """
    Let the account of this e-mail be drawn first until then, instead of what it had; returns whose it is.

    :raises GroupUnknown, BadEnd: what is granted.
    :raises AccountUnknown: nobody has it.
    """
    if group not in {one.name for one in policy.groups}:
        raise GroupUnknown
    if not now < until <= now + GRANTED_MAX:
        raise BadEnd
    customer_id = await customers.account_of(tx, email_key=email_key(email))
    if customer_id is None:
        raise AccountUnknown
    await records.put_priority(
        tx, customer_id=customer_id, group=group, store_id=store_id, granted_by=actor, until=until, now=now
    )
    await audit.record(
        tx,
        store_id=store_id,
        actor=actor,
        action="priority.granted",
        subject=f"customer:{customer_id}",
        detail={"group": group, "until": until.isoformat()},
        now=now,
    )
    return customer_id


async def revoke(tx: Transaction, *, customer_id: UUID, store_id: int, actor: str, now: datetime) -> bool:
    """Take back what this store granted. False when it granted nothing: twice is harmless."""
    if not await records.delete_priority(tx, customer_id=customer_id, store_id=store_id):
        return False
    await audit.record(
        tx,
        store_id=store_id,
        actor=actor,
        action="priority.revoked",
        subject=f"customer:{customer_id}",
        detail={},
        now=now,
    )
    return True


async def granted_by_store(reader: Connection, *, store_id: int, now: datetime) -> list[Priority]:
    """What the store has granted and has not run out, latest first."""
    rows = await reader.fetch(
        """
        select p.customer_id, c.email, p.group_name as group, p.granted_at, p.until
          from customer_priority p join customer c using (customer_id)
         where p.store_id = $1 and p.until > $2
         order by p.granted_at desc
         limit $3""",
        store_id,
        now,
        LISTED_MAX,
    )
    return [Priority(**dict(row.items())) for row in rows]
