"""What tests and demonstrations ask of the stand-in: faults, feeds, and what it holds."""

from typing import Any

import msgspec
from aiohttp import web

from cabas.legacy.faults import Fault, Faults
from cabas.legacy.files import Folder
from cabas.legacy.store import LegacyError, Store


def admin_routes(store: Store, faults: Faults, folder: Folder) -> list[web.RouteDef]:
    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def see(_: web.Request) -> web.Response:
        return _json({"fault": faults.fault, "requests": faults.requests})

    async def begin(request: web.Request) -> web.Response:
        try:
            await faults.set(msgspec.json.decode(await request.read(), type=Fault))
        except msgspec.DecodeError as problem:
            return _json({"error": str(problem)}, 400)
        return _json({"fault": faults.fault})

    async def end(_: web.Request) -> web.Response:
        await faults.set(None)
        return _json({"fault": None})

    async def rows(request: web.Request) -> web.Response:
        try:
            return _json(store.rows(request.match_info["table"].upper()))
        except LegacyError as refused:
            return _json({"error": refused.code}, 404)

    async def goods(request: web.Request) -> web.Response:
        """``{prices: [[store, ean, price]], stocks: [[store, ean, quantity]]}``"""
        told: dict[str, Any] = msgspec.json.decode(await request.read())
        for store_code, ean, price in told.get("prices", []):
            store.put_price(store_code, ean, price)
        for store_code, ean, quantity in told.get("stocks", []):
            store.put_stock(store_code, ean, quantity)
        return _json({})

    async def feed(request: web.Request) -> web.Response:
        """``{kind: prices|stocks, name}``: a file of all of them."""
        told: dict[str, Any] = msgspec.json.decode(await request.read())
        return _json({"path": str(folder.write_feed(kind=told["kind"], name=told["name"]))})

    return [
        web.get("/healthz", healthz),
        web.get("/faults", see),
        web.post("/faults", begin),
        web.delete("/faults", end),
        web.get("/rows/{table}", rows),
        web.post("/goods", goods),
        web.post("/feeds", feed),
    ]


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")
