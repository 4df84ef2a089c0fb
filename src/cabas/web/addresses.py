"""
How many orders and holds one network address may ask for: apart from what an account may, and generous, because a
school or an operator's shared address is many people. Counted in the process (docs/decisions/0023).
"""

import ipaddress
from functools import lru_cache
from time import monotonic

from litestar.types import Scope

from cabas.kit.buckets import Buckets, Rate
from cabas.kit.limiter import address_bucket
from cabas.web import classes


class AddressLimits:
    """Per web process; a browser's connections spread over them."""

    def __init__(self, *, orders: Rate, holds: Rate) -> None:
        self._orders, self._holds = Buckets(orders), Buckets(holds)

    def wait_seconds(self, scope: Scope) -> float:
        """0.0: it may go on. Addresses that aren't public say nothing of who is behind them."""
        path = scope["path"]
        if path in classes.ORDER_POSTS:
            buckets = self._orders
        elif path in classes.HOLDS or path.endswith("/slot-hold"):
            buckets = self._holds
        else:
            return 0.0
        bucket = _bucket(client_address(scope))
        return buckets.take(bucket, monotonic()) if bucket else 0.0


def client_address(scope: Scope) -> str:
    """
    The peer's address; behind a proxy of ours, which is a peer that isn't public, the one that it saw: the
    last of ``x-forwarded-for``, since those before it are whatever the client wrote.
    """
    client = scope["client"]
    peer = client[0] if client else ""
    if _is_public(peer):
        return peer
    told = next((value for name, value in scope["headers"] if name == b"x-forwarded-for"), b"")
    return told.decode("latin-1").rpartition(",")[2].strip() or peer


@lru_cache(maxsize=4096)
def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


@lru_cache(maxsize=4096)
def _bucket(address: str) -> str:
    return address_bucket("orders", address) if _is_public(address) else ""
