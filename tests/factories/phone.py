"""A store's phone without scripts: follows the forms of the pages it is shown."""

import re
from typing import Any
from uuid import UUID, uuid4

import httpx
from litestar.testing import AsyncTestClient

from cabas.kit.db import Database

_TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')


class Phone:
    def __init__(self, client: AsyncTestClient[Any], database: Database, order_id: UUID) -> None:
        self.client, self.database, self.order_id = client, database, order_id

    @property
    def order(self) -> str:
        return f"/preparation/commandes/{self.order_id}"

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path, follow_redirects=False)

    async def token(self, page: str = "/preparation") -> str:
        found = _TOKEN.search((await self.client.get(page)).text)
        assert found, f"no form on {page}"
        return found.group(1)

    async def post(self, path: str, fields: dict[str, Any], *, page: str = "/preparation") -> httpx.Response:
        data = {key: str(value) for key, value in fields.items()} | {"_csrf_token": await self.token(page)}
        return await self.client.post(path, data=data, follow_redirects=False)

    async def event(self, kind: str, **fields: Any) -> httpx.Response:
        """One event of the order by its plain form."""
        fields = {"event_id": str(uuid4()), **fields, "kind": kind}
        return await self.post(f"{self.order}/evenements", fields)

    async def json(self, path: str, body: object) -> httpx.Response:
        return await self.client.post(
            path, json=body, headers={"x-csrf-token": await self.token(), "accept": "application/json"}
        )
