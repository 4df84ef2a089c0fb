"""`cabas legacy` and `cabas bridge` as real processes, for tests."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from cabas.connectors.bridge_client import BridgeClient
from cabas.connectors.bridge_client.direct import DirectCarrier
from cabas.kit import lifeline
from cabas.kit.peers import Peer

KEY = bytes(range(32))
READY_SECONDS = 60


class Legacy:
    """``rest``, ``soap``, ``database``, ``drop``: where it is found."""

    def __init__(self, process: "subprocess.Popen[bytes]", card: dict[str, str]) -> None:
        self.process = process
        self.rest, self.soap = f"{card['url']}/rest", f"{card['url']}/soap?wsdl"
        self.database, self.drop = card["database"], Path(card["drop"])
        self._admin = card["admin"]

    def fault(self, kind: str, **more: Any) -> None:
        """``seconds``, ``effect`` (what was asked happens, its answer suffers), ``times``, ``face``."""
        self.ask("POST", "/faults", {"kind": kind, **more})

    def mend(self) -> None:
        self.ask("DELETE", "/faults")

    def rows(self, table: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.ask("GET", f"/rows/{table}")
        return rows

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        sent = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self._admin + path, data=sent, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.loads(answer.read())


@contextmanager
def legacy_process(folder: Path, *options: str) -> Iterator[Legacy]:
    """On free ports; its first customer has card 2990000000001 with 12.50 euros on it."""
    card = folder / "legacy.json"
    card.unlink(missing_ok=True)  # of a run before
    with _process("legacy", "--port", "0", "--admin-port", "0", "--data", str(folder), *options) as process:
        _await(lambda: card.exists(), process)
        yield Legacy(process, json.loads(card.read_text()))


@contextmanager
def bridge_process(folder: Path, config: str, *, tls: bool = False) -> Iterator[str]:
    """
    :param config: TOML without site, key, data and port.
    :param tls: it listens by TLS and can't be asked whether it is ready: its port open is enough.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    path = folder / "bridge.toml"
    key = base64.b64encode(KEY).decode()
    path.write_text(f'site = "hq"\nkey = "{key}"\ndata = "{folder}"\nport = {port}\n{config}')
    url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    with _process("bridge", "--config", str(path)) as process:
        _await(lambda: _listens(port) if tls else _answers(f"{url}/readyz"), process)
        yield url


def client_of(url: str, *, seconds: float = 10) -> BridgeClient:
    return BridgeClient(DirectCarrier(Peer(name="hq", keys=(KEY,), url=url)), seconds=seconds)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _process(*command: str, environ: dict[str, str] | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "cabas", *command],
        env={**os.environ, **(environ or {})},
        preexec_fn=partial(lifeline.end_with, os.getpid()),
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(there: Any, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not there():
        assert process.poll() is None, "the process ended"
        assert time.monotonic() < deadline, "the process is not ready"
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
            return int(answer.status) == 200
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def web_process(folder: Path, database_url: str) -> Iterator[str]:
    """`cabas web` that knows the bridge ``hq``, which serves all and is not reached. Its address."""
    port, key = free_port(), base64.b64encode(KEY).decode()
    services = '["loyalty", "registry", "orders", "feeds"]'
    environ = {
        "CABAS_DATABASE_URL": database_url,
        "CABAS_DATA": str(folder),
        "CABAS_SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough",
        "CABAS_PORT": str(port),
        "CABAS_WEB_PROCESSES": "1",
        "CABAS_BRIDGES": f'[hq]\nkey = "{key}"\nservices = {services}\n',
    }
    url = f"http://127.0.0.1:{port}"
    with _process("web", environ=environ) as process:
        _await(lambda: _answers(f"{url}/readyz"), process)
        yield url
