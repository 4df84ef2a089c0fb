"""A browser without JavaScript: it follows links, fills the forms of the page it is on, and keeps cookies."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import httpx
from litestar.testing import AsyncTestClient

from cabas.kit.db import Database

_TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')


class Browser:
    """``page`` is the last answer."""

    def __init__(self, client: AsyncTestClient[Any], database: Database) -> None:
        self.client = client
        self.database = database
        self.page: httpx.Response

    async def open(self, path: str, **parameters: str) -> httpx.Response:
        """Follows redirects, as a browser does."""
        self.page = await self.client.get(path, params=parameters or None, follow_redirects=True)
        return self.page

    async def send(
        self,
        path: str,
        fields: dict[str, str] | None = None,
        *,
        raw: bytes | None = None,
        token: str | None = None,
    ) -> httpx.Response:
        """
        Post a form with the token of the page it is on; the redirect that answers isn't followed.

        :param raw: further bytes of the body, as they are (another encoding).
        """
        filled = {"_csrf_token": self.token if token is None else token, **(fields or {})}
        body = urlencode(filled).encode() + (b"&" + raw if raw else b"")
        self.page = await self.client.post(
            path,
            content=body,
            headers={"content-type": "application/x-www-form-urlencoded"},
            follow_redirects=False,
        )
        return self.page

    async def call(self, path: str, content: str = "{}") -> httpx.Response:
        """What an island posts: JSON, with the token in a header."""
        return await self.client.post(
            path,
            content=content,
            headers={
                "content-type": "application/json",
                "accept": "application/json",
                "x-csrf-token": self.token,
            },
        )

    @property
    def token(self) -> str:
        found = _TOKEN.search(self.page.text)
        assert found, f"no form on {self.page.url}"
        return unescape(found[1])

    @property
    def text(self) -> str:
        return unescape(self.page.text)

    @property
    def forms(self) -> list[str]:
        """Where the POST forms of the page's own part go, the sign-out button left out."""
        main = self.text.partition("<main")[2].partition("</main>")[0]
        actions = re.findall(r'<form method="post" action="([^"]*)"', main)
        return [action for action in actions if action != "/compte/deconnexion"]
