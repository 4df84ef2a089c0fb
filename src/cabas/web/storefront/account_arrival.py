"""
Arriving: the session's cookie, the guest's basket brought along, on to the page that was wanted.
"""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from cabas.domain.customers.model import SESSION_LIFETIME
from cabas.web import visitor as visitors
from cabas.web.pages import Notice, is_local, secret_cookie, see_other
from cabas.web.request import SESSION_COOKIE, ShopRequest
from cabas.web.storefront.basket_merge import merge_basket_at_sign_in

HOME = "/compte"
PATH_LENGTH_MAX = 300


async def enter(request: ShopRequest, secret: str, customer_id: UUID | None, path: str) -> Response[Any]:
    """The session's cookie, the basket brought along, and on to the page that was wanted."""
    said = ""
    if customer_id is not None:
        async with request.transaction() as tx:
            said = await merge_basket_at_sign_in(request, tx, customer_id)
    response = see_other(request, path, notice=Notice("ok", said) if said else None)
    response.set_cookie(
        secret_cookie(request, SESSION_COOKIE, secret, max_age=int(SESSION_LIFETIME.total_seconds()))
    )
    return response


def forget_visitor(request: ShopRequest) -> None:
    """The next person on this device begins with an empty basket, in the same store."""
    former = request.visitor
    fresh = visitors.fresh(request.now)
    request.remember(
        msgspec.structs.replace(fresh, store_id=former.store_id, language=former.language, theme=former.theme)
    )


def safe_path(path: str) -> str:
    """A path given by a stranger, if it stays on this site; else the account."""
    return path if path and len(path) <= PATH_LENGTH_MAX and is_local(path) else HOME
