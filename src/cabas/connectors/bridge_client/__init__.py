"""
The client of a bridge: typed operations of its uniform API, signed, over one of two ways to reach it.

Direct: it listens and is asked (`cabas.connectors.bridge_client.direct`). Pulled: it listens nowhere, and fetches
its work from Cabas (`cabas.connectors.bridge_client.pulled`). No retries here and no breaker: whoever asks does so
through a guard, with the same key again when the answer was lost.
"""

import asyncio
from typing import Any, Protocol, TypeVar

import msgspec

from cabas.bridge import shapes
from cabas.bridge.shapes import OPERATIONS, Problem

T = TypeVar("T")
DEADLINE_SECONDS = 5.0
ANSWER_BYTES_MAX = 2 * 1024 * 1024


class BridgeError(Exception):
    """:param retry_after: seconds, when the bridge says so."""

    def __init__(
        self, code: str, detail: str = "", *, status: int = 0, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.status = status
        self.retry_after = retry_after


class BridgeUnavailable(BridgeError):
    """No answer, or none that can be understood. What was asked may have happened: the same key finds out."""


class BridgeRefused(BridgeError):
    """A plain no of the system behind: ``card_not_found``, ``insufficient_balance``, ``customer_exists``…"""


class Reply(msgspec.Struct, frozen=True):
    status: int
    body: bytes


class Carrier(Protocol):
    """How one message reaches a bridge and its answer comes back."""

    async def carry(self, operation: str, body: bytes, *, seconds: float) -> Reply:
        """:raises BridgeUnavailable: it did not."""
        ...

    async def close(self) -> None: ...


class BridgeClient:
    """A method for each operation, each at most ``seconds`` long (of the client, unless told with the call)."""

    def __init__(self, carrier: Carrier, *, seconds: float = DEADLINE_SECONDS) -> None:
        self._carrier = carrier
        self._seconds = seconds

    async def ask(self, path: str, request: Any, answer: type[T], *, seconds: float | None = None) -> T:
        """
        :param path: of `cabas.bridge.shapes.OPERATIONS`.
        :raises BridgeUnavailable: no answer in time, or a broken one.
        :raises BridgeRefused: the system behind says no.
        """
        time = seconds or self._seconds
        try:
            async with asyncio.timeout(time):
                reply = await self._carrier.carry(path, msgspec.json.encode(request), seconds=time)
        except TimeoutError as problem:
            raise BridgeUnavailable("no_answer_in_time", path) from problem
        if reply.status != 200:
            raise _told(reply)
        try:
            return msgspec.json.decode(reply.body, type=answer)
        except msgspec.DecodeError as problem:
            raise BridgeUnavailable("bad_answer", str(problem), status=reply.status) from problem

    async def close(self) -> None:
        await self._carrier.close()

    async def card(self, request: shapes.CardRequest) -> shapes.LoyaltyCard:
        return await self._typed("loyalty/card", request, shapes.LoyaltyCard)

    async def balance(self, request: shapes.CardRequest) -> shapes.Balance:
        return await self._typed("loyalty/balance", request, shapes.Balance)

    async def earn(self, request: shapes.EarnRequest) -> shapes.Earned:
        return await self._typed("loyalty/earn", request, shapes.Earned)

    async def reserve(self, request: shapes.ReserveRequest) -> shapes.Reservation:
        return await self._typed("loyalty/reserve", request, shapes.Reservation)

    async def spend(self, request: shapes.SpendRequest) -> shapes.Spent:
        return await self._typed("loyalty/spend", request, shapes.Spent)

    async def release(self, request: shapes.ReleaseRequest) -> shapes.Reservation:
        return await self._typed("loyalty/release", request, shapes.Reservation)

    async def offers(self, request: shapes.OffersRequest) -> shapes.LoyaltyOffers:
        return await self._typed("loyalty/offers", request, shapes.LoyaltyOffers)

    async def find(self, request: shapes.FindRequest) -> shapes.CustomersFound:
        return await self._typed("registry/find", request, shapes.CustomersFound)

    async def create(self, request: shapes.CreateRequest) -> shapes.RegistryCustomer:
        return await self._typed("registry/create", request, shapes.RegistryCustomer)

    async def link(self, request: shapes.LinkRequest) -> shapes.RegistryCustomer:
        return await self._typed("registry/link", request, shapes.RegistryCustomer)

    async def consents(self, request: shapes.ConsentsRequest) -> shapes.Consents:
        return await self._typed("registry/consents", request, shapes.Consents)

    async def merge(self, request: shapes.MergeRequest) -> shapes.RegistryCustomer:
        return await self._typed("registry/merge", request, shapes.RegistryCustomer)

    async def erase(self, request: shapes.EraseRequest) -> shapes.Erased:
        return await self._typed("registry/erase", request, shapes.Erased)

    async def export(self, request: shapes.ExportRequest) -> shapes.RegistryExport:
        return await self._typed("registry/export", request, shapes.RegistryExport)

    async def order_status(self, request: shapes.OrderStatus) -> shapes.StatusTaken:
        return await self._typed("orders/status", request, shapes.StatusTaken)

    async def _typed(self, path: str, request: Any, answer: type[T]) -> T:
        if OPERATIONS[path].answer is not answer:
            raise TypeError(f"{path} is answered with {OPERATIONS[path].answer.__name__}")
        return await self.ask(path, request, answer)


def _told(reply: Reply) -> BridgeError:
    """4xx about the request itself is a no; anything else, also a bridge that doesn't know us, is a fault."""
    try:
        problem = msgspec.json.decode(reply.body, type=Problem)
    except msgspec.DecodeError:
        return BridgeUnavailable("bad_answer", f"status {reply.status}", status=reply.status)
    refused = 400 <= reply.status < 500 and reply.status not in {401, 403, 408, 425, 429}
    kind = BridgeRefused if refused else BridgeUnavailable
    return kind(problem.code, problem.detail, status=reply.status, retry_after=problem.retry_after)
