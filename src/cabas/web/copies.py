"""
For readers who find no place: a page as it last was, drawn once for everybody, with the few words that are the
visitor's own put in its bytes; and an order's state as its own shopper last saw it. Sending one costs as little as
refusing.
"""

from datetime import timedelta
from typing import Any, Final

import msgspec

from cabas.kit.money import format_cents
from cabas.web import pages
from cabas.web.dates import clock_time
from cabas.web.kept import PRIVATE, Copy
from cabas.web.request import ShopRequest

STATE_AGE_MAX: Final = timedelta(minutes=2)
"""An order's state that is older says nothing any more."""

_OF_VISITOR: Final = 2
CSRF, COUNT, TOTAL = "m4rk-c5rf", "m4rk-c0unt", "m4rk-t0tal"
"""What stands for the visitor's own words in a drawn page: no markup, so that no template writes it otherwise."""


def ready(request: ShopRequest) -> bytes | None:
    """What can be sent as it is: an order's state, or a page that was drawn before; None: neither."""
    keys = pages.keys_of(request)
    state = request.site.kept.state(keys["own"], since=request.now - STATE_AGE_MAX)
    if state is not None:
        return state
    copy = _shared(request, keys)
    drawn = copy.drawn.get(_variant(request)) if copy else None
    return _made_own(request, drawn) if drawn else None


def earlier(request: ShopRequest) -> bytes | None:
    """The page as it was drawn on another level: it lacks only what is said of this one. None: it wasn't."""
    copy = _shared(request, pages.keys_of(request))
    if copy is None:
        return None
    own = _variant(request)[:_OF_VISITOR]
    drawn = [page for variant, page in copy.drawn.items() if variant[:_OF_VISITOR] == own]
    return _made_own(request, drawn[-1]) if drawn else None


def draw(request: ShopRequest) -> bytes | None:
    """Draw the kept page once more, for all who come after, too; None: there is none."""
    copy = _shared(request, pages.keys_of(request))
    if copy is None:
        return None
    variant = _variant(request)
    drawn = copy.drawn[variant] = _drawn(request, copy).encode()
    return _made_own(request, drawn)


def _shared(request: ShopRequest, keys: dict[str, tuple[Any, ...]]) -> Copy | None:
    copy = request.site.kept.find(**keys, now=request.now)
    return copy if copy is not None and copy.template not in PRIVATE else None


def _variant(request: ShopRequest) -> tuple[object, ...]:
    """What the bytes depend on beyond the page's key: first what is the visitor's, `_OF_VISITOR` of it."""
    ladder = request.site.ladder
    return (
        request.visitor.theme,
        bool(request.visitor.basket_count),
        ladder.standing.level,
        ladder.standing.reason,
    )


def _drawn(request: ShopRequest, copy: Copy) -> str:
    t = request.site.catalogues[request.language]
    said = pages.Notice("info", t("overload.copy_of", time=clock_time(copy.at, request.language)))
    frame: pages.Frame = msgspec.structs.replace(copy.frame, notices=(said, *copy.frame.notices))
    framed = pages.frame_values(request, frame, frame.notices)
    framed["csrf"] = CSRF
    if request.visitor.basket_count:
        framed["basket"] = {**framed["basket"], "count": COUNT, "total": TOTAL}
    values, extra = pages.values_of(copy)
    return request.site.renderer.render(copy.template, t=t, page={**framed, **extra}, **values)


def _made_own(request: ShopRequest, drawn: bytes) -> bytes:
    visitor = request.visitor
    made = drawn.replace(CSRF.encode(), request.csrf_token.encode())
    if not visitor.basket_count:
        return made
    total = format_cents(visitor.basket_cents, request.language)
    return made.replace(COUNT.encode(), str(visitor.basket_count).encode()).replace(
        TOTAL.encode(), total.encode()
    )
