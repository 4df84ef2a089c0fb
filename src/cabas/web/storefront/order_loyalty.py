"""
Paying an order out of the cagnotte, once it is placed: what is there is set aside until the final amount is known.

The order stands whatever happens here; what the cagnotte doesn't pay is paid as agreed.
"""

from datetime import timedelta
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from cabas.domain.customers import operations as customers
from cabas.domain.customers.operations import WrongPassword
from cabas.domain.customers.queries import SignedIn
from cabas.domain.ladder.model import Level
from cabas.domain.loyalty import holding, queries
from cabas.domain.loyalty.model import BalanceTooSmall, CardNotFound
from cabas.domain.orders import operations as orders
from cabas.domain.orders.model import Order, OrderNotFound, OrderState
from cabas.domain.payments import operations as payments
from cabas.domain.payments import queries as payment_queries
from cabas.domain.payments.model import Kind, State, Tender
from cabas.kit.db import Connection
from cabas.kit.errors import TooMany
from cabas.kit.money import format_cents
from cabas.web import pages
from cabas.web.forms import Form, read_form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest
from cabas.web.storefront.account_access import AccountSignInNeeded, tell_wait, to_sign_in
from cabas.web.storefront.order_access import own_order

PAYABLE: Final = frozenset({OrderState.PLACED, OrderState.RECEIVED})
PROVED_ABOVE_CENTS: Final = 2_000
PROVED_WITHIN: Final = timedelta(minutes=15)
"""More than this amount wants a sign-in this fresh, or the password again."""

_ENDED: Final = frozenset({State.RELEASED, State.FAILED})


class _Purse(msgspec.Struct, frozen=True, kw_only=True):
    """``cents``: what can be used for the order; ``used_cents``: what is already."""

    cents: int
    used_cents: int
    number: int
    """Of the next payment of the order."""


@get(
    "/commandes/{order:str}/cagnotte",
    include_in_schema=False,
    exception_handlers={AccountSignInNeeded: to_sign_in},
)
async def use_page(request: ShopRequest, order: FromPath[str]) -> Response[Any]:
    """How much of the cagnotte the order would use."""
    async with request.read() as reader:
        found, person = await _theirs(request, reader, order)
        purse = await _purse(reader, found, person)
    if purse.cents <= 0 or found.state not in PAYABLE:
        return _back(request, found, "loyalty.use_nothing")
    return _page(request, found, person, purse)


@post(
    "/commandes/{order:str}/cagnotte",
    include_in_schema=False,
    exception_handlers={AccountSignInNeeded: to_sign_in},
)
async def use(request: ShopRequest, order: FromPath[str]) -> Response[Any]:
    """Set it aside, with its payment, in one transaction; the final amount decides what is taken of it."""
    form = await read_form(request)
    async with request.read() as reader:
        found, person = await _theirs(request, reader, order)
        purse = await _purse(reader, found, person)
    if _to_prove(request, person, purse) and not await _proved(request, person, form):
        return _page(request, found, person, purse, form)
    try:
        async with request.transaction() as tx:
            found = await orders.hold_still(tx, store_id=found.store_id, order_id=found.order_id)
            now_there = await _purse(tx, found, person)
            cents = min(now_there.cents, purse.cents)
            if cents <= 0 or found.state not in PAYABLE:
                return _back(request, found, "loyalty.use_nothing")
            tender = _tender(request, found, number=now_there.number, cents=cents)
            await holding.hold(
                tx,
                key=tender.key,
                customer_id=person.customer_id,
                cents=cents,
                store_id=found.store_id,
                order_id=found.order_id,
                now=request.now,
            )
            await payments.add_tender(tx, tender)
    except (BalanceTooSmall, CardNotFound):
        return _back(request, found, "loyalty.use_nothing")
    amount = format_cents(cents, request.language)
    return _back(request, found, "loyalty.use_done", kind="ok", amount=amount)


async def loyalty_view(request: ShopRequest, reader: Connection, order: Order) -> dict[str, str]:
    """
    For the order's page: ``text`` what the cagnotte pays, ``href`` and ``label`` where it could; "" for nothing.

    A guest's order costs no question, nor does anybody's while the site is short of places.
    """
    view = {"text": "", "href": "", "label": ""}
    person = await request.signed_in(reader)
    if person is None or order.customer_id != person.customer_id or request.site.loyalty is not None:
        return view
    if request.site.ladder.standing.level >= Level.LEAN:
        return view
    t, purse = request.site.catalogues[request.language], await _purse(reader, order, person)
    if purse.used_cents:
        view["text"] = t("loyalty.used_here", amount=format_cents(purse.used_cents, t.language))
    elif purse.cents > 0 and order.state in PAYABLE:
        view["href"] = f"/commandes/{order.order_id}/cagnotte"
        view["label"] = t("loyalty.use", amount=format_cents(purse.cents, t.language))
    return view


async def _theirs(request: ShopRequest, reader: Connection, path_part: str) -> tuple[Order, SignedIn]:
    """
    :raises OrderNotFound: no such order, or not this account's.
    :raises AccountSignInNeeded: nobody is signed in.
    """
    owned = await own_order(request, reader, path_part)
    person = await request.signed_in(reader)
    if person is None:
        raise AccountSignInNeeded
    if owned.order.customer_id != person.customer_id:
        raise OrderNotFound
    return owned.order, person


async def _purse(reader: Connection, order: Order, person: SignedIn) -> _Purse:
    tenders = await payment_queries.tenders_of(reader, store_id=order.store_id, order_id=order.order_id)
    mine = [one for one in tenders if one.kind is Kind.LOYALTY and one.state not in _ENDED]
    card = await queries.card_of(reader, customer_id=person.customer_id) if not mine else None
    return _Purse(
        cents=min(card.available_cents, order.maximum_cents) if card else 0,
        used_cents=sum(one.taken_cents if one.state is State.CAPTURED else one.held_cents for one in mine),
        number=len(tenders) + 1,
    )


def _tender(request: ShopRequest, order: Order, *, number: int, cents: int) -> Tender:
    return Tender(
        store_id=order.store_id,
        order_id=order.order_id,
        number=number,
        kind=Kind.LOYALTY,
        state=State.HELD,
        maximum_cents=cents,
        held_cents=cents,
        reference=f"{order.order_id}.{number}",
        opened_at=request.now,
        expires_at=request.now,
    )


def _to_prove(request: ShopRequest, person: SignedIn, purse: _Purse) -> bool:
    return purse.cents > PROVED_ABOVE_CENTS and request.now - person.since > PROVED_WITHIN


async def _proved(request: ShopRequest, person: SignedIn, form: Form) -> bool:
    password = form.secret("password")
    if not form.ok:
        return False
    try:
        await customers.confirm_password(
            request.transaction, customer_id=person.customer_id, password=password, now=request.now
        )
    except WrongPassword:
        form.fail("password", "account.wrong_password")
    except TooMany as refused:
        tell_wait(form, "password", refused)
    return form.ok


def _page(
    request: ShopRequest, order: Order, person: SignedIn, purse: _Purse, form: Form | None = None
) -> Response[str]:
    t = request.site.catalogues[request.language]
    errors = form.errors if form else {}
    return pages.page(
        request,
        "storefront/orders/loyalty.html",
        Frame(title=t("loyalty.use_title", code=order.code), nav="orders"),
        status=422 if errors else 200,
        headers={"cache-control": "no-store"},
        order_href=f"/commandes/{order.order_id}",
        code=order.code,
        amount=format_cents(purse.cents, t.language),
        total=format_cents(order.total_cents, t.language),
        prove=_to_prove(request, person, purse),
        email=person.email,
        errors=errors,
        error_list=[{"field": field, "text": text} for field, text in errors.items()],
    )


def _back(
    request: ShopRequest, order: Order, key: str, /, *, kind: str = "info", **arguments: str
) -> Response[Any]:
    words = request.site.catalogues[request.language](key, **arguments)
    return see_other(request, f"/commandes/{order.order_id}", notice=Notice(kind, words))


ROUTES = [use_page, use]
