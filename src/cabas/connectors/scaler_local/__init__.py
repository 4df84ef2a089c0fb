"""Machines of one's own: each `cabas web` reads in the database what is wanted of it, and follows."""

from datetime import datetime

from cabas.domain.capacity import scaling
from cabas.domain.capacity.model import CapacityPolicy
from cabas.domain.capacity.scaling import Unit
from cabas.kit.db import Database


class LocalScaler:
    def __init__(self, database: Database, policy: CapacityPolicy) -> None:
        self._database, self._policy = database, policy

    async def units(self, *, now: datetime) -> list[Unit]:
        async with self._database.read() as reader:
            return await scaling.units(reader, policy=self._policy, now=now)

    async def want(self, *, name: str, processes: int | None, actor: str, now: datetime) -> None:
        async with self._database.transaction() as tx:
            await scaling.want(tx, name=name, processes=processes, actor=actor, now=now)
