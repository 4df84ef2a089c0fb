"""
A real nginx in front of the product, with everything behind it killed: the application, the worker and the
database. What it still answers, how fast, and with which headers.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import msgspec
import pytest

from cabas.kit.db import Database
from cabas.kit.postgres import EmbeddedPostgres
from cabas.web.assets import BUILT
from factories.shop import make_shop

ROOT = Path(__file__).parent.parent.parent
READY_SECONDS = 90
ANSWER_SECONDS = 2
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


class Answer(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return unescape(self.body.decode())


class Edge:
    """nginx before `cabas web` and `cabas worker`, on an embedded database of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data, self.run = folder / "data", folder / "run"
        self.port, self.app_port = _free_port(), _free_port()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        for made in (self.data, self.run):
            made.mkdir()
            made.chmod(0o755)

    def start(self) -> None:
        self.server = EmbeddedPostgres(self.data / "postgres", settings={"fsync": "off"})
        self.server.start()
        self.cabas("migrate")
        asyncio.run(_seed(self.server.url))
        self.start_product()
        configuration = self.folder / "nginx.conf"
        configuration.write_text(self._rendered())
        self._spawn("nginx", [str(NGINX), "-c", str(configuration), "-p", str(self.run), "-g", "daemon off;"])
        self._wait(self.app_port, "/readyz")
        self._wait(self.port, "/healthz")
        self._wait_for_pages()

    def start_product(self) -> None:
        for role in ("web", "worker"):
            self._spawn(role, [sys.executable, "-m", "cabas", role])

    def cabas(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "cabas", *arguments],
            env=self._environ(),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def kill_everything_behind(self) -> None:
        for role in ("web", "worker"):
            process = self.processes.pop(role, None)
            if process is not None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
        self.server.stop(mode="immediate")

    def stop(self) -> None:
        for process in self.processes.values():
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        self.server.stop(mode="immediate")

    def get(self, path: str, *, method: str = "GET", **headers: str) -> Answer:
        """Within `ANSWER_SECONDS`, or it raises."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=b"a=b" if method == "POST" else None,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(request, timeout=ANSWER_SECONDS) as answer:
                return Answer(answer.status, _lower(answer.headers), answer.read())
        except urllib.error.HTTPError as refused:
            return Answer(refused.code, _lower(refused.headers), refused.read())

    def _environ(self) -> dict[str, str]:
        return {
            **os.environ,
            "CABAS_DATA": str(self.data),
            "CABAS_DATABASE_URL": self.server.url,
            "CABAS_PORT": str(self.app_port),
            "CABAS_WEB_PROCESSES": "1",
        }

    def _rendered(self) -> str:
        environ = {
            **os.environ,
            "CABAS_EDGE_FOLDER": str(self.data / "edge"),
            "CABAS_STATIC_FOLDER": str(BUILT.parent),
            "CABAS_UPSTREAM": f"127.0.0.1:{self.app_port}",
            "CABAS_EDGE_LISTEN": f"127.0.0.1:{self.port}",
            "CABAS_EDGE_RUN": str(self.run),
        }
        render = str(ROOT / "deploy/edge/render")
        return subprocess.run([render], env=environ, capture_output=True, text=True, check=True).stdout

    def _spawn(self, name: str, command: list[str]) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            command, env=self._environ(), stdout=log, stderr=log, start_new_session=True
        )

    def _wait(self, port: int, path: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1):
                    return
            except OSError:
                time.sleep(0.1)
        logs = "\n".join(path.read_text()[-2000:] for path in self.folder.glob("*.log"))
        raise RuntimeError(f"{port}{path} does not answer:\n{logs}")

    def _wait_for_pages(self) -> None:
        wanted = [self.data / "edge" / name for name in ("serving.json", "away.fr.html", "room.en.html")]
        deadline = time.monotonic() + READY_SECONDS
        while not all(path.exists() for path in wanted):
            if time.monotonic() > deadline:
                raise RuntimeError((self.folder / "worker.log").read_text()[-2000:])
            time.sleep(0.1)


def test_alive_the_edge_hands_on_what_is_not_its_own(edge: Edge) -> None:
    home, health, room = edge.get("/"), edge.get("/healthz"), edge.get("/salle")
    serving = edge.get("/salle/serving.json")

    assert (home.status, health.status) == (200, 200)
    assert home.headers["content-security-policy"].startswith("default-src 'self'")
    assert home.headers["x-content-type-options"] == "nosniff"
    assert "data-room" in room.text
    assert json.loads(serving.body)["on"] is False
    assert serving.headers["cache-control"] == "public, max-age=1"
    assert edge.get("/metrics").status == 404


def test_the_applications_own_refusals_pass_unchanged(edge: Edge) -> None:
    missing = edge.get("/nulle-part")
    problem = edge.get("/api/v1/carts/00000000-0000-8000-8000-000000000000")

    assert missing.status == 404
    assert problem.status == 401
    assert json.loads(problem.body)["code"] == "unauthenticated"
    assert "retry-after" not in missing.headers


def test_with_everything_dead_the_room_and_its_file_are_served_from_disk(dead: Edge) -> None:
    for language, words in (("fr", "chacun son tour"), ("en", "everyone in turn")):
        room = dead.get("/salle", accept_language=language)
        assert (room.status, room.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert words in room.text
        _assert_safe(room)
    serving = dead.get("/salle/serving.json")
    assert serving.status == 200
    assert serving.headers["content-type"].startswith("application/json")
    assert serving.headers["cache-control"] == "public, max-age=1"
    assert {"date", "last-modified"} <= set(serving.headers)  # by which the page knows its age
    assert set(json.loads(serving.body)) >= {"on", "now", "threshold", "poll"}
    _assert_safe(serving)


def test_with_everything_dead_the_room_with_its_styles_and_script_fits_in_10_kb(dead: Edge) -> None:
    room = dead.get("/salle", accept_language="fr")
    parts = [dead.get(address) for address in re.findall(r'"(/static/built/room[^"]+)"', room.text)]

    assert [part.status for part in parts] == [200, 200]
    assert len(room.body) + sum(len(part.body) for part in parts) <= 10 * 1024
    for part in parts:
        assert part.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_with_everything_dead_the_way_to_checkout_leads_to_the_room(dead: Edge) -> None:
    for path in ("/commande", "/salle/entree?vers=/commande"):
        answer = dead.get(path, accept_language="fr")
        assert (path, answer.status) == (path, 503)
        assert "data-room" in answer.text
        assert answer.headers["retry-after"] == "10"
        assert answer.headers["cache-control"] == "no-store"
    sent = dead.get("/commande", method="POST", accept_language="fr")
    assert (sent.status, "data-room" in sent.text) == (503, True)


def test_with_everything_dead_home_says_how_to_reach_the_stores(dead: Edge) -> None:
    home = dead.get("/", accept_language="fr,en")

    assert home.status == 503
    assert len(home.body) <= 10 * 1024
    assert "Votre panier et vos commandes sont en sécurité" in home.text
    assert 'href="/secours/37"' in home.text
    assert (home.headers["retry-after"], home.headers["cache-control"]) == ("10", "no-store")
    _assert_safe(home)
    department = dead.get("/secours/37", accept_language="fr")
    assert department.status == 200
    assert "Tours Nord" in department.text
    assert 'href="tel:0261910001"' in department.text
    assert "lun.–sam. 8:30–20:00, dim. 9:00–12:30" in department.text


def test_with_everything_dead_a_program_is_told_so_as_a_program(dead: Edge) -> None:
    answer = dead.get("/api/v1/stores")

    assert (answer.status, answer.headers["retry-after"]) == (503, "10")
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert json.loads(answer.body)["code"] == "busy"


def test_alive_again_the_first_request_is_answered_by_the_shop(dead: Edge) -> None:
    dead.server.start()
    dead.start_product()
    dead._wait(dead.app_port, "/readyz")

    assert dead.get("/").status == 200


def _assert_safe(answer: Answer) -> None:
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "nginx/" not in answer.headers.get("server", "")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def _lower(headers: object) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}  # type: ignore[attr-defined]


async def _seed(url: str) -> None:
    database = await Database.connect(url, connections_max=1)
    try:
        async with database.transaction() as tx:
            await make_shop(tx, now=datetime.now(UTC))
    finally:
        await database.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def edge() -> Iterator[Edge]:
    if NGINX is None:
        pytest.skip("no nginx: install nginx-light (as root: tools/setup.sh edge) to test the edge")
    folder = Path(tempfile.mkdtemp(prefix="cabas-edge-"))
    folder.chmod(0o755)  # the database's and nginx's unprivileged accounts must reach it
    running = Edge(folder)
    try:
        running.start()
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def dead(edge: Edge) -> Edge:
    """The edge with nothing behind it any more: the tests that need life stand before."""
    edge.kill_everything_behind()
    return edge
