"""What each of our operations is called there, what is sent, and what the records that come back mean."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from cabas.bridge.values import CARD_STATES, HOLD_STATES, cents_of, euros, pick

REFUSALS: Final = {
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
Records = list[dict[str, Any]]


def _reference(asked: Any) -> dict[str, Any]:
    return {"reference": asked.key}


class Operation(msgspec.Struct, frozen=True):
    """``find``: the operation that looks up what a reference did, asked with ``sought``."""

    name: str
    send: Callable[[Any], dict[str, Any]]
    read: Callable[[Any, Records], Any]
    find: str | None = None
    sought: Callable[[Any], dict[str, Any]] = _reference


def _movement(asked: Any) -> dict[str, Any]:
    order = str(asked.order or "")
    labels = {"orderNo": order, "store": asked.store, "label": asked.reason}
    return {"cardNo": asked.card, "amount": euros(asked.cents), "reference": asked.key, **labels}


def _holding(asked: Any) -> dict[str, Any]:
    amount, order = euros(asked.cents), str(asked.order or "")
    return {
        "cardNo": asked.card, "amount": amount, "reference": asked.key, "seconds": str(asked.seconds), "orderNo": order,
    }  # fmt: skip


def _card(_: Any, records: Records) -> Any:
    told = records[0]
    named = pick(told, card="cardNo", barcode="cardNo", customer="holder", since="openedOn")
    return {**named, "state": CARD_STATES[told["status"]]}


def _balance(_: Any, records: Records) -> Any:
    told = records[0]
    cents, held = cents_of(told["balance"]), cents_of(told["held"])
    figures = {"cents": cents, "reserved_cents": held, "available_cents": cents - held}
    return {"card": told["cardNo"], "at": datetime.now(UTC), **figures}


def _earned(asked: Any, records: Records) -> Any:
    told = records[0]
    cents, balance = cents_of(told["amount"]), cents_of(told["balance"])
    named = pick(told, card="cardNo", movement="movementNo")
    return {"key": asked.key, "cents": cents, "balance_cents": balance, **named}


def _reservation(_: Any, records: Records) -> Any:
    told = records[0]
    named = pick(told, reservation="holdNo", card="cardNo", expires_at="until")
    return {"cents": cents_of(told["amount"]), "state": HOLD_STATES[told["status"]], **named}


def _spent(asked: Any, records: Records) -> Any:
    cents, balance = -cents_of(records[0]["amount"]), cents_of(records[0]["balance"])
    return {"key": asked.key, "reservation": asked.reservation, "cents": cents, "balance_cents": balance}


def _offer(told: dict[str, Any]) -> Any:
    named = pick(told, offer="offerNo", title="title", starts_at="from", ends_at="to")
    earned = {"cents": cents_of(told["amount"]), "percent": int(told["percent"])}
    return {**named, **earned, "gtins": (told["eans"] or "").split()}


def _person(_: Any, records: Records) -> Any:
    told = records[0]
    names = {"email": "mail", "name": "fullName", "phone": "phone", "postcode": "zip", "language": "language"}
    links = {"ref": "customerNo", "card": "cardNo", "customer": "webAccount", "updated_at": "changedOn"}
    return {**pick(told, **names, **links), "consents": json.loads(told["consents"] or "{}")}


def _new(asked: Any) -> dict[str, Any]:
    person = {"mail": asked.email, "fullName": asked.name, "phone": asked.phone, "zip": asked.postcode}
    account, consents = str(asked.customer or ""), json.dumps(asked.consents)
    return {
        **person, "language": asked.language, "webAccount": account, "reference": asked.key, "consents": consents,
    }  # fmt: skip


def _export(asked: Any, records: Records) -> Any:
    sections: dict[str, list[Any]] = {}
    for record in records:
        sections.setdefault(record["section"], []).append(json.loads(record["row"]))
    return {"ref": asked.ref, "at": datetime.now(UTC), "sections": sections}


def _status(asked: Any) -> dict[str, Any]:
    names = {"store": asked.store, "code": asked.code, "state": asked.state, "at": asked.at.isoformat()}
    return {"seq": str(asked.seq), "order": str(asked.order), **names}


MAPPING: Final[dict[str, Operation]] = {
    "loyalty/card": Operation("GetCard", lambda asked: {"cardNo": asked.card}, _card),
    "loyalty/balance": Operation("GetCard", lambda asked: {"cardNo": asked.card}, _balance),
    "loyalty/earn": Operation("PostMovement", _movement, _earned, "FindMovement"),
    "loyalty/reserve": Operation("HoldAmount", _holding, _reservation, "FindHold"),
    "loyalty/spend": Operation(
        "CaptureHold",
        lambda asked: {"holdNo": asked.reservation, "amount": euros(asked.cents), "reference": asked.key},
        _spent,
        "FindMovement",
    ),
    "loyalty/release": Operation("CancelHold", lambda asked: {"holdNo": asked.reservation}, _reservation),
    "loyalty/offers": Operation(
        "ListOffers",
        lambda asked: {"cardNo": asked.card or ""},
        lambda _, records: {"items": [_offer(one) for one in records]},
    ),
    "registry/find": Operation(
        "SearchCustomers",
        lambda asked: {name: getattr(asked, name) or "" for name in ("ref", "email", "phone", "card")},
        lambda asked, records: {"items": [_person(asked, [one]) for one in records]},
    ),
    "registry/create": Operation("CreateCustomer", _new, _person, "FindCustomer"),
    "registry/link": Operation(
        "LinkCustomer", lambda asked: {"customerNo": asked.ref, "webAccount": str(asked.customer)}, _person
    ),
    "registry/consents": Operation(
        "SetConsents",
        lambda asked: {"customerNo": asked.ref, "consents": json.dumps(asked.consents)},
        lambda asked, records: {
            "ref": asked.ref,
            "at": asked.at,
            "consents": json.loads(records[0]["consents"]),
        },
    ),
    "registry/merge": Operation(
        "MergeCustomers", lambda asked: {"customerNo": asked.gone, "into": asked.keep}, _person
    ),
    "registry/erase": Operation(
        "EraseCustomer",
        lambda asked: {"customerNo": asked.ref},
        lambda _, records: pick(records[0], ref="customerNo", erased_at="erasedOn", proof="receipt"),
    ),
    "registry/export": Operation("GetDossier", lambda asked: {"customerNo": asked.ref}, _export),
    "orders/status": Operation(
        "PutOrderStatus", _status, lambda asked, _: {"seq": asked.seq, "order": asked.order}
    ),
}
