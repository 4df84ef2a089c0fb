"""
What can go wrong, as the document says it: RFC 9457 problem details, one shape for all.

The bodies themselves are written by `cabas.web.errors`; here is only their description.
"""

from datetime import datetime
from http import HTTPStatus

import msgspec
from litestar.openapi.datastructures import ResponseSpec

from cabas.web.api.slot_shapes import SlotShape

MEDIA_TYPE = "application/problem+json"


class Problem(msgspec.Struct, kw_only=True):
    """RFC 9457. `code` is the stable machine name; further members help to act on it."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    instance: str | None = None
    """With 500 and 503: `urn:cabas:trace:…`, by which the log knows the request."""
    nearest: list[SlotShape] | None = None
    """With `slot_full`: the three open slots nearest in time."""
    opens_at: datetime | None = None
    """With `slot_not_open`: when bookings open."""
    place: str | None = None
    """With `waiting_room`: to be sent back as `cabas-place`."""
    position: int | None = None
    """With `waiting_room`: about how many stand before."""


_SAYS = {
    400: "Malformed: not JSON, a member missing or of another type, a parameter out of its bounds.",
    401: "No bearer token, or one that opens nothing.",
    403: "Known, but not allowed.",
    404: "It doesn't exist, or not for this bearer.",
    413: "The body is larger than 64 KB.",
    422: "Understood, but a rule refuses it.",
    503: "Overloaded or locked: try again after `Retry-After` seconds.",
}


def answers(*plain: int, **coded: str) -> dict[int, ResponseSpec]:
    """
    The problems an operation may answer, besides 400 and 503 which all of them may.

    :param plain: statuses that need no further word.
    :param coded: ``_409="slot_full: …"``: a status and what it means here.
    """
    told = {int(status.removeprefix("_")): says for status, says in coded.items()}
    return {
        status: ResponseSpec(
            Problem,
            generate_examples=False,
            description=told.get(status) or _SAYS.get(status) or HTTPStatus(status).phrase,
            media_type=MEDIA_TYPE,
        )
        for status in sorted({400, 503, *plain, *told})
    }
