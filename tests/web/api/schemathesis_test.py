"""Whatever is sent, no operation of the document answers 5xx, or what it doesn't say it may."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, assume, settings
from schemathesis import Case
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import positive_data_acceptance

from cabas import settings as settings_module
from cabas.app import create_app
from cabas.kit.clock import FixedClock
from cabas.kit.db import Database
from factories.network import FIRST_GTIN, make_network, slot_at
from factories.shopping import CONTACT, Api

SECRET = "a-secret-of-the-tests-that-is-long-enough"
EXAMPLES = int(os.environ.get("CABAS_FUZZ_EXAMPLES", "20"))
READY_SECONDS = 30
# What fits the schema may still be refused by a rule (422) or be too early (425), and says so.
EXCLUDED: list[CheckFunction] = [positive_data_acceptance]

document = schemathesis.openapi.from_dict(
    create_app(settings_module.load({"CABAS_SECRET_KEY": SECRET})).openapi_schema.to_schema()
)


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A server with something in it: ids that exist, and who may reach them."""

    url: str
    shopper: str
    staff: str
    cart: str
    order: str
    slot: str


@document.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_an_operation_answers_only_what_it_says(case: Case, running: Running) -> None:
    assume("" not in (case.query or {}))  # a parameter without a name is no parameter
    _aim(case, running)
    bearer = running.staff if "/store/" in case.path else running.shopper

    case.call_and_validate(
        base_url=running.url,
        headers={"Authorization": f"Bearer {bearer}"},
        excluded_checks=EXCLUDED,
    )


def _aim(case: Case, running: Running) -> None:
    """Lead well-formed ids to what exists, so that more than 404 is reached; malformed ones stay."""
    known = {"cart": running.cart, "order": running.order, "gtin": str(FIRST_GTIN)}
    for name, value in (case.path_parameters or {}).items():
        if name in known and _well_formed(value):
            case.path_parameters[name] = known[name]
    if case.meta is None or case.meta.generation.mode.is_positive:
        if "store" in (case.path_parameters or {}):
            case.path_parameters["store"] = "1"
        if "wait" in (case.query or {}):
            case.query["wait"] = 0  # a long poll is tested elsewhere, once
    body = case.body
    if isinstance(body, dict) and _well_formed(body.get("cart")):
        body["cart"] = running.cart
    if isinstance(body, dict) and isinstance(body.get("slot"), str) and body["slot"].isdigit():
        body["slot"] = running.slot


def _well_formed(value: object) -> bool:
    if not isinstance(value, str):
        return False
    if value.isascii() and value.isdigit():
        return len(value) in (8, 12, 13, 14)
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


@pytest.fixture(scope="module")
def running(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`cabas web` as it is run, on a small network of its own."""
    name = f"fuzz_{uuid4().hex[:12]}"
    asyncio.run(_run(template_url, f"create database {name} template {template_url.rsplit('/', 1)[1]}"))
    url = f"{template_url.rsplit('/', 1)[0]}/{name}"
    asyncio.run(_fill(url))
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = _serve(url, port, tmp_path_factory.mktemp("fuzz"))
        try:
            _wait_until_ready(port)
            yield asyncio.run(_shop(url, f"http://127.0.0.1:{port}"))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
    finally:
        asyncio.run(_run(template_url, f"drop database {name} with (force)"))


def _serve(url: str, port: int, folder: Path) -> "subprocess.Popen[bytes]":
    environ = {
        **os.environ,
        "CABAS_DATABASE_URL": url,
        "CABAS_DATA": str(folder),
        "CABAS_PORT": str(port),
        "CABAS_SECRET_KEY": SECRET,
    }
    return subprocess.Popen([sys.executable, "-m", "cabas", "web"], env=environ)


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("cabas web did not start")


async def _fill(url: str) -> None:
    database = await Database.connect(url, connections_max=1)
    try:
        async with database.transaction() as tx:
            await make_network(tx, now=datetime.now(UTC), capacity=10_000)
    finally:
        await database.close()


async def _shop(url: str, base: str) -> Running:
    """A customer with a basket and an order; a picker of store 1."""
    now = datetime.now(UTC)
    database = await Database.connect(url, connections_max=2)
    try:
        async with httpx.AsyncClient(base_url=base) as client:
            api = Api(client, database, FixedClock(now))
            shopper = await api.customer()
            ordered = await api.order(await api.basket(token=shopper), contact=CONTACT)
            basket = await api.basket(token=shopper)
            await api.dispatch()
            return Running(
                url=base,
                shopper=shopper,
                staff=await api.staff(),
                cart=basket.id,
                order=ordered.json()["id"],
                slot=slot_at(now),
            )
    finally:
        await database.close()


async def _run(url: str, statement: str) -> None:
    connection = await asyncpg.connect(f"{url.rsplit('/', 1)[0]}/postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
