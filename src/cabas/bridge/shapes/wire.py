"""What a bridge can be asked, and how work waits for one that opens its connections itself."""

from typing import Annotated, Any
from uuid import UUID

import msgspec

from cabas.bridge.shapes import feeds, loyalty, registry

WAIT_SECONDS_MAX = 25


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One request for a bridge that opens its connections itself. ``body``: the JSON of `Operation.request`."""

    work: UUID
    operation: str
    body: str
    seconds: float
    """For so long somebody waits for the answer."""


class WorkPage(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Work]


class WorkAnswer(msgspec.Struct, frozen=True, kw_only=True):
    work: UUID
    status: int
    body: str


class WorkAnswers(msgspec.Struct, frozen=True, kw_only=True):
    items: Annotated[list[WorkAnswer], msgspec.Meta(max_length=100)]


class WorkQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``wait``: seconds to wait for work when there is none yet."""

    wait: Annotated[int, msgspec.Meta(ge=0, le=WAIT_SECONDS_MAX)] = 0


class AnswersTaken(msgspec.Struct, frozen=True, kw_only=True):
    """How many somebody still waited for."""

    taken: int


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 9457; ``code`` is stable."""

    status: int
    code: str
    title: str
    detail: str = ""
    retry_after: float | None = None


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """``path``: ``loyalty/earn``. ``keyed``: it changes something, once for each key."""

    path: str
    request: type[Any]
    answer: type[Any]
    keyed: bool = False


OPERATIONS: dict[str, Operation] = {
    one.path: one
    for one in (
        Operation(path="loyalty/card", request=loyalty.CardRequest, answer=loyalty.LoyaltyCard),
        Operation(path="loyalty/balance", request=loyalty.CardRequest, answer=loyalty.Balance),
        Operation(path="loyalty/earn", request=loyalty.EarnRequest, answer=loyalty.Earned, keyed=True),
        Operation(
            path="loyalty/reserve", request=loyalty.ReserveRequest, answer=loyalty.Reservation, keyed=True
        ),
        Operation(path="loyalty/spend", request=loyalty.SpendRequest, answer=loyalty.Spent, keyed=True),
        Operation(
            path="loyalty/release", request=loyalty.ReleaseRequest, answer=loyalty.Reservation, keyed=True
        ),
        Operation(path="loyalty/offers", request=loyalty.OffersRequest, answer=loyalty.LoyaltyOffers),
        Operation(path="registry/find", request=registry.FindRequest, answer=registry.CustomersFound),
        Operation(
            path="registry/create",
            request=registry.CreateRequest,
            answer=registry.RegistryCustomer,
            keyed=True,
        ),
        Operation(
            path="registry/link", request=registry.LinkRequest, answer=registry.RegistryCustomer, keyed=True
        ),
        Operation(
            path="registry/consents", request=registry.ConsentsRequest, answer=registry.Consents, keyed=True
        ),
        Operation(
            path="registry/merge", request=registry.MergeRequest, answer=registry.RegistryCustomer, keyed=True
        ),
        Operation(path="registry/erase", request=registry.EraseRequest, answer=registry.Erased, keyed=True),
        Operation(path="registry/export", request=registry.ExportRequest, answer=registry.RegistryExport),
        Operation(path="orders/status", request=feeds.OrderStatus, answer=feeds.StatusTaken),
    )
}
