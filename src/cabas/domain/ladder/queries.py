"""Public reads of the ladder."""

from datetime import datetime

from cabas.domain.ladder import records
from cabas.domain.ladder.model import FRESH, Pressure, Setting
from cabas.kit.db import Connection


async def setting(reader: Connection) -> Setting:
    return await records.select_setting(reader)


async def processes(reader: Connection, *, now: datetime) -> list[Pressure]:
    """What the living web processes last told, by their id."""
    return await records.select_pressures(reader, since=now - FRESH)
