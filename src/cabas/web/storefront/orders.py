"""The order once it is placed: confirmation, live state, calendar file, arrival, and ordering it again."""

import hashlib
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from cabas.domain.carts import joining
from cabas.domain.carts import queries as cart_queries
from cabas.domain.carts.model import Cart, PricedCart
from cabas.domain.orders import operations as orders
from cabas.domain.orders.model import OrderLine, WrongState
from cabas.policies import DEFAULTS
from cabas.web import pages
from cabas.web.forms import read_form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest
from cabas.web.storefront import order_loyalty, paying
from cabas.web.storefront.calendar_file import calendar_file
from cabas.web.storefront.order_access import own_order, told
from cabas.web.storefront.order_view import order_values, slot_label, state_values
from cabas.web.storefront.shopper import open_cart_for, priced_now, shopper_of, store_of

_PRIVATE = {"cache-control": "private, no-cache"}
POLL_SECONDS = 10


@get("/commandes/{order:str}", include_in_schema=False)
async def show(request: ShopRequest, order: FromPath[str], merci: FromQuery[str] = "") -> Response[str]:
    t = request.site.catalogues[request.language]
    async with request.read() as reader:
        owned = await own_order(request, reader, order)
        facts = await told(reader, owned.order)
        payment = await paying.payment_view(request, reader, owned.order)
        loyalty = await order_loyalty.loyalty_view(request, reader, owned.order)
    return pages.page(
        request,
        "storefront/orders/order.html",
        Frame(title=t("orders.title", code=owned.order.code), nav="orders"),
        headers={**_PRIVATE, **paying.headers(request)},
        thanks=merci == "1",
        poll_seconds=POLL_SECONDS,
        push_key=request.site.push_key,
        loyalty=loyalty,
        state=state_values(request, facts) | {"payment": payment},
        **order_values(request, facts),
    )


@get("/commandes/{order:str}/etat", include_in_schema=False)
async def state(request: ShopRequest, order: FromPath[str]) -> Response[Any]:
    """The living part of the page, asked for every few seconds; unchanged, it costs a header."""
    async with request.read() as reader:
        owned = await own_order(request, reader, order)
        facts = await told(reader, owned.order)
        payment = await paying.payment_view(request, reader, owned.order)
    values = state_values(request, facts) | {"payment": payment}
    answer = pages.fragment(
        request, "storefront/orders/state.html", state=values, order_href=f"/commandes/{owned.order.order_id}"
    )
    content = answer.content.encode()
    request.site.kept.keep_state(pages.keys_of(request)["own"], content, request.now)
    etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    headers = {**_PRIVATE, "etag": etag}
    if etag in request.headers.get("if-none-match", ""):
        return Response(None, status_code=304, headers=headers)
    answer.headers.update(headers)
    return answer


@get("/commandes/{order:str}/agenda.ics", include_in_schema=False)
async def calendar(request: ShopRequest, order: FromPath[str]) -> Response[str]:
    t = request.site.catalogues[request.language]
    async with request.read() as reader:
        found = (await own_order(request, reader, order)).order
    store = store_of(request, found.store_id)
    name = store.name if store else ""
    content = calendar_file(
        uid=f"{found.order_id}@cabas",
        stamp=request.now,
        start=found.slot_starts_at,
        end=found.slot_ends_at,
        summary=t(f"orders.calendar_{found.channel}", name=name),
        place=f"{name}, {store.street}, {store.postcode} {store.city}" if store else "",
        description=t("orders.calendar_text", code=found.code, slot=slot_label(found, request.language)),
    )
    return Response(
        content,
        media_type="text/calendar",
        headers={**_PRIVATE, "content-disposition": f'attachment; filename="commande-{found.code}.ics"'},
    )


@post("/commandes/{order:str}/arrivee", include_in_schema=False)
async def arrive(request: ShopRequest, order: FromPath[str]) -> Response[Any]:
    """ "Je suis là": the store sees it at once. Saying it again changes the bay."""
    form = await read_form(request)
    bay = form.text("bay", required=False, length_max=orders.BAY_LENGTH_MAX)
    t = request.site.catalogues[request.language]
    async with request.transaction() as tx:
        owned = await own_order(request, tx, order)
        back = f"/commandes/{owned.order.order_id}"
        if not form.ok:
            return see_other(request, back, notice=Notice("ko", form.errors["bay"]))
        try:
            await orders.announce_arrival(
                tx,
                order_id=owned.order.order_id,
                shopper_id=owned.as_shopper,
                bay=bay,
                now=request.now,
            )
        except WrongState:
            return see_other(request, back, notice=Notice("info", t("orders.too_late_to_arrive")))
    return see_other(request, back, notice=Notice("ok", t("orders.on_our_way")))


@post("/commandes/{order:str}/panier", include_in_schema=False)
async def order_again(request: ShopRequest, order: FromPath[str]) -> Response[Any]:
    """Re-commander: the lines go into the basket, and what is not as it was is said."""
    async with request.transaction() as tx:
        owned = await own_order(request, tx, order)
        facts = await told(tx, owned.order)
        if not request.visitor.store_id:
            request.remember(msgspec.structs.replace(request.visitor, store_id=owned.order.store_id))
        shopper = await shopper_of(request, tx)
        cart_id = await open_cart_for(request, tx, shopper)
        left_out = await joining.put_lines(
            tx,
            cart_id=cart_id,
            shopper_id=shopper.shopper_id,
            quantities={line.gtin: line.quantity for line in facts.lines},
            lines_max=DEFAULTS.cart_lines_max,
            now=request.now,
        )
        cart = await cart_queries.cart(tx, cart_id=cart_id, shopper_id=shopper.shopper_id)
        priced = await priced_now(request, tx, cart)
    notice = _again_notice(request, facts.lines, cart, priced, left_out)
    return see_other(request, "/panier", notice=notice)


def _again_notice(
    request: ShopRequest, lines: list[OrderLine], cart: Cart, priced: PricedCart, left_out: int
) -> Notice:
    t = request.site.catalogues[request.language]
    wanted = {line.gtin: line.unit_price_cents for line in lines}
    prices = {line.offer.gtin: line.offer.price_cents for line in priced.lines}
    gone = sum(1 for line, _ in priced.unavailable if line.gtin in wanted)
    moved = sum(1 for gtin, cents in prices.items() if wanted.get(gtin, cents) != cents)
    parts = [t("orders.again", n=len(wanted.keys() & cart.quantities().keys()))]
    if gone:
        parts.append(t("orders.again_gone", n=gone))
    if moved:
        parts.append(t("orders.again_moved", n=moved))
    if left_out:
        parts.append(t("orders.again_left_out", n=left_out))
    return Notice("warn" if gone or left_out else "ok", " ".join(parts))
