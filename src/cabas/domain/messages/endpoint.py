"""
The address of a push service, as a stranger's browser gives it: our worker will post to it, so it
must not lead into our own network (server-side request forgery).

The name is checked here, when it is kept; what it resolves to, by the connector at each connection.
"""

import ipaddress
import re
from urllib.parse import urlsplit

from cabas.domain.messages.model import BadEndpoint

ENDPOINT_LENGTH_MAX = 1000
HTTPS_PORT = 443
_NAME = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII)
_OURS = (".local", ".localhost", ".internal", ".lan", ".home", ".corp", ".intranet", ".arpa", ".onion")


def check_endpoint(address: str) -> str:
    """
    The same address, when a push service may be there.

    :raises BadEndpoint: not HTTPS on its port, an address instead of a name, or a name of a private network.
    """
    if (
        len(address) > ENDPOINT_LENGTH_MAX
        or not address.isascii()
        or not address.isprintable()
        or " " in address
    ):
        raise BadEndpoint
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise BadEndpoint from None
    if parts.scheme != "https" or parts.username is not None or parts.password is not None or "\\" in address:
        raise BadEndpoint
    host = (parts.hostname or "").lower()
    if port not in (None, HTTPS_PORT) or not _NAME.fullmatch(host) or host.endswith(_OURS):
        raise BadEndpoint
    return address


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open Internet, also when it wears another's clothes (mapped, 6to4, NAT64)."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or _nat64(found)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return found.is_global and not found.is_multicast


def _nat64(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    inside = address in ipaddress.ip_network("64:ff9b::/96")
    return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF) if inside else None
