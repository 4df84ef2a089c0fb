"""The rounds of one worker: a client and a guard for each service, as long as it lives."""

from collections.abc import Sequence

from cabas.connectors.bridge_client import BridgeClient, BridgeRefused
from cabas.connectors.bridge_client.reaching import client_for
from cabas.connectors.bridge_outbox import AT_A_TIME, deliver_due
from cabas.kit.board import Board
from cabas.kit.clock import Clock
from cabas.kit.db import Database
from cabas.kit.guard import GuardPolicy
from cabas.kit.peers import Peer

PATIENT = GuardPolicy(deadline_seconds=3.0, concurrency=AT_A_TIME)
"""Nobody waits for a worker's call."""


class Rounds:
    def __init__(self, peers: Sequence[Peer], board: Board) -> None:
        self._peers, self._board = peers, board
        self._clients: dict[str, BridgeClient | None] = {}

    async def run(self, database: Database, clock: Clock, *, service: str) -> int:
        """A recurring job: what is due at this service; returns how many calls were answered."""
        if service not in self._clients:
            self._clients[service] = client_for(
                self._peers, service, database, seconds=PATIENT.deadline_seconds
            )
        client = self._clients[service]
        if client is None:
            return 0
        guard = self._board.guard(service, PATIENT, refusals=(BridgeRefused,))
        return await deliver_due(database, clock, service=service, client=client, guard=guard)
