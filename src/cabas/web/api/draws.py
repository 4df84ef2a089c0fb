"""The draws of a day, for anyone to check."""

import re
from datetime import date, datetime, timedelta
from typing import Annotated

from litestar import get
from litestar.params import PathParameter

from cabas.domain.advance import queries as advance
from cabas.kit.clock import paris_midnight
from cabas.kit.errors import NotFound
from cabas.web.api.problems import answers
from cabas.web.api.wish_shapes import DrawList, draw_shape
from cabas.web.request import ShopRequest

DATE_PATTERN = r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"


class NoSuchDay(NotFound):
    """The calendar has no such day."""

    code = "day_unknown"


@get(
    "/draws/{day:str}",
    operation_id="listDraws",
    summary="The draws of a day's openings: digests before, secrets after",
    tags=["stores"],
    responses=answers(_404="day_unknown."),
)
async def list_draws(
    request: ShopRequest,
    day: Annotated[
        str, PathParameter(pattern=DATE_PATTERN, description="The day (in France) on which slots open.")
    ],
) -> DrawList:
    """
    The digest of each opening's secret is published before it, the secret once every store is drawn, with
    the shares of priority groups and how many took part and won in each store.
    """
    start, end = day_span(day)
    async with request.read() as reader:
        events = await advance.draw_events(reader, start=start, end=end)
        return DrawList(
            items=[
                draw_shape(event, list(await advance.store_draws(reader, opens_at=event.opens_at)))
                for event in events
            ]
        )


def day_span(day: str) -> tuple[datetime, datetime]:
    """From this midnight of Paris to the next. :raises NoSuchDay: ``2026-02-30``."""
    try:
        first = date.fromisoformat(day if re.fullmatch(DATE_PATTERN, day) else "")
    except ValueError as problem:
        raise NoSuchDay from problem
    return paris_midnight(first), paris_midnight(first + timedelta(days=1))


ROUTES = [list_draws]
