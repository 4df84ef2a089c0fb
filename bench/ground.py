"""The ground a measurement stands on: a seeded database of its own, and `cabas web` on it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from cabas.kit.postgres import EmbeddedPostgres

READY_SECONDS = 30
STOP_SECONDS = 20
WEB_PROCESSES = min(os.cpu_count() or 1, 4)
"""As `cabas web` starts by default."""
SECRET = "a-secret-of-the-bench-that-opens-nothing-else"  # noqa: S105 - made here, for here


class Ground(msgspec.Struct, frozen=True):
    """``binaries``: the folder with ``pgbench``. ``seeded_seconds``: how long the seed took, as a command."""

    folder: Path
    url: str
    binaries: Path
    seeded_seconds: float = 0.0

    def environ(self, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            "CABAS_DATABASE_URL": self.url,
            "CABAS_DATA": str(self.folder),
            "CABAS_SECRET_KEY": SECRET,
            **more,
        }

    def cabas(self, *arguments: str, environ: Mapping[str, str] | None = None) -> None:
        """Run a command of ours on this ground, and in this environment. :raises CalledProcessError: it failed."""
        subprocess.run(
            [sys.executable, "-m", "cabas", *arguments], env=self.environ(**(environ or {})), check=True
        )


@contextmanager
def seeded(scale: str = "demo") -> Iterator[Ground]:
    """A durable PostgreSQL with the demo network, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="cabas-bench-"))
    folder.chmod(0o755)  # the unprivileged server account must reach its data
    server = EmbeddedPostgres(folder / "postgres")
    try:
        server.start()
        ground = Ground(folder, server.url, server.binaries)
        started = time.perf_counter()
        ground.cabas("seed", "--scale", scale)
        yield msgspec.structs.replace(ground, seeded_seconds=time.perf_counter() - started)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def web(ground: Ground, *, processes: int = WEB_PROCESSES, connections: int = 10) -> Iterator[int]:
    """`cabas web` in its own processes; yields its port."""
    port = free_port()
    environ = ground.environ(
        CABAS_PORT=str(port),
        CABAS_WEB_PROCESSES=str(processes),
        CABAS_DB_CONNECTIONS=str(connections),
    )
    process = subprocess.Popen([sys.executable, "-m", "cabas", "web"], env=environ, start_new_session=True)
    try:
        ready(process, f"http://127.0.0.1:{port}/readyz")
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ready(process: "subprocess.Popen[bytes]", address: str, *, seconds: int = READY_SECONDS) -> None:
    """Wait until the server answers there. :raises SystemExit: it ended, or says nothing for so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit("cabas web did not start: see the lines above")
        try:
            with urllib.request.urlopen(address, timeout=1) as answer:  # noqa: S310 - our own address
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{address} did not answer within {seconds} s")
