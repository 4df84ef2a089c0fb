"""
The whole product as `cabas demo` runs it, and a real browser on it. Slow: one product a run, and
every journey leaves it in order (`cabas check` after each).
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from cabas.kit.postgres import EmbeddedPostgres

READY_SECONDS = 120
SCREENSHOTS = Path(__file__).parent.parent / "screenshots"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-prefers-reduced-motion",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marked, and last: Playwright keeps a loop running in this thread, in which no other test could run its own."""
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker("journey")
    items.sort(key=lambda item: "journeys" in item.path.parts)


class Product:
    """A running `cabas demo`: ``card`` is its demo.json."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.card: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environ(self) -> dict[str, str]:
        return {**os.environ, "CABAS_DATA": str(self.folder), "CABAS_PORT": str(self.port)}

    def start(self) -> None:
        log = (self.folder / "demo.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cabas", "demo"],
            env=self.environ(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=1):  # noqa: S310 - our own
                    self.card = json.loads((self.folder / "demo.json").read_text())
                    return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"cabas demo did not start:\n{(self.folder / 'demo.log').read_text()[-3000:]}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(60)

    def kill_everything(self) -> None:
        """SIGKILL to every process of the demo and to its PostgreSQL, at once."""
        if self._process is None:
            return
        listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True)  # noqa: S607
        mine = [str(self.folder), f"CABAS_PORT={self.port}"]
        pids = {int(line.split()[0]) for line in listed.stdout.splitlines()[1:] if mine[0] in line}
        pids |= set(_descendants(self._process.pid))
        for pid in pids - {os.getpid()}:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._process.wait(30)

    def sql(self, statement: str) -> None:
        """Set a scene directly in the database."""
        server = EmbeddedPostgres(self.folder / "postgres")
        subprocess.run(  # a process of its own: the browser's loop runs in this one
            [str(server.binaries / "psql"), "-v", "ON_ERROR_STOP=1", "-c", statement, server.url],
            check=True,
            capture_output=True,
        )

    def check(self) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "cabas", "check", "--json"],
            env=self.environ(),
            capture_output=True,
            text=True,
            check=False,
        )
        report: dict[str, Any] = json.loads(done.stdout)
        return report


def _descendants(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True)  # noqa: S607
    children: dict[int, list[int]] = {}
    for line in listed.stdout.splitlines()[1:]:
        child, parent = map(int, line.split())
        children.setdefault(parent, []).append(child)
    found, waiting = [pid], [pid]
    while waiting:
        for child in children.get(waiting.pop(), []):
            found.append(child)
            waiting.append(child)
    return found


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    folder = Path(tempfile.mkdtemp(prefix="cabas-journeys-"))
    folder.chmod(0o755)  # the server's unprivileged account must reach its data
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = Product(folder, port)
    running.start()
    yield running
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    installed = next((path for path in map(shutil.which, BROWSER_NAMES) if path), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed, args=BROWSER_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, product: Product) -> Iterator[Any]:
    """``visit(javascript=…, size=…, dark=…)`` → a page of a fresh person on the product."""
    opened: list[BrowserContext] = []

    def open_page(*, javascript: bool = True, size: dict[str, int] = PHONE, dark: bool = False) -> Page:
        context = chromium.new_context(
            base_url=product.url,
            viewport=size,  # type: ignore[arg-type]
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            locale="fr-FR",
            timezone_id="Europe/Paris",
        )
        context.set_default_timeout(15_000)
        opened.append(context)
        return context.new_page()

    yield open_page
    for context in opened:
        context.close()


@pytest.fixture(autouse=True)
def in_order(product: Product) -> Iterator[None]:
    """After every journey the database breaks no invariant."""
    yield
    report = product.check()
    assert report["ok"], report["breaches"]
