"""REST/JSON: the interface of `cabas legacy`, and the example of a whole mapping. Idempotent by its ``reference``."""

from datetime import UTC, datetime
from typing import Any

from cabas.bridge.rest import Call, Feed, RestAdapter
from cabas.bridge.shapes import FeedKind
from cabas.bridge.values import CARD_STATES, HOLD_STATES, cents_of, euros, pick


def _card(_: Any, told: Any) -> Any:
    named = pick(told, card="cardNo", barcode="cardNo", customer="holder", since="openedOn")
    return {**named, "state": CARD_STATES[told["status"]]}


def _balance(_: Any, told: Any) -> Any:
    cents, held = cents_of(told["balance"]), cents_of(told["held"])
    figures = {"cents": cents, "reserved_cents": held, "available_cents": cents - held}
    return {"card": told["cardNo"], "at": datetime.now(UTC), **figures}


def _amount(asked: Any) -> Any:
    return {"amount": euros(asked["cents"]), "reference": asked["key"]}


def _earned(asked: Any, told: Any) -> Any:
    cents, balance = cents_of(told["amount"]), cents_of(told["balance"])
    named = pick(told, card="cardNo", movement="movementNo")
    return {"key": asked.key, "cents": cents, "balance_cents": balance, **named}


def _reservation(_: Any, told: Any) -> Any:
    named = pick(told, reservation="holdNo", card="cardNo", expires_at="until")
    return {"cents": cents_of(told["amount"]), "state": HOLD_STATES[told["status"]], **named}


def _spent(asked: Any, told: Any) -> Any:
    cents, balance = -cents_of(told["amount"]), cents_of(told["balance"])
    return {"key": asked.key, "reservation": asked.reservation, "cents": cents, "balance_cents": balance}


def _offers(_: Any, told: Any) -> Any:
    names = {"offer": "offerNo", "title": "title", "percent": "percent", "gtins": "eans"}
    days = {"starts_at": "from", "ends_at": "to"}
    return {
        "items": [{"cents": cents_of(one["amount"]), **pick(one, **names, **days)} for one in told["offers"]]
    }


def _person(_: Any, told: Any) -> Any:
    names = {"email": "mail", "name": "fullName", "phone": "phone", "postcode": "zip", "language": "language"}
    links = {"ref": "customerNo", "card": "cardNo", "customer": "webAccount", "consents": "consents"}
    return pick(told, **names, **links, updated_at="changedOn")


def _new(asked: Any) -> Any:
    names = {"mail": "email", "fullName": "name", "phone": "phone", "zip": "postcode", "language": "language"}
    return pick(asked, **names, reference="key", webAccount="customer", consents="consents")


class Adapter(RestAdapter):
    """See `cabas.bridge.rest.RestAdapter`."""

    refusals = {  # noqa: RUF012 - a table
        "CARD_UNKNOWN": "card_not_found",
        "CARD_BLOCKED": "card_blocked",
        "BALANCE_TOO_LOW": "insufficient_balance",
        "HOLD_UNKNOWN": "reservation_not_found",
        "HOLD_ENDED": "reservation_ended",
        "CUSTOMER_UNKNOWN": "customer_not_found",
        "EMAIL_TAKEN": "customer_exists",
        "MORE_THAN_HELD": "bad_request",
        "BAD_REQUEST": "bad_request",
    }
    calls = {  # noqa: RUF012 - a table
        "loyalty/card": Call("GET /cards/{card}", _card),
        "loyalty/balance": Call("GET /cards/{card}", _balance),
        "loyalty/earn": Call(
            "POST /cards/{card}/movements",
            _earned,
            send=lambda asked: _amount(asked) | pick(asked, orderNo="order", store="store", label="reason"),
        ),
        "loyalty/reserve": Call(
            "POST /cards/{card}/holds",
            _reservation,
            send=lambda asked: _amount(asked) | pick(asked, seconds="seconds", orderNo="order"),
        ),
        "loyalty/spend": Call("POST /holds/{reservation}/capture", _spent, send=_amount),
        "loyalty/release": Call("POST /holds/{reservation}/cancel", _reservation),
        "loyalty/offers": Call("GET /offers", _offers, query=lambda asked: pick(asked, card="card")),
        "registry/find": Call(
            "GET /customers",
            lambda asked, told: {"items": [_person(asked, one) for one in told["customers"]]},
            query=lambda asked: asked,
        ),
        "registry/create": Call("POST /customers", _person, send=_new),
        "registry/link": Call(
            "PUT /customers/{ref}/web-account", _person, send=lambda asked: pick(asked, id="customer")
        ),
        "registry/consents": Call(
            "PUT /customers/{ref}/consents",
            lambda asked, told: {"ref": asked.ref, "at": asked.at, **pick(told, consents="consents")},
            send=lambda asked: asked["consents"],
        ),
        "registry/merge": Call(
            "POST /customers/{gone}/merge", _person, send=lambda asked: pick(asked, into="keep")
        ),
        "registry/erase": Call(
            "DELETE /customers/{ref}",
            lambda _, told: pick(told, ref="customerNo", erased_at="erasedOn", proof="receipt"),
        ),
        "registry/export": Call(
            "GET /customers/{ref}/dossier",
            lambda asked, told: {"ref": asked.ref, "at": datetime.now(UTC), "sections": told["dossier"]},
        ),
        "orders/status": Call(
            "PUT /order-statuses/{seq}",
            lambda asked, _: {"seq": asked.seq, "order": asked.order},
            send=lambda asked: asked,
        ),
    }
    pages = {  # noqa: RUF012 - a table
        FeedKind.PRICES: Feed(
            "GET /prices", lambda one: pick(one, row="change", store="store", gtin="ean", price="price")
        ),
        FeedKind.STOCKS: Feed(
            "GET /stocks",
            lambda one: pick(
                one, row="change", store="store", gtin="ean", stock="quantity", back_on="backOn"
            ),
        ),
    }
