"""A store's slots, as anyone may see them."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from litestar import get
from litestar.params import QueryParameter

from cabas.domain.checkout import queries as checkout
from cabas.domain.slots import queries as slots
from cabas.domain.slots.model import Channel
from cabas.kit.errors import Invalid
from cabas.web.api.problems import answers
from cabas.web.api.slot_shapes import SlotShape, slot_shape
from cabas.web.api.wire import Cursor, StorePath, read_cursor, store_named, write_cursor
from cabas.web.request import ShopRequest

DAYS_SHOWN = timedelta(days=8)
DAYS_MAX = timedelta(days=31)
_LAST_SECOND = 4_102_444_799  # of the year 2099


class BadPeriod(Invalid):
    """Times need a zone, and `to` lies after `from`, within 31 days."""

    code = "bad_period"


class SlotList(msgspec.Struct, frozen=True, kw_only=True):
    items: list[SlotShape]
    next: str | None


@get(
    "/stores/{store:str}/slots",
    operation_id="listSlots",
    summary="The store's slots, by time",
    tags=["stores"],
    responses=answers(_404="store_unknown.", _422="bad_period, bad_cursor."),
)
async def list_slots(
    request: ShopRequest,
    store: StorePath,
    channel: Annotated[
        Channel, QueryParameter(description="Collected at the store's drive, or delivered.")
    ] = Channel.DRIVE,
    start: Annotated[
        str | None,
        QueryParameter(name="from", format="date-time", description="First start; now when left out."),
    ] = None,
    end: Annotated[
        str | None,
        QueryParameter(
            name="to", format="date-time", description="Starts before it; 8 days after `from` when left out."
        ),
    ] = None,
    postcode: Annotated[
        str | None,
        QueryParameter(
            pattern="^[0-9]{5}$",
            description="Where to deliver: its area's fee is part of `fee` then.",
        ),
    ] = None,
    cursor: Cursor = None,
) -> SlotList:
    """The whole of a usual week comes at once (500 at most): slots are chosen among, not paged through."""
    found = store_named(request, store)
    first, last = _period(_moment(start), _moment(end), now=request.now)
    if cursor is not None:
        first = max(first, datetime.fromtimestamp(_after(cursor), tz=UTC))
    async with request.read() as reader:
        own_fee = (
            found.drive_fee_cents
            if channel is Channel.DRIVE
            else await checkout.delivery_fee(reader, store_id=found.store_id, postcode=postcode)
        )
        listed = await request.site.slot_lists.between(
            reader,
            store_id=found.store_id,
            channel=channel,
            start=first,
            end=last,
            level=request.site.ladder.standing.level,
            now=request.now,
        )
    full = len(listed) == slots.LISTED_MAX
    return SlotList(
        items=[slot_shape(slot, now=request.now, own_fee_cents=own_fee) for slot in listed],
        next=write_cursor(int(listed[-1].starts_at.timestamp()) + 1) if full else None,
    )


def _moment(text: str | None) -> datetime | None:
    """RFC 3339. A plus sign that was sent bare arrives as a space. :raises BadPeriod: it isn't, or has no zone."""
    if text is None:
        return None
    try:
        moment = msgspec.convert(text.replace(" ", "+"), datetime)
    except msgspec.ValidationError as problem:
        raise BadPeriod from problem
    if moment.tzinfo is None:
        raise BadPeriod
    return moment


def _period(start: datetime | None, end: datetime | None, *, now: datetime) -> tuple[datetime, datetime]:
    """:raises BadPeriod: the wrong way round, or too long."""
    first = start or now
    try:
        last = end or first + DAYS_SHOWN
        too_long = last - first > DAYS_MAX
    except OverflowError as problem:
        raise BadPeriod from problem
    if last <= first or too_long:
        raise BadPeriod
    return first, last


def _after(cursor: str) -> int:
    """Seconds since 1970, in this century."""
    (seconds,) = read_cursor(cursor, int)
    return min(int(seconds), _LAST_SECOND)


ROUTES = [list_slots]
