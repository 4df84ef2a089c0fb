"""
Passwords and PINs: argon2id, computed in threads of our own so that the event loop lives.

At most `THREADS` are computed at once and `WAITING_MAX` may wait: a flood of sign-ins costs
itself time, not the shop.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cabas.kit.errors import Busy

THREADS: Final = 2
WAITING_MAX: Final = 200
SECRET_LENGTH_MAX: Final = 128

Result = TypeVar("Result")

# OWASP's second choice of parameters: 19 MiB a computation keeps a small process small.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="argon2")


class PasswordsBusy(Busy):
    """Too many people are signing in at once."""

    code = "passwords_busy"


class _Queue:
    """How many computations are under way or wait; the event loop alone touches it."""

    waiting = 0


async def hash_secret(secret: str) -> str:
    """
    The argon2id hash of a password or PIN, salted, in PHC form.

    :raises PasswordsBusy: too many are waiting.
    """
    return await _compute(lambda: _hasher.hash(secret))


def hash_secret_now(secret: str) -> str:
    """The same, at once and in this thread: for the command line and seeding, never in a server."""
    return _hasher.hash(secret)


async def secret_matches(secret_hash: str | None, secret: str) -> bool:
    """
    Whether this is the secret. Without a hash (no such account) it takes as long and says no.

    :raises PasswordsBusy: too many are waiting.
    """
    matches = await _compute(lambda: _verify(secret_hash or _nobodys(), secret[: SECRET_LENGTH_MAX + 1]))
    return matches and secret_hash is not None


def outdated(secret_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(secret_hash)


@cache
def _nobodys() -> str:
    return _hasher.hash("something to spend the same time on when there is nothing to check")


def _verify(secret_hash: str, secret: str) -> bool:
    try:
        return _hasher.verify(secret_hash, secret)
    except (VerificationError, InvalidHashError):
        return False


async def _compute(work: Callable[[], Result]) -> Result:
    if _Queue.waiting >= WAITING_MAX:
        raise PasswordsBusy(retry_after_seconds=2)
    _Queue.waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _Queue.waiting -= 1
