"""
From a handler's values to an answer: the page's frame (header, words, basket, notices) and cookies.

Templates get plain values only. ``page`` is the frame every layout reads; a handler adds its own.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

import msgspec
from litestar import Response
from litestar.datastructures import Cookie
from litestar.response import Redirect

from cabas.kit.money import format_cents
from cabas.kit.signing import fingerprint
from cabas.web import visitor as visitors
from cabas.web.dates import clock_time
from cabas.web.kept import NEUTRAL, Copy
from cabas.web.request import SESSION_COOKIE, ShopRequest

HTML = "text/html"
_HEADERS = "_headers"
_EXTRA = "_extra"
_IS_COPY = "is_copy"
FLASH_COOKIE = "cabas_flash"
FLASH_LENGTH_MAX = 1500
_VISITOR_ATTRIBUTES = f"; HttpOnly; Max-Age={visitors.MAX_AGE_SECONDS}; Path=/; SameSite=lax"


class Notice(msgspec.Struct, frozen=True):
    """``kind``: info, ok, warn, ko. ``text`` is already in the reader's language."""

    kind: str
    text: str


class Frame(msgspec.Struct, kw_only=True):
    """What a handler says about its page; the rest of the frame is the same everywhere."""

    title: str
    description: str = ""
    nav: str = ""
    canonical: str = ""
    notices: Sequence[Notice] = ()
    alcohol_banner: bool = False


def page(
    request: ShopRequest,
    template: str,
    frame: Frame,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    frame_extra: Mapping[str, object] | None = None,
    **values: object,
) -> Response[str]:
    """A whole page in the visitor's language. ``frame_extra``: a face's own part of the frame."""
    catalogue = request.site.catalogues[request.language]
    if status == 200 and (keep := _keeper(request, template)):
        keep(frame, {**values, _HEADERS: headers, _EXTRA: frame_extra})
    notices = [*_flash(request), *frame.notices]
    html = request.site.renderer.render(
        template,
        t=catalogue,
        page={**frame_values(request, frame, notices), **(frame_extra or {})},
        **values,
    )
    response = Response(html, media_type=HTML, status_code=status, headers=dict(headers or {}))
    if request.cookies.get(FLASH_COOKIE):
        response.delete_cookie(FLASH_COOKIE)
    return keep_visitor(request, response)


def last_copy(request: ShopRequest) -> Response[str] | None:
    """This page as it last was for everybody, or for this very shopper, drawn for the visitor; None: there is none."""
    copy = request.site.kept.find(**keys_of(request), now=request.now)
    if copy is None:
        return None
    request.scope["state"][_IS_COPY] = True
    t = request.site.catalogues[request.language]
    said = Notice("info", t("overload.copy_of", time=clock_time(copy.at, request.language)))
    frame: Frame = msgspec.structs.replace(copy.frame, notices=(said, *copy.frame.notices))
    values, extra = values_of(copy)
    headers = {**(copy.values[_HEADERS] or {}), "cache-control": "no-store"}
    return page(request, copy.template, frame, headers=headers, frame_extra=extra, **values)


def values_of(copy: Copy) -> tuple[dict[str, Any], Mapping[str, object]]:
    """A copy's own values, and its face's part of the frame."""
    values = {name: value for name, value in copy.values.items() if name not in (_HEADERS, _EXTRA)}
    return values, copy.values[_EXTRA] or {}


def _keeper(request: ShopRequest, template: str) -> Callable[[Any, Mapping[str, Any]], None] | None:
    """What keeps this page for the time without database; None: it need not be."""
    if template not in NEUTRAL or _IS_COPY in request.scope["state"]:
        return None
    return request.site.kept.note(template, **keys_of(request), now=request.now)


def keys_of(request: ShopRequest) -> dict[str, tuple[Any, ...]]:
    """What a page depends on; its own shopper's also on the browser and its session."""
    visitor = request.visitor
    path = (request.scope["path"], request.scope["query_string"], request.language)
    session = request.cookies.get(SESSION_COOKIE)
    return {
        "shared": (*path, visitor.store_id),
        # Without the query: an order's page is the same with and without its thanks.
        "own": (path[0], request.language, visitor.id, fingerprint(session) if session else b""),
    }


def fragment(request: ShopRequest, template: str, *, status: int = 200, **values: object) -> Response[str]:
    """A piece of a page, for an island to swap in."""
    catalogue = request.site.catalogues[request.language]
    html = request.site.renderer.render(
        template, t=catalogue, page={"csrf": request.csrf_token, "lang": request.language}, **values
    )
    return keep_visitor(request, Response(html, media_type=HTML, status_code=status))


def see_other(request: ShopRequest, path: str, *, notice: Notice | None = None) -> Response[Any]:
    """After a POST: 303 to a page of ours, with a word that is shown there once."""
    response: Response[Any] = Redirect(path if is_local(path) else "/", status_code=303)
    if notice is not None:
        value = urlencode({"k": notice.kind, "t": notice.text})[:FLASH_LENGTH_MAX]
        response.set_cookie(_cookie(request, FLASH_COOKIE, value, max_age=60))
    return keep_visitor(request, response)


def path_with_query(request: ShopRequest) -> str:
    """The address of this page on this site, with its query: where a form leads back to."""
    path, query = request.scope["path"], request.scope["query_string"]
    if not query:
        return _quoted(path)
    return f"{_quoted(path)}?{quote(query.decode('latin-1'), safe='/?&=%+-._~')}"


@lru_cache(maxsize=4096)
def _quoted(path: str) -> str:
    return quote(path, safe="/-._~")


def is_local(path: str) -> bool:
    """Whether a path given by a stranger stays on this site."""
    return (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and "\\" not in path
        and path.isprintable()
    )


def keep_visitor(request: ShopRequest, response: Response[Any]) -> Response[Any]:
    """Send the visitor's cookie when it changed."""
    visitor = request.visitor
    if request.scope["state"].get("visitor_changed"):
        value = request.site.visitor_cookie.write(visitor)
        secure = "; Secure" if request.site.settings.secure else ""
        # Written by hand: every first visit carries it, and the framework's way costs as much as 8 cards.
        response.headers["set-cookie"] = f"{visitors.COOKIE}={value}{_VISITOR_ATTRIBUTES}{secure}"
    return response


def secret_cookie(request: ShopRequest, name: str, value: str, *, max_age: int) -> Cookie:
    """A session's cookie: HttpOnly, SameSite=Lax, Secure in production."""
    return _cookie(request, name, value, max_age=max_age)


def _cookie(request: ShopRequest, name: str, value: str, *, max_age: int) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        max_age=max_age,
        path="/",
        httponly=True,
        secure=request.site.settings.secure,
        samesite="lax",
    )


def frame_values(request: ShopRequest, frame: Frame, notices: Sequence[Notice]) -> dict[str, Any]:
    visitor, language = request.visitor, request.language
    store = request.site.directory.store(visitor.store_id) if visitor.store_id else None
    signed_in = request.scope["state"].get("signed_in")
    return {
        "lang": language,
        "languages": [code for code in request.site.catalogues if code != language],
        "theme": visitor.theme,
        "path": path_with_query(request),
        "title": frame.title,
        "description": frame.description,
        "canonical": frame.canonical,
        "csrf": request.csrf_token,
        "status_message": "",
        "user": {
            "signed_in": signed_in is not None,
            "first_name": signed_in.first_name if signed_in else "",
        },
        "store": {
            "name": store.name,
            "slug": store.slug,
            "next_slot": request.site.directory.next_slot_label(store.store_id, language),
            "href": f"/magasins/{store.slug}",
        }
        if store
        else None,
        "basket": {
            "count": visitor.basket_count,
            "total": format_cents(visitor.basket_cents, language),
            "href": "/panier",
        },
        "notices": [{"kind": notice.kind, "text": notice.text} for notice in notices],
        "alcohol_banner": frame.alcohol_banner,
        "nav": frame.nav,
        "banner": request.site.ladder.banner(request.site.catalogues[language])
        or request.site.directory.banner,
    }


def _flash(request: ShopRequest) -> list[Notice]:
    raw = request.cookies.get(FLASH_COOKIE)
    if not raw:
        return []
    values = parse_qs(raw)
    return [Notice(kind, text) for kind, text in zip(values.get("k", []), values.get("t", []), strict=False)]
