"""
Cross-site request forgery: every unsafe request to a site must come from our own pages.

Two independent proofs: the browser's word (``Sec-Fetch-Site``, else ``Origin``), and a token bound
to the visitor and the session, in a header or in the form. A framework's double-submit cookie
would not bind the token to the person (docs/decisions/0005).
"""

import hmac
from typing import Any

from litestar import Request

from cabas.kit.errors import Denied
from cabas.web.request import ShopRequest

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
FIELD = "_csrf_token"
HEADER = "x-csrf-token"
_OWN = frozenset({"same-origin", "none"})


class Forged(Denied):
    """The request doesn't prove that it comes from a page of ours: reload the page and try again."""

    code = "csrf"


async def refuse_forged(request: Request[Any, Any, Any]) -> None:
    """
    Before every handler of a site.

    :raises Forged: another site sent it, or the token is missing or stale.
    """
    if request.method in SAFE_METHODS:
        return
    if not isinstance(request, ShopRequest):
        raise TypeError("the sites' requests are ShopRequests")
    if not _same_site(request):
        raise Forged
    token = request.headers.get(HEADER)
    if token is None:
        form = await request.form()
        token = form.get(FIELD)
    if not isinstance(token, str) or not hmac.compare_digest(token.encode(), request.csrf_token.encode()):
        raise Forged


def _same_site(request: ShopRequest) -> bool:
    fetched_from = request.headers.get("sec-fetch-site")
    if fetched_from is not None:
        return fetched_from in _OWN
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host", "")
