"""Shoppers as they stand before an opening: a full basket, the cookies of their browser, the page open."""

import html
import http.client
import random
import re
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import local
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

import asyncpg
import msgspec

from bench.ground import SECRET
from bench.order_carts import LINES, order_of
from bench.rush import goods
from bench.rush.goods import Cart, Shop
from cabas.kit.clock import paris_day
from cabas.kit.ids import new_id
from cabas.kit.signing import fingerprint
from cabas.policies import DEFAULTS
from cabas.web import bearer
from cabas.web.bearer import cart_tokens
from cabas.web.visitor import Visitor, VisitorCookie

T = TypeVar("T")
WISHES = 5
_COOKIES = VisitorCookie((SECRET.encode(),))
_FORM = {"substitution": "same_price", "payment": "at_store", "adult": "1"}
_HIDDEN = ("_csrf_token", "idempotency_key", "cart", "slot", "shown")
_OPTION = re.compile(r'<option value="(\d+)"')
_WORKERS = 8


class Shopper(msgspec.Struct, frozen=True, kw_only=True):
    """``session`` "": a guest. ``name`` and ``email`` as the form has them."""

    number: int
    cart: Cart
    visitor: str
    csrf: str
    session: str
    name: str
    email: str

    @property
    def form(self) -> dict[str, str]:
        return {**_FORM, "name": self.name, "email": self.email, "phone": "0612345678"}

    def cookie(self) -> str:
        session = f"; cabas_session={self.session}" if self.session else ""
        return f"cabas_visitor={self.visitor}{session}"


async def gather(
    connection: "asyncpg.Connection[asyncpg.Record]",
    shops: list[Shop],
    *,
    count: int,
    seed: int,
    now: datetime,
    accounts: bool = True,
) -> list[Shopper]:
    """Write their baskets, and an account with a session for every second one."""
    draw = random.Random(seed)
    choose = goods.popular(shops, draw)
    found = [
        _shopper(number, next(choose), draw, now, account=accounts and number % 2 == 0)
        for number in range(count)
    ]
    await goods.write(connection, [one.cart for one in found], now)
    await sign_up(
        connection,
        [
            (one.cart.customer_id, one.email, one.session)
            for one in found
            if one.session and one.cart.customer_id is not None
        ],
        now,
    )
    return found


def on_midnight_page(base: str, shoppers: Sequence[Shopper], *, seed: int) -> list[dict[str, Any]]:
    """Open the page "Ready for midnight" for each, and fill it in: what the one tap will send."""
    draws = [random.Random(f"{seed} {one.number}") for one in shoppers]
    connections = local()
    with ThreadPoolExecutor(_WORKERS) as pool:
        return list(
            pool.map(lambda pair: _filled_in(connections, base, *pair), zip(shoppers, draws, strict=True))
        )


async def elsewhere(
    connection: "asyncpg.Connection[asyncpg.Record]",
    shoppers: Sequence[Shopper],
    *,
    midnight: datetime,
    seed: int,
) -> list[dict[str, Any]]:
    """Those who go through slots and checkout at the stroke; they want slots of the day that opens."""
    draw = random.Random(seed)
    day = paris_day(midnight) + timedelta(days=DEFAULTS.booking_days)
    rows = await connection.fetch(
        """
        select store_id, array_agg(slot_id) as slots from slot
         where opens_at = $1 and channel = 'drive' and not closed and store_id = any($2::int[]) group by 1""",
        midnight,
        list({one.cart.store_id for one in shoppers}),
    )
    slots = {row["store_id"]: row["slots"] for row in rows}
    return [
        {
            "n": one.number,
            "visitor": one.visitor,
            "session": one.session,
            "csrf": one.csrf,
            "day": day.isoformat(),
            "slots": [str(s) for s in _some(slots.get(one.cart.store_id, []), draw)],
            "form": one.form,
        }
        for one in shoppers
    ]


def _shopper(number: int, shop: Shop, draw: random.Random, now: datetime, *, account: bool) -> Shopper:
    cart = goods.cart(shop, draw, now, account=account)
    guest = new_id(now) if account else cart.shopper_id
    visitor = Visitor(
        id=guest, store_id=shop.store_id, cart_id=cart.cart_id, basket_count=LINES, basket_cents=9000
    )
    session = secrets.token_urlsafe(32) if account else ""
    return Shopper(
        number=number,
        cart=cart,
        visitor=_COOKIES.write(visitor),
        csrf=_COOKIES.csrf_token(visitor, session),
        session=session,
        name="Camille Roux",
        email=f"camille.{cart.cart_id.hex}@exemple.fr",
    )


async def sign_up(
    connection: "asyncpg.Connection[asyncpg.Record]",
    people: Sequence[tuple[UUID, str, str]],
    now: datetime,
) -> None:
    """Customers, signed in for a day: (customer's id, e-mail, session's secret) of each."""
    await connection.copy_records_to_table(
        "customer",
        columns=["customer_id", "email", "email_key", "name", "phone", "created_at"],
        records=[(one, email, email, "Camille Roux", "0612345678", now) for one, email, _ in people],
    )
    await connection.copy_records_to_table(
        "session",
        columns=[
            "token_hash",
            "subject_kind",
            "subject_id",
            "kind",
            "created_at",
            "last_seen_at",
            "expires_at",
        ],
        records=[
            (fingerprint(session), "customer", one, "session", now, now, now + timedelta(days=1))
            for one, _, session in people
        ],
    )


def _filled_in(connections: local, base: str, one: Shopper, draw: random.Random) -> dict[str, Any]:
    page, visitor = _get(connections, base, "/minuit", one)
    start = page.find('id="midnight-form"')
    if start < 0:
        raise SystemExit(f"no midnight form for shopper {one.number}: {_words(page)}")
    form = page[start:]
    options = list(dict.fromkeys(_OPTION.findall(form)))
    wishes = {f"wish_{rank}": slot for rank, slot in enumerate(_some(options, draw), start=1)}
    body = {**{name: _value(form, name) for name in _HIDDEN}, **one.form, **wishes, "any_slot": "1"}
    return {"n": one.number, "visitor": visitor, "session": one.session, "body": urlencode(body)}


def _get(connections: local, base: str, path: str, one: Shopper) -> tuple[str, str]:
    """The page, and the visitor's cookie after it."""
    if not hasattr(connections, "one"):
        connections.one = http.client.HTTPConnection(urlsplit(base).netloc, timeout=30)
    connection: http.client.HTTPConnection = connections.one
    connection.request("GET", path, headers={"cookie": one.cookie(), "accept": "text/html"})
    answer = connection.getresponse()
    page = answer.read().decode()
    if answer.status != 200:
        raise SystemExit(f"{path} answered {answer.status} to shopper {one.number}: {_words(page)}")
    changed = re.search(r"cabas_visitor=([^;]+)", " ".join(answer.headers.get_all("set-cookie") or ()))
    return page, changed[1] if changed else one.visitor


def _value(form: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', form)
    if found is None:
        raise SystemExit(f"the midnight form has no field {name}")
    return html.unescape(found[1])


def _some(choices: Sequence[T], draw: random.Random) -> list[T]:
    return draw.sample(choices, min(WISHES, len(choices)))


def _words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.find("<main") :]).split())[:600]


def order_by_api(base: str, one: Shopper, slot_id: int, now: datetime) -> str:
    """Place it at once; returns the order's id. :raises SystemExit: it was refused."""
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=30)
    token, key, body = api_order(one.cart, slot_id, now)
    headers = {"authorization": f"Bearer {token}", "idempotency-key": key, "content-type": "application/json"}
    connection.request("POST", "/api/v1/orders", body, headers)
    answer = connection.getresponse()
    said = answer.read().decode()
    connection.close()
    if answer.status != 201:
        raise SystemExit(f"an order was refused with {answer.status}: {said[:600]}")
    return str(msgspec.json.decode(said)["id"])


def api_order(cart: Cart, slot_id: int, now: datetime) -> tuple[str, str, str]:
    """Bearer token, idempotency key and body of the call that orders this basket."""
    shopper = bearer.Shopper(shopper_id=cart.shopper_id, customer_id=cart.customer_id)
    token = cart_tokens((SECRET.encode(),)).write(shopper, cart_id=cart.cart_id, now=now)
    return token, str(uuid4()), msgspec.json.encode(order_of(cart.cart_id, slot_id)).decode()
