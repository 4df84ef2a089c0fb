"""Signs of life of sessions, written once the answer is gone, on a connection of its own."""

from typing import Any

from litestar import Request

from cabas.domain.customers import operations as customers
from cabas.domain.staff import operations as staff
from cabas.web.site import Site

STATE = "unseen"
"""Set by `ShopRequest` when a sign of life is due: ``("customer" | "staff", token_hash)``."""


async def note_presence(request: Request[Any, Any, Any]) -> None:
    """After a response."""
    due = request.scope["state"].get(STATE)
    if due is None:
        return
    kind, token_hash = due
    site: Site = request.app.state.site
    if site.ladder.limiter.full_since is not None:
        return  # others wait for a place: the next request says it as well
    note = staff.note_seen if kind == "staff" else customers.note_seen
    async with site.database.one_statement() as tx:
        await note(tx, token_hash=token_hash, now=request.scope["state"]["now"])
