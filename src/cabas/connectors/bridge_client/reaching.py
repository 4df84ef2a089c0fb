"""Which bridge serves what, and how it is reached."""

from collections.abc import Sequence

from cabas.connectors.bridge_client import DEADLINE_SECONDS, BridgeClient, Carrier
from cabas.connectors.bridge_client.direct import DirectCarrier
from cabas.connectors.bridge_client.pulled import PulledCarrier
from cabas.kit.db import Database
from cabas.kit.peers import Peer

SERVICES = frozenset({"loyalty", "registry", "orders", "feeds"})


def peer_for(peers: Sequence[Peer], service: str) -> Peer | None:
    """The first that serves it."""
    return next((peer for peer in peers if service in peer.services), None)


def client_for(
    peers: Sequence[Peer], service: str, database: Database, *, seconds: float = DEADLINE_SECONDS
) -> BridgeClient | None:
    """
    None when no bridge serves it: the shop's own then does.

    :raises BadPeer: its TLS files can't be read.
    """
    peer = peer_for(peers, service)
    if peer is None:
        return None
    carrier: Carrier = DirectCarrier(peer) if peer.url else PulledCarrier(peer.name, database)
    return BridgeClient(carrier, seconds=seconds)
