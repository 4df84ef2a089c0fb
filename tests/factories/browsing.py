"""A person with a browser: what they send, written short."""

import html
import re
from typing import Any

import httpx
from litestar.testing import AsyncTestClient

_TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')


async def post_form(
    client: AsyncTestClient[Any],
    path: str,
    data: dict[str, Any] | None = None,
    *,
    page: str = "/",
    **options: Any,
) -> httpx.Response:
    """POST a form as a browser does: with the token found on ``page``. Redirects are not followed."""
    return await client.post(
        path,
        data={"_csrf_token": await csrf_token(client, page), **(data or {})},
        follow_redirects=False,
        **options,
    )


async def csrf_token(client: AsyncTestClient[Any], page: str = "/") -> str:
    """The token of the forms on ``page``."""
    answer = await client.get(page)
    found = token_in(answer.text)
    assert found, f"no form on {page} ({answer.status_code})"
    return found


def token_in(markup: str) -> str:
    """The token of the first form of a page; "": it has none."""
    found = _TOKEN.search(markup)
    return html.unescape(found.group(1)) if found else ""


def text_of(markup: str) -> str:
    """What a reader sees: markup without tags, scripts and runs of spaces."""
    bare = re.sub(r"<(script|style|template)\b.*?</\1>", " ", markup, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).split())
