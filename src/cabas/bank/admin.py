"""What tests and demonstrations ask of the bank: faults, how it behaves, and what it holds."""

from typing import Any

import msgspec
from aiohttp import web

from cabas.bank.behaviour import Behaviour
from cabas.bank.store import BankError, Store
from cabas.legacy.faults import Fault, Faults


def admin_routes(store: Store, behaviour: Behaviour, faults: Faults) -> list[web.RouteDef]:
    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def begin(request: web.Request) -> web.Response:
        try:
            await faults.set(msgspec.json.decode(await request.read(), type=Fault))
        except msgspec.DecodeError as problem:
            return _json({"error": str(problem)}, 400)
        return _json({"fault": faults.fault})

    async def end(_: web.Request) -> web.Response:
        await faults.set(None)
        return _json({"fault": None})

    async def behave(request: web.Request) -> web.Response:
        try:
            behaviour.apply(msgspec.json.decode(await request.read(), type=Behaviour), store)
        except (msgspec.DecodeError, ValueError) as problem:
            return _json({"error": str(problem)}, 400)
        return _json(behaviour)

    async def rows(request: web.Request) -> web.Response:
        try:
            return _json(store.rows(request.match_info["table"].upper()))
        except BankError as refused:
            return _json({"error": refused.code}, 404)

    return [
        web.get("/healthz", healthz),
        web.post("/faults", begin),
        web.delete("/faults", end),
        web.put("/behaviour", behave),
        web.get("/rows/{table}", rows),
    ]


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")
