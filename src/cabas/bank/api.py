"""
The merchant's face: JSON under ``/v1``, a bearer's key, and for each thing done an ``Idempotency-Key``.

The same key again: the same answer, a no too. Payments are named by the merchant's own reference.
"""

import json
from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import web

from cabas.bank.behaviour import Behaviour
from cabas.bank.store import BankError, Row, Store, text_of, told

KEY_LENGTH_MAX = 200


def routes(store: Store, behaviour: Behaviour, *, key: str, site: Callable[[], str]) -> list[web.RouteDef]:
    """:param key: a bearer's; "": anybody may. ``site``: the address of its pages."""
    face = _Api(store, behaviour, key, site)
    return [
        web.get("/v1/payments/{reference}", face.asking(face.see)),
        web.post("/v1/payments", face.doing(face.open)),
        web.post("/v1/payments/{reference}/capture", face.doing(face.capture)),
        web.post("/v1/payments/{reference}/cancel", face.doing(face.cancel)),
        web.post("/v1/payments/{reference}/refunds", face.doing(face.refund)),
    ]


class _Api:
    def __init__(self, store: Store, behaviour: Behaviour, key: str, site: Callable[[], str]) -> None:
        self._store, self._behaviour, self._key, self._site = store, behaviour, key, site

    def asking(self, handler: Callable[[str, Row], Row]) -> Any:
        async def answer(request: web.Request) -> web.Response:
            try:
                self._admit(request)
                return self._json(handler(request.match_info.get("reference", ""), {}))
            except BankError as refused:
                return _refusal(refused)

        return answer

    def doing(self, handler: Callable[[str, Row], Row]) -> Any:
        async def answer(request: web.Request) -> web.Response:
            try:
                self._admit(request)
                key = request.headers.get("idempotency-key", "")
                if not 0 < len(key) <= KEY_LENGTH_MAX:
                    raise BankError("key_missing", 422)
                body = msgspec.json.decode(await request.read() or b"{}", type=dict[str, Any])
                asked = text_of([request.path, body])
                return self._once(key, asked, lambda: handler(request.match_info.get("reference", ""), body))
            except BankError as refused:
                return _refusal(refused)
            except (msgspec.DecodeError, KeyError, ValueError):
                return _refusal(BankError("bad_request", 400))

        return answer

    def _admit(self, request: web.Request) -> None:
        if self._key and request.headers.get("authorization") != f"Bearer {self._key}":
            raise BankError("key_unknown", 401)

    def _once(self, key: str, asked: str, do: Callable[[], Row]) -> web.Response:
        with self._store.transaction():
            known = self._store.answered(key, asked)
            if known is None:
                try:
                    known = 200, text_of(told(do(), site=self._site()))
                except BankError as refused:
                    known = refused.status, text_of({"error": refused.code})
                self._store.keep_answer(key, asked, *known)
        status, body = known
        return web.Response(text=body, status=status, content_type="application/json")

    def see(self, reference: str, _: Row) -> Row:
        return self._store.of_reference(reference)

    def open(self, _: str, body: Row) -> Row:
        return self._store.open(body)

    def capture(self, reference: str, body: Row) -> Row:
        if self._behaviour.refuse_capture:
            raise BankError("hold_expired")
        return self._store.capture(reference, int(body["amount"]))

    def cancel(self, reference: str, _: Row) -> Row:
        return self._store.cancel(reference)

    def refund(self, reference: str, body: Row) -> Row:
        return self._store.refund(reference, int(body["amount"]))

    def _json(self, row: Row) -> web.Response:
        return web.json_response(told(row, site=self._site()), dumps=json.dumps)


def _refusal(refused: BankError) -> web.Response:
    return web.json_response({"error": refused.code}, status=refused.status)
