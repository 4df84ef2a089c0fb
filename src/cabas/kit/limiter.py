"""
Limits on what a stranger may try, counted in the database and so shared by all processes.

A bucket names one thing that is limited (an account, or an address, never both in one key: a
combined key would let one address try every account, or many addresses one account). The
period slides: attempts are kept in slices of a twentieth of it.
"""

import hashlib
import ipaddress
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Final

import msgspec

from cabas.kit.db import Transaction
from cabas.kit.errors import TooMany

KEPT: Final = timedelta(days=1)
"""No limit may look back further than this."""

_SLICES = 20
_NETWORK_BITS_V6 = 64


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """At most ``attempts`` in any ``period``."""

    attempts: int
    period: timedelta


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt that was counted, and can be given back."""

    bucket: str
    slice_start: datetime


async def count_attempt(tx: Transaction, *, bucket: str, limit: Limit, now: datetime) -> Attempt:
    """
    Count one attempt. Concurrent attempts on a bucket wait for each other until this
    transaction ends: keep it short, and compute no password in it.

    :raises TooMany: the limit is reached; ``retry_after_seconds`` in its detail.
    """
    attempt = Attempt(bucket=bucket, slice_start=_slice_of(now, limit.period))
    await _add(tx, attempt)
    since = now - limit.period
    row = await tx.fetchrow(
        """
        select coalesce(sum(count), 0) as made, min(window_start) as oldest
          from attempt
         where bucket = $1 and window_start > $2""",
        bucket,
        since,
    )
    made, oldest = (row["made"], row["oldest"]) if row else (0, None)
    if made > limit.attempts:
        wait = (oldest or now) + limit.period - now
        raise TooMany(retry_after_seconds=max(1, ceil(wait.total_seconds())))
    return attempt


async def give_back(tx: Transaction, *attempts: Attempt) -> None:
    """These attempts were honest: they don't count."""
    for attempt in sorted(attempts, key=lambda one: one.bucket):
        await tx.execute(
            "update attempt set count = count - 1 where bucket = $1 and window_start = $2 and count > 0",
            attempt.bucket,
            attempt.slice_start,
        )


async def purge_attempts(tx: Transaction, *, now: datetime) -> int:
    """Forget what no limit looks back to; returns how many rows went."""
    return await tx.execute("delete from attempt where window_start < $1", now - KEPT)


def account_bucket(purpose: str, account: str) -> str:
    """A bucket of one account, without its e-mail in clear."""
    return f"{purpose}:account:{hashlib.sha256(account.encode()).hexdigest()[:32]}"


def address_bucket(purpose: str, address: str) -> str:
    """A bucket of one network address; IPv6 by its /64, which is one household."""
    return f"{purpose}:address:{_network(address)}"


async def _add(tx: Transaction, attempt: Attempt) -> None:
    await tx.execute(
        """
        insert into attempt (bucket, window_start, count) values ($1, $2, 1)
        on conflict (bucket, window_start) do update set count = attempt.count + 1""",
        attempt.bucket,
        attempt.slice_start,
    )


def _slice_of(now: datetime, period: timedelta) -> datetime:
    seconds = max(1, int(period.total_seconds()) // _SLICES)
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _NETWORK_BITS_V6), strict=False).network_address)
