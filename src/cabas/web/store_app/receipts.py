"""
The store has the order: a signed-in device pulls the store's stream and answers with what it received.

With scripts the device computes the digest of the bytes it holds; without, a page that was shown counts.
"""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.exceptions import ValidationException
from litestar.params import FromQuery

from cabas.domain.orders import dispatch
from cabas.domain.preparation import queries
from cabas.web.api.arrivals import next_dispatch
from cabas.web.request import ShopRequest
from cabas.web.store_app.access import Post, at_work

WAIT_SECONDS = 25
SEQ_MAX = 2**53 - 1
RECEIPTS_MAX = 100


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    store_seq: Annotated[int, msgspec.Meta(ge=1, le=SEQ_MAX)]
    order: UUID
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


@get("/flux", include_in_schema=False)
async def stream(request: ShopRequest, apres: FromQuery[int] = 0) -> dict[str, Any]:
    """What came after a number; waits up to 25 s for something. No connection is held meanwhile."""
    after = min(max(apres, 0), SEQ_MAX)
    async with request.read() as reader:
        post_ = await at_work(request, reader)
        found = await dispatch.pull(reader, store_id=post_.store_id, after=after)
    if not found and await next_dispatch(request, store_id=post_.store_id, after=after, seconds=WAIT_SECONDS):
        async with request.read() as reader:
            found = await dispatch.pull(reader, store_id=post_.store_id, after=after)
    return {
        "items": [
            {
                "store_seq": one.store_seq,
                "order": str(one.order_id),
                "body": one.body,
                "received": one.received_at is not None,
            }
            for one in found
        ]
    }


@post("/recus", include_in_schema=False, status_code=200)
async def receive(request: ShopRequest) -> dict[str, Any]:
    """The device's receipts; a digest that differs is told, and that order pulled again."""
    try:
        receipts = msgspec.json.decode(await request.body(), type=list[Receipt])
    except (msgspec.ValidationError, msgspec.DecodeError) as problem:
        raise ValidationException(str(problem)) from problem
    differing = []
    async with request.transaction() as tx:
        post_ = await at_work(request, tx)
        for receipt in sorted(receipts, key=lambda one: one.store_seq)[:RECEIPTS_MAX]:
            try:
                await dispatch.acknowledge(
                    tx,
                    store_id=post_.store_id,
                    order_id=receipt.order,
                    store_seq=receipt.store_seq,
                    sha256=bytes.fromhex(receipt.sha256),
                    actor=f"store:{post_.actor.name}",
                    now=request.now,
                )
            except (dispatch.DigestDiffers, dispatch.NoSuchDispatch):
                differing.append(receipt.store_seq)
    return {"differing": differing}


async def acknowledge_all(request: ShopRequest, post_: Post) -> None:
    """All that the store has not received yet, as the page about to be rendered shows it."""
    async with request.transaction() as tx:
        after = await queries.first_unreceived(tx, store_id=post_.store_id)
        for one in await dispatch.pull(tx, store_id=post_.store_id, after=after):
            if one.received_at is None:
                await dispatch.acknowledge(
                    tx,
                    store_id=post_.store_id,
                    order_id=one.order_id,
                    store_seq=one.store_seq,
                    sha256=bytes.fromhex(one.sha256),
                    actor=f"store:{post_.actor.name}",
                    now=request.now,
                )
