"""The draws of a day, as anyone may check them."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from cabas.domain.advance import queries
from cabas.domain.advance.draw import DrawEvent
from cabas.domain.advance.queries import StoreDraw
from cabas.kit.clock import paris_day
from cabas.kit.messages import Catalogue
from cabas.web import dates, pages
from cabas.web.api.draws import day_span
from cabas.web.pages import Frame
from cabas.web.request import ShopRequest


@get("/tirages/{day:str}", include_in_schema=False)
async def draws(request: ShopRequest, day: FromPath[str]) -> Response[str]:
    """Digests before, secrets after, shares and counts, and how to hold a draw again."""
    start, end = day_span(day)
    async with request.read() as reader:
        await request.signed_in(reader)
        events = await queries.draw_events(reader, start=start, end=end)
        parts = [await queries.store_draws(reader, opens_at=event.opens_at) for event in events]
    t = request.site.catalogues[request.language]
    title = t("draw.title", day=dates.day_in_words(paris_day(start), t.language))
    return pages.page(
        request,
        "storefront/draw.html",
        Frame(title=title, canonical=f"{request.site.settings.public_url}{request.scope['path']}"),
        heading=title,
        json_href=f"/api/v1/draws/{day}",
        day=day,
        draws=[_view(request, event, list(stores), t) for event, stores in zip(events, parts, strict=True)],
    )


def _view(request: ShopRequest, event: DrawEvent, stores: list[StoreDraw], t: Catalogue) -> dict[str, Any]:
    return {
        "opens_at": dates.full(event.opens_at, t.language),
        "instant": f"{event.opens_at:%Y-%m-%dT%H:%M:%SZ}",
        "commitment": event.commitment.hex(),
        "published_at": dates.full(event.published_at, t.language),
        "secret": event.secret.hex() if event.secret else "",
        "revealed_at": dates.full(event.revealed_at, t.language) if event.revealed_at else "",
        "groups": [{"name": _group(group.name, t), "share": group.share_percent} for group in event.groups],
        "participants": sum(part.participants for part in stores),
        "winners": sum(part.winners for part in stores),
        "stores": [_store(request, part) for part in stores if part.drawn_at is not None],
    }


def _group(name: str, t: Catalogue) -> str:
    key = f"draw.group_{name}"
    return t(key) if key in t.keys else name


def _store(request: ShopRequest, part: StoreDraw) -> dict[str, Any]:
    known = request.site.directory.store(part.store_id)
    return {
        "name": known.name if known else str(part.store_id),
        "number": part.store_id,
        "participants": part.participants,
        "winners": part.winners,
        "digest": part.participants_digest.hex() if part.participants_digest else "",
    }
