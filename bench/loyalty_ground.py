"""The ground of `bench.loyalty_faults`: an old system behind a bridge, `cabas web`, customers with cards."""

import base64
import json
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from bench.ground import STOP_SECONDS, Ground, free_port, ready
from bench.rush import people
from cabas.kit.ids import new_id

KEY = base64.b64encode(bytes(range(32))).decode()
START_SECONDS = 180
"""Seven processes start on the cores of one machine."""

FIRST_CARD = 2_990_000_000_001


class Legacy(msgspec.Struct, frozen=True):
    """``rest`` and ``admin``: addresses."""

    rest: str
    admin: str

    def fault(self, kind: str, **more: Any) -> None:
        self._ask("POST", "/faults", {"kind": kind, **more})

    def mend(self) -> None:
        self._ask("DELETE", "/faults")

    def movements(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._ask("GET", "/rows/movements")
        return rows

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        sent = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.admin + path, data=sent, method=method)  # noqa: S310 - our own
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own
            return json.loads(answer.read())


@contextmanager
def legacy(folder: Path, *, cards: int) -> Iterator[Legacy]:
    """`cabas legacy`; its cards are numbered from `FIRST_CARD`, with nothing on all but the first."""
    card = folder / "legacy.json"
    options = ("--port", "0", "--admin-port", "0", "--data", str(folder), "--customers", "1")
    with process("legacy", *options) as running:
        deadline = time.monotonic() + START_SECONDS
        while not card.exists():
            if running.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("cabas legacy did not start")
            time.sleep(0.1)
        told = json.loads(card.read_text())
        _give_cards(Path(told["database"]), cards)
        yield Legacy(f"{told['url']}/rest", told["admin"])


def _give_cards(path: Path, count: int) -> None:
    """In one commit: one by one they would take minutes."""
    with closing(sqlite3.connect(path)) as store, store:
        store.executemany(
            "insert into CARDS select ?, CUSTOMER_REF, STATE, SINCE from CARDS where CARD = ?",
            [(str(FIRST_CARD + number), str(FIRST_CARD)) for number in range(1, count)],
        )


@contextmanager
def bridge(folder: Path, behind: Legacy) -> Iterator[str]:
    """`cabas bridge`; what `CABAS_BRIDGES` says of it."""
    folder.mkdir(parents=True)
    port, config = free_port(), folder / "bridge.toml"
    config.write_text(
        f'site = "hq"\nkey = "{KEY}"\ndata = "{folder}"\nport = {port}\n'
        f'[adapters.old]\nkind = "rest"\noptions = {{ url = "{behind.rest}" }}\n[services]\nloyalty = "old"\n'
    )
    url = f"http://127.0.0.1:{port}"
    with process("bridge", "--config", str(config)) as running:
        ready(running, f"{url}/readyz", seconds=START_SECONDS)
        yield f'[hq]\nkey = "{KEY}"\nurl = "{url}"\nservices = ["loyalty"]\n'


@contextmanager
def process(*command: str, environ: dict[str, str] | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    running = subprocess.Popen([sys.executable, "-m", "cabas", *command], env=environ)
    try:
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


@contextmanager
def web(ground: Ground, bridges: str) -> Iterator[int]:
    """One process of `cabas web` that knows this bridge; its port."""
    port = free_port()
    environ = ground.environ(
        CABAS_PORT=str(port), CABAS_WEB_PROCESSES="1", CABAS_DB_CONNECTIONS="8", CABAS_BRIDGES=bridges
    )
    with process("web", environ=environ) as running:
        ready(running, f"http://127.0.0.1:{port}/readyz", seconds=START_SECONDS)
        yield port


async def sign_up(connection: "asyncpg.Connection[asyncpg.Record]", count: int) -> list[str]:
    """Customers with the old system's cards, signed in; their session cookies, by card."""
    now = datetime.now(UTC)
    cards = [(FIRST_CARD + number, new_id(now), secrets.token_urlsafe(32)) for number in range(count)]
    await people.sign_up(
        connection, [(one, f"c{card}@exemple.fr", session) for card, one, session in cards], now
    )
    await connection.copy_records_to_table(
        "loyalty_card",
        columns=["customer_id", "number", "opened_at"],
        records=[(one, card, now) for card, one, _ in cards],
    )
    return [session for _, _, session in cards]
