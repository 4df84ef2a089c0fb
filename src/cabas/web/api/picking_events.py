"""The journal of picking, sent in by a store's device or system (docs/algorithms/picking-events.md)."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import post
from litestar.params import JSONBody

from cabas.domain.preparation import operations as preparation
from cabas.domain.preparation.bench import Rules
from cabas.domain.preparation.events import EVENTS_MAX, read_event
from cabas.domain.preparation.model import EventOutcome
from cabas.policies import DEFAULTS
from cabas.web import bearer
from cabas.web.api.body import StrictJson
from cabas.web.api.problems import answers
from cabas.web.api.wire import StorePath, store_named
from cabas.web.request import ShopRequest

DEVICE_PATTERN = "^[A-Za-z0-9._:-]{1,64}$"
_RULES = Rules(
    lease_duration=DEFAULTS.lease_duration,
    weight_tolerance_percent=DEFAULTS.weight_tolerance_percent,
)


class EventBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    device: Annotated[str, msgspec.Meta(pattern=DEVICE_PATTERN)]
    events: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=EVENTS_MAX)]
    """Each with `kind`, `event_id`, `order_id`, `device_seq`, `occurred_at` and the kind's own members."""


class OutcomeShape(msgspec.Struct, frozen=True, kw_only=True):
    event_id: UUID
    outcome: str
    """`applied`, `duplicate` (it was here before) or `refused`."""
    reason: str
    detail: dict[str, Any]


class OutcomeList(msgspec.Struct, frozen=True, kw_only=True):
    items: list[OutcomeShape]
    """In the order in which the events were given."""
    next: str | None = None


@post(
    "/store/{store:str}/picking-events",
    operation_id="recordPickingEvents",
    summary="Add to the journal of picking",
    tags=["store systems"],
    guards=[bearer.staff_only],
    security=[{"staff": []}],
    dto=StrictJson[EventBatch],
    return_dto=None,
    status_code=200,
    responses=answers(
        401,
        413,
        _403="not_allowed: doesn't prepare orders in this store.",
        _404="store_unknown.",
        _422="event_unreadable: nothing of the batch was kept.",
    ),
)
async def record(request: ShopRequest, store: StorePath, data: JSONBody[EventBatch]) -> OutcomeList:
    """Append-only, and idempotent by `event_id`: a batch may be sent again as it is."""
    store_id = store_named(request, store).store_id
    events = [read_event(raw) for raw in data.events]
    async with request.transaction() as tx:
        outcomes = await preparation.record_events(
            tx,
            store_id=store_id,
            actor=bearer.staff_of(request),
            device_id=data.device,
            events=events,
            rules=_RULES,
            now=request.now,
        )
    return OutcomeList(items=[_shape(outcome) for outcome in outcomes])


def _shape(outcome: EventOutcome) -> OutcomeShape:
    return OutcomeShape(
        event_id=outcome.event_id,
        outcome=outcome.outcome,
        reason=outcome.reason,
        detail=outcome.detail,
    )


ROUTES = [record]
