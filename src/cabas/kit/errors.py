"""
The kinds of refusal. A context subclasses one beside the function that raises it;
the web maps kinds to HTTP in one place.

``code`` is the stable machine name (``slot_full``), ``detail`` values that help the
reader act (never secrets).
"""

from typing import ClassVar


class Refusal(Exception):
    """An expected no. ``code`` names it, ``detail`` helps to act on it."""

    code: ClassVar[str] = "refused"

    def __init__(self, message: str = "", **detail: object) -> None:
        super().__init__(message or self.code)
        self.detail = detail


class Invalid(Refusal):
    """What was sent can't be understood or breaks a limit (422)."""

    code = "invalid"


class NotFound(Refusal):
    """It doesn't exist, or not for this person (404)."""

    code = "not_found"


class Denied(Refusal):
    """Known, but not allowed (403)."""

    code = "denied"


class Conflict(Refusal):
    """The state of things forbids it (409)."""

    code = "conflict"


class Gone(Refusal):
    """It was there and no longer is (410)."""

    code = "gone"


class TooEarly(Refusal):
    """Not yet (425)."""

    code = "too_early"


class Busy(Refusal):
    """Overloaded or locked: try again later (503)."""

    code = "busy"


class TooMany(Refusal):
    """A limit on attempts was reached (429). ``retry_after_seconds`` in detail."""

    code = "too_many"
