"""A real nginx before an application that says what it was handed: the trace of each request."""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from cabas.kit.tracing import parse

ROOT = Path(__file__).parent.parent.parent
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
READY_SECONDS = 60
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is needed: tools/setup.sh edge")


class _Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        handed = ",".join(self.headers.get_all("traceparent", [])).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(handed)))
        self.end_headers()
        self.wfile.write(handed)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """(its address, its log)."""
    folder = tmp_path_factory.mktemp("edge")
    folder.chmod(0o755)
    application = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    threading.Thread(target=application.serve_forever, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environ = {
        **os.environ,
        "CABAS_EDGE_FOLDER": str(folder),
        "CABAS_STATIC_FOLDER": str(folder),
        "CABAS_UPSTREAM": f"127.0.0.1:{application.server_port}",
        "CABAS_EDGE_LISTEN": f"127.0.0.1:{port}",
        "CABAS_EDGE_RUN": str(folder),
        "CABAS_EDGE_LOG": f"{folder}/access.log lean",
    }
    rendered = subprocess.run([ROOT / "deploy/edge/render"], env=environ, capture_output=True, check=True)
    (folder / "nginx.conf").write_bytes(rendered.stdout)
    with (folder / "nginx.log").open("wb") as log:
        nginx = subprocess.Popen(
            [str(NGINX), "-c", folder / "nginx.conf", "-p", folder, "-g", "daemon off;"],
            stdout=log,
            stderr=log,
        )
    try:
        _until_up(port, folder / "nginx.log")
        yield f"http://127.0.0.1:{port}", folder / "access.log"
    finally:
        nginx.terminate()
        nginx.wait(30)
        application.shutdown()
        application.server_close()


def test_a_request_without_a_trace_begins_one_which_the_edges_log_names(edge: tuple[str, Path]) -> None:
    address, log = edge
    first, second = ask(address), ask(address)
    trace = parse(first)

    assert trace is not None
    assert not trace.sampled
    assert first != second
    assert first in log.read_text()


def test_a_callers_trace_is_handed_on(edge: tuple[str, Path]) -> None:
    assert ask(edge[0], CALLER) == CALLER


@pytest.mark.parametrize(
    "forged", ["1", "00-xyz", CALLER + ' " injected', CALLER.replace("00-0af7", "00-0AF7")]
)
def test_what_is_no_trace_is_replaced_by_one(edge: tuple[str, Path], forged: str) -> None:
    handed = ask(edge[0], forged)

    assert handed != forged
    assert parse(handed) is not None


def ask(address: str, traceparent: str | None = None) -> str:
    headers = {"traceparent": traceparent} if traceparent else {}
    return httpx.get(f"{address}/rayons", headers=headers, timeout=30).text


def _until_up(port: int, log: Path) -> None:
    give_up = time.monotonic() + READY_SECONDS
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            assert time.monotonic() < give_up, log.read_text()
            time.sleep(0.05)
