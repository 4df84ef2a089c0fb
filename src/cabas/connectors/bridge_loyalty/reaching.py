"""The loyalty system of an installation, if a bridge serves one."""

from collections.abc import Sequence

from cabas.connectors.bridge_client.reaching import client_for
from cabas.connectors.bridge_loyalty import REFUSALS, SERVICE, SHOPPERS, BridgedLoyalty
from cabas.kit.board import Board
from cabas.kit.clock import Clock
from cabas.kit.db import Database
from cabas.kit.peers import Peer


def loyalty_for(
    peers: Sequence[Peer], *, board: Board, database: Database, clock: Clock
) -> BridgedLoyalty | None:
    """
    For a web process. None: the shop's own ledger is the one of record.

    :raises BadPeer: its TLS files can't be read.
    """
    client = client_for(peers, SERVICE, database, seconds=SHOPPERS.deadline_seconds)
    if client is None:
        return None
    guard = board.guard(SERVICE, SHOPPERS, refusals=REFUSALS)
    return BridgedLoyalty(client, guard, database, clock)
