"""The REST face: JSON with names of its own, amounts as texts of euros. The same reference again: the same answer."""

from typing import Any

import msgspec
from aiohttp import web

from cabas.legacy import told
from cabas.legacy.people import People
from cabas.legacy.store import LegacyError, Row, Store, cents_of

ROWS_MAX = 1_000
STATUS = {
    "CARD_UNKNOWN": 404, "HOLD_UNKNOWN": 404, "CUSTOMER_UNKNOWN": 404, "BAD_AMOUNT": 400, "BAD_REQUEST": 400,
}  # fmt: skip


def routes(store: Store, people: People, *, token: str) -> list[web.RouteDef]:
    """:param token: a bearer's; "": anybody may."""
    face = _Rest(store, people, token)
    table = {
        ("GET", "/rest/cards/{card}"): face.card,
        ("POST", "/rest/cards/{card}/movements"): face.move,
        ("POST", "/rest/cards/{card}/holds"): face.hold,
        ("POST", "/rest/holds/{hold}/capture"): face.capture,
        ("POST", "/rest/holds/{hold}/cancel"): face.cancel,
        ("GET", "/rest/offers"): face.offers,
        ("GET", "/rest/customers"): face.search,
        ("POST", "/rest/customers"): face.create,
        ("PUT", "/rest/customers/{ref}/web-account"): face.link,
        ("PUT", "/rest/customers/{ref}/consents"): face.consent,
        ("POST", "/rest/customers/{ref}/merge"): face.merge,
        ("DELETE", "/rest/customers/{ref}"): face.erase,
        ("GET", "/rest/customers/{ref}/dossier"): face.dossier,
        ("PUT", "/rest/order-statuses/{seq}"): face.order_status,
        ("GET", "/rest/prices"): face.prices,
        ("GET", "/rest/stocks"): face.stocks,
    }
    return [web.route(method, path, face.guarded(handler)) for (method, path), handler in table.items()]


class _Rest:
    def __init__(self, store: Store, people: People, token: str) -> None:
        self._store, self._people, self._token = store, people, token

    def guarded(self, handler: Any) -> Any:
        async def answer(request: web.Request) -> web.Response:
            if self._token and request.headers.get("authorization") != f"Bearer {self._token}":
                return _json({"error": "TOKEN_NEEDED"}, 401)
            try:
                body = msgspec.json.decode(await request.read() or b"{}", type=dict[str, Any])
                return _json(handler(request.match_info, request.query, body))
            except LegacyError as refused:
                return _json({"error": refused.code}, STATUS.get(refused.code, 409))
            except (msgspec.DecodeError, KeyError, ValueError) as problem:
                return _json({"error": "BAD_REQUEST", "text": str(problem)}, 400)

        return answer

    def card(self, path: Any, query: Any, body: Row) -> Row:
        return told.card(self._store.card(path["card"]))

    def move(self, path: Any, query: Any, body: Row) -> Row:
        try:
            row = self._store.post(
                path["card"], cents_of(body["amount"]), str(body["reference"]),
                order=str(body.get("orderNo") or ""), store=str(body.get("store") or ""),
                reason=str(body.get("label") or ""),
            )  # fmt: skip
        except LegacyError as refused:
            row = _first(refused)
        return told.movement(row)

    def hold(self, path: Any, query: Any, body: Row) -> Row:
        try:
            row = self._store.hold(
                path["card"], cents_of(body["amount"]), str(body["reference"]),
                seconds=int(body.get("seconds") or 900), order=str(body.get("orderNo") or ""),
            )  # fmt: skip
        except LegacyError as refused:
            row = _first(refused)
        return told.hold(row)

    def capture(self, path: Any, query: Any, body: Row) -> Row:
        try:
            row = self._store.spend(path["hold"], cents_of(body["amount"]), str(body["reference"]))
        except LegacyError as refused:
            row = _first(refused)
        return told.movement(row)

    def cancel(self, path: Any, query: Any, body: Row) -> Row:
        return told.hold(self._store.release(path["hold"]))

    def offers(self, path: Any, query: Any, body: Row) -> Row:
        return {"offers": [told.offer(row) for row in self._store.offers()]}

    def search(self, path: Any, query: Any, body: Row) -> Row:
        asked = {name: query.get(name, "") for name in ("ref", "email", "phone", "card")}
        return {"customers": [told.person(row) for row in self._people.find(**asked)]}

    def create(self, path: Any, query: Any, body: Row) -> Row:
        person = {
            "email": body["mail"], "name": body.get("fullName"), "phone": body.get("phone"),
            "postcode": body.get("zip"), "lang": body.get("language"), "web_id": body.get("webAccount"),
            "reference": body.get("reference"), "consents": body.get("consents"),
        }  # fmt: skip
        try:
            return told.person(self._people.create(person))
        except LegacyError as refused:
            return told.person(_first(refused))

    def link(self, path: Any, query: Any, body: Row) -> Row:
        return told.person(self._people.link(path["ref"], str(body["id"])))

    def consent(self, path: Any, query: Any, body: Row) -> Row:
        return told.person(self._people.consent(path["ref"], body))

    def merge(self, path: Any, query: Any, body: Row) -> Row:
        return told.person(self._people.merge(path["ref"], str(body["into"])))

    def erase(self, path: Any, query: Any, body: Row) -> Row:
        return told.erasure(self._people.erase(path["ref"]))

    def dossier(self, path: Any, query: Any, body: Row) -> Row:
        return {"dossier": self._people.dossier(path["ref"])}

    def order_status(self, path: Any, query: Any, body: Row) -> Row:
        row = {name: body.get(name) or "" for name in ("order", "store", "code", "state", "at")}
        return {"times": self._store.order_status({**row, "seq": int(path["seq"])})}

    def prices(self, path: Any, query: Any, body: Row) -> Row:
        return self._changes("PRICE_LIST", query, {"price": "PRICE"})

    def stocks(self, path: Any, query: Any, body: Row) -> Row:
        return self._changes("STOCK", query, {"quantity": "QTY", "backOn": "BACK_ON"})

    def _changes(self, table: str, query: Any, columns: dict[str, str]) -> Row:
        limit = min(int(query.get("limit", ROWS_MAX)), ROWS_MAX)
        rows = self._store.changes(table, after=int(query.get("after", 0)), limit=limit)
        named = [
            {"store": row["STORE"], "ean": row["EAN"], "change": row["CHANGE_NO"]}
            | {name: row[column] or "" for name, column in columns.items()}
            for row in rows
        ]
        return {"rows": named, "more": len(rows) == limit}


def _first(refused: LegacyError) -> Row:
    """What was done under this reference before; any other no is one."""
    if refused.code != "DUPLICATE":
        raise refused
    row: Row = refused.known["row"]
    return row


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")
