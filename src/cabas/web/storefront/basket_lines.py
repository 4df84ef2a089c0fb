"""One line of the basket: how much of it, a note, what may stand in for it."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.params import FromPath

from cabas.domain.carts import operations as carts
from cabas.domain.carts import queries
from cabas.domain.carts.model import (
    NOTE_LENGTH_MAX,
    BadQuantity,
    Cart,
    CartFull,
    CartNotFound,
    CartOrdered,
    PricedCart,
    ProductNotSold,
    ProductUnavailable,
    Substitution,
)
from cabas.kit.db import Transaction
from cabas.kit.errors import Refusal
from cabas.kit.money import format_cents
from cabas.policies import DEFAULTS
from cabas.web.errors import status_of
from cabas.web.forms import Form, read_form
from cabas.web.pages import Notice, is_local, keep_visitor, see_other
from cabas.web.request import ShopRequest
from cabas.web.storefront.basket_view import quantity_label
from cabas.web.storefront.budget import budget_bar
from cabas.web.storefront.shopper import Shopper, cart_of, open_cart_for, priced_now, shopper_of

BASKET = "/panier"
RETURN_LENGTH_MAX = 500
GTIN_DIGITS_MAX = 14
SAME = "default"
"""The line follows the basket's own choice of substitution."""


class StoreNeeded(Refusal):
    """Prices are a store's: it must be chosen before the first product goes in."""

    code = "store_needed"


class _Set(msgspec.Struct, frozen=True):
    """What the basket is once the line is set."""

    cart: Cart
    priced: PricedCart
    budget: dict[str, Any] | None


@post("/panier/lignes/{gtin:str}", include_in_schema=False)
async def set_line(request: ShopRequest, gtin: FromPath[str]) -> Response[Any]:
    """Idempotent: "this much of it". Grams for goods sold by weight; 0 takes the line out."""
    form = await read_form(request)
    quantity = form.integer("quantity", low=0, high=DEFAULTS.grams_max)
    back = local_return(form)
    try:
        if quantity is None or not form.ok:
            raise BadQuantity
        done = await _set(request, product_in(gtin), quantity)
    except Refusal as refused:
        return await _refused(request, gtin, refused, back)
    if _wants_json(request):
        return keep_visitor(request, _json(request, done, int(gtin), quantity))
    if "#" not in back:  # the form that all cards of a grid share doesn't know which one was pressed
        back = f"{back}#p-{int(gtin)}"
    return see_other(request, back, notice=_said(request, done, quantity))


@post("/panier/lignes/{gtin:str}/choix", include_in_schema=False)
async def amend_line(request: ShopRequest, gtin: FromPath[str]) -> Response[Any]:
    """A note for who prepares ("bananes vertes") and the line's own substitution choice."""
    form = await read_form(request)
    note = form.text("note", required=False, length_max=NOTE_LENGTH_MAX)
    choice = form.choice("substitution", frozenset({*Substitution, SAME}), default=SAME)
    t = request.site.catalogues[request.language]
    if not form.ok:
        return see_other(request, BASKET, notice=Notice("ko", next(iter(form.errors.values()))))
    async with request.transaction() as tx:
        shopper = await shopper_of(request, tx)
        await carts.note_line(
            tx,
            cart_id=_cart_id(request),
            shopper_id=shopper.shopper_id,
            gtin=product_in(gtin),
            note=note,
            substitution=None if choice == SAME else Substitution(choice),
            now=request.now,
        )
    return see_other(request, f"{BASKET}#p-{int(gtin)}", notice=Notice("ok", t("basket.line_noted")))


def product_in(path_part: str) -> int:
    """:raises ProductNotSold: it can't be the number of a product."""
    if not (path_part.isascii() and path_part.isdigit() and len(path_part) <= GTIN_DIGITS_MAX):
        raise ProductNotSold
    return int(path_part)


def local_return(form: Form, *, default: str = BASKET) -> str:
    """Where the page that sent the form wants to go back to, if that is on this site."""
    back = form.text("return_to", required=False, length_max=RETURN_LENGTH_MAX)
    form.errors.pop("return_to", None)
    return back if len(back) <= RETURN_LENGTH_MAX and is_local(back) else default


async def _set(request: ShopRequest, gtin: int, quantity: int) -> _Set:
    async with request.transaction() as tx:
        shopper = await shopper_of(request, tx)
        if not request.visitor.store_id and request.visitor.cart_id is None:
            raise StoreNeeded
        cart_id = await open_cart_for(request, tx, shopper)
        await carts.set_line(
            tx,
            cart_id=cart_id,
            shopper_id=shopper.shopper_id,
            gtin=gtin,
            quantity=quantity,
            now=request.now,
            lines_max=DEFAULTS.cart_lines_max,
            pieces_max=DEFAULTS.pieces_max,
            grams_max=DEFAULTS.grams_max,
        )
        return await _after(request, tx, shopper, cart_id)


async def _after(request: ShopRequest, tx: Transaction, shopper: Shopper, cart_id: UUID) -> _Set:
    cart = await queries.cart(tx, cart_id=cart_id, shopper_id=shopper.shopper_id)
    priced = await priced_now(request, tx, cart)
    return _Set(cart, priced, budget_bar(request, shopper, priced.total_cents))


def _cart_id(request: ShopRequest) -> UUID:
    """:raises CartNotFound: the visitor has no basket."""
    if request.visitor.cart_id is None:
        raise CartNotFound
    return request.visitor.cart_id


def _wants_json(request: ShopRequest) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _said(request: ShopRequest, done: _Set, quantity: int) -> Notice | None:
    """Without JavaScript: only a removal and a passed budget need a word, the rest is seen."""
    t = request.site.catalogues[request.language]
    if quantity == 0:
        return Notice("info", t("basket.line_removed"))
    if done.budget and done.budget["state"]:
        return Notice("warn", done.budget["left_label"])
    return None


def _json(request: ShopRequest, done: _Set, gtin: int, quantity: int) -> Response[Any]:
    t, language = request.site.catalogues[request.language], request.language
    line = next((line for line in done.priced.lines if line.offer.gtin == gtin), None)
    total = format_cents(done.priced.total_cents, language)
    label = quantity_label(quantity, by_weight=line is not None and line.offer.by_weight, language=language)
    said = t("basket.said_line", quantity=label, name=line.offer.name) if line else t("basket.line_removed")
    left = f" {done.budget['left_label']}." if done.budget else ""
    return Response(
        {
            "quantity": quantity,
            "quantity_label": label,
            "line_total": format_cents(line.total_cents, language) if line else "",
            "basket": {
                "count": done.priced.count,
                "total": total,
                "total_label": t("basket.said_total", total=total),
                "message": f"{said} {t('basket.said_total', total=total)}{left}",
            },
            "undo": {"href": "/panier/restauration"} if quantity == 0 else None,
        },
        status_code=200,
    )


async def _refused(request: ShopRequest, gtin: str, refused: Refusal, back: str) -> Response[Any]:
    """Said in words; the basket stays as it was."""
    words = _words(request, refused)
    choose = f"/magasins?retour={back}"
    if not _wants_json(request):
        target = choose if isinstance(refused, StoreNeeded) else back
        return see_other(request, target, notice=Notice("warn", words))
    async with request.read() as reader:
        shopper = await shopper_of(request, reader)
        cart = await cart_of(request, reader, shopper)
    held = cart.quantities() if cart else {}
    body = {
        "code": refused.code,
        "detail": words,
        "quantity": held.get(int(gtin), 0) if gtin.isascii() and gtin.isdigit() else 0,
    }
    if isinstance(refused, StoreNeeded):
        body["next"] = choose
    status = 409 if isinstance(refused, StoreNeeded) else status_of(refused)
    return keep_visitor(request, Response(body, status_code=status))


def _words(request: ShopRequest, refused: Refusal) -> str:
    t = request.site.catalogues[request.language]
    match refused:
        case BadQuantity():
            maximum = refused.detail.get("maximum")
            return t("basket.too_many", max=int(str(maximum))) if maximum else t("basket.bad_quantity")
        case ProductUnavailable():
            return t("basket.unavailable_now")
        case ProductNotSold():
            return t("basket.not_sold")
        case CartFull():
            return t("basket.full", max=DEFAULTS.cart_lines_max)
        case CartOrdered():
            return t("basket.just_ordered")
        case StoreNeeded():
            return t("basket.store_needed")
        case _:
            raise refused
