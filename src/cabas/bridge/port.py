"""
The port: what an adapter to one of a grocer's systems is asked, and what it may answer.

An adapter is a folder whose ``__init__.py`` has a class ``Adapter``, a subclass of `Adapter` here (or of
`cabas.bridge.rest.RestAdapter`, which makes of it a table of calls). It knows one system's words and nothing of Cabas.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from cabas.bridge.shapes import FeedKind, FeedMode, FeedRow

STATUS_OF = {
    "card_not_found": 404, "customer_not_found": 404, "reservation_not_found": 404, "not_served": 404,
    "bad_request": 422, "key_reused": 422,
}  # fmt: skip


class Refused(Exception):
    """
    The system says no, and would say so again.

    :param code: ``card_not_found card_blocked insufficient_balance reservation_not_found reservation_ended
        customer_not_found customer_exists not_served bad_request``.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail

    @property
    def status(self) -> int:
        return STATUS_OF.get(self.code, 409)


class Faulty(Exception):
    """No answer, or one that makes no sense: what was asked may have happened. The text is for a log."""


class FeedPage(msgspec.Struct, frozen=True, kw_only=True):
    """``cursor``: where to go on. ``last``: nothing follows. ``mode``: what it is, where the source decides that."""

    rows: list[FeedRow]
    cursor: str
    last: bool
    mode: FeedMode


class BadOptions(ValueError):
    """An adapter's options can't be used, with the reason."""


class Adapter:
    """
    :param options: its table of the configuration; secrets come as ``NAME_file`` and are read already.
    :param seconds: how long one call may take; whoever calls ends it then.
    :raises BadOptions: they can't be used.
    """

    served: ClassVar[frozenset[str]] = frozenset()
    """Paths of `cabas.bridge.shapes.OPERATIONS`; anything else is answered ``not_served``."""

    feeds: ClassVar[frozenset[FeedKind]] = frozenset()

    def __init__(self, options: Mapping[str, Any], *, seconds: float) -> None:
        self.options = options
        self.seconds = seconds

    async def answer(self, operation: str, request: Any) -> Any:
        """
        What is asked, as `cabas.bridge.shapes` has it. The request's ``key`` must go with it as the system's own
        reference, unique there: asked a second time by it the system does nothing more, or says that it is known.

        :raises Refused: a no.
        :raises Faulty: anything else.
        """
        raise NotImplementedError

    async def recover(self, operation: str, request: Any) -> Any | None:
        """
        What the same key did when its answer was lost; None: nothing, or the system answers a second time alike,
        so that asking again is as good.

        :raises Faulty: can't be told now.
        """
        return None

    async def page(self, kind: FeedKind, *, mode: FeedMode, cursor: str, limit: int) -> FeedPage | None:
        """
        Rows from where a cursor points, at most ``limit``; "": from the beginning. None: nothing new.

        :raises Faulty: can't be read now.
        """
        return None

    async def fed(self, kind: FeedKind, cursor: str) -> str:
        """Everything up to this page's cursor, its last, is in Cabas. Where the next feed goes on."""
        return cursor

    async def close(self) -> None:
        """Connections go."""
