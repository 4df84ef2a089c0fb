"""Around the whole application: while the process drains, each answer is the last on its connection."""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

from cabas.web.site import Site


class Farewell:
    """
    An ASGI application around another. A connection kept open by a balancer would otherwise be cut in the moment in
    which the process ends, and with it whatever was just sent on it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            site: Site = scope["litestar_app"].state.site

            async def last(message: Message) -> None:
                if message["type"] == "http.response.start" and site.draining.begun:
                    message = _closing(message)
                await send(message)

            await self._app(scope, receive, last)
            return
        await self._app(scope, receive, send)


def _closing(start: HTTPResponseStartEvent) -> HTTPResponseStartEvent:
    headers = [*start.get("headers", ()), (b"connection", b"close")]
    return {**start, "headers": headers}
