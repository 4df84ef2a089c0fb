"""
One trace id from the click to the store's receipt, by W3C Trace Context (docs/how-to/see-what-happens.md).

Every request has an id, which error pages and logs say. Only what is sampled is recorded, and only where a tracer is
in use: without one nothing here costs more than the id.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from random import getrandbits, random
from time import monotonic
from typing import Final, Literal, Protocol

import msgspec

from cabas.kit.buckets import Buckets, Rate

HEADER: Final = b"traceparent"
HEADER_LENGTH: Final = 55
ASKED: Final = Rate(burst=20, period=timedelta(seconds=2))
"""Traces that callers ask for: anybody may write the header, so they are few whatever he writes."""

Kind = Literal["server", "internal", "producer", "consumer"]
Attributes = Mapping[str, str | int]


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """Where one is in a trace. ``trace_id``: 32 hexadecimal digits; ``span_id``: 16."""

    trace_id: str
    span_id: str
    sampled: bool = False

    @property
    def header(self) -> str:
        """As ``traceparent``."""
        return f"00-{self.trace_id}-{self.span_id}-{int(self.sampled):02x}"


class Span(Protocol):
    """What is being recorded."""

    @property
    def trace(self) -> Trace: ...

    def end(
        self, *, name: str = "", error: str = "", attributes: Attributes | None = None, at: int | None = None
    ) -> None:
        """
        :param name: when it is known only now.
        :param error: the name of what went wrong, "" when nothing did.
        :param at: nanoseconds since 1970; None: now.
        """


class Tracer(Protocol):
    """Records spans and sends them away, without the caller waiting for it."""

    def start(
        self,
        name: str,
        *,
        kind: Kind,
        parent: Trace | None,
        attributes: Attributes | None = None,
        at: int | None = None,
    ) -> Span: ...

    def stop(self) -> None:
        """What was recorded is sent, within some seconds."""


current: ContextVar[Trace | None] = ContextVar("trace", default=None)


class _Recording:
    tracer: Tracer | None = None
    share = 0.0
    asked = Buckets(ASKED)


def use(tracer: Tracer | None, *, share: float = 0.0) -> None:
    """
    For this process, from now on.

    :param share: of the traces that begin here, 0.0 to 1.0.
    """
    if _Recording.tracer is not None and _Recording.tracer is not tracer:
        _Recording.tracer.stop()
    _Recording.tracer, _Recording.share, _Recording.asked = tracer, share, Buckets(ASKED)


def parse(header: str) -> Trace | None:
    """None: it is no ``traceparent`` that we can read."""
    if len(header) < HEADER_LENGTH or (header[2], header[35], header[52]) != ("-", "-", "-"):
        return None
    version, trace_id, span_id, flags = header[:2], header[3:35], header[36:52], header[53:55]
    later = len(header) > HEADER_LENGTH and (version == "00" or header[HEADER_LENGTH] != "-")
    if version == "ff" or later or header[:HEADER_LENGTH] != header[:HEADER_LENGTH].lower():
        return None
    try:
        bytes.fromhex(version + trace_id + span_id + flags)
    except ValueError:
        return None
    if " " in header[:HEADER_LENGTH] or not trace_id.strip("0") or not span_id.strip("0"):
        return None
    return Trace(trace_id=trace_id, span_id=span_id, sampled=bool(int(flags, 16) & 1))


def begin(headers: Iterable[tuple[bytes, bytes]]) -> tuple[Trace, Trace | None]:
    """(the trace of a request, where its caller is in it). The trace is sampled when it is to be recorded."""
    given = None
    for name, value in headers:
        if name == HEADER:
            given = parse(value.decode("latin-1"))
            break
    sampled = _Recording.tracer is not None and (
        random() < _Recording.share  # noqa: S311 - nothing secret
        or (given is not None and given.sampled and not _Recording.asked.take("", monotonic()))
    )
    trace_id = given.trace_id if given else f"{getrandbits(128) or 1:032x}"
    return Trace(trace_id=trace_id, span_id=f"{getrandbits(64) or 1:016x}", sampled=sampled), given


def start(
    name: str,
    *,
    kind: Kind = "internal",
    parent: Trace | None = None,
    attributes: Attributes | None = None,
    at: int | None = None,
) -> Span | None:
    """None: nothing is recorded here."""
    if _Recording.tracer is None:
        return None
    return _Recording.tracer.start(name, kind=kind, parent=parent, attributes=attributes, at=at)


@contextmanager
def span(name: str, *, kind: Kind = "internal", attributes: Attributes | None = None) -> Iterator[None]:
    """A part of the current trace, if that is recorded. An exception that passes is told by its name alone."""
    parent = current.get()
    found = (
        start(name, kind=kind, parent=parent, attributes=attributes) if parent and parent.sampled else None
    )
    if found is None:
        yield
        return
    token = current.set(found.trace)
    error = ""
    try:
        yield
    except BaseException as problem:
        error = type(problem).__name__
        raise
    finally:
        current.reset(token)
        found.end(error=error)


def carried() -> str:
    """What is written beside a fact so that what follows from it joins the trace; "" when nothing is recorded."""
    trace = current.get()
    return trace.header if trace and trace.sampled else ""


def record(
    name: str, header: str, *, kind: Kind, started: int, ended: int, attributes: Attributes | None = None
) -> None:
    """
    What followed, in the trace that was `carried`.

    :param started: nanoseconds since 1970, like ``ended``.
    """
    parent = parse(header)
    if parent and (found := start(name, kind=kind, parent=parent, attributes=attributes, at=started)):
        found.end(at=ended)
