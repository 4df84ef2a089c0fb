"""A HAProxy before some ports of this machine: it learns who is ready from /readyz alone, as Kubernetes does."""

import csv
import io
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from deploy.rollout.plan import Counts

READY_SECONDS = 30
_CONFIGURATION = """
global
    stats socket {socket} mode 600 level user
    maxconn 4096
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout http-keep-alive 60s
    retries 0                   # a request is never sent twice: what a process drops is seen
frontend shop
    bind 127.0.0.1:{port}
    default_backend web
backend web
    balance roundrobin
    option httpchk
    http-check send meth GET uri /readyz
    http-check expect status 200
    timeout check 2s
    default-server check inter 200ms fall 1 rise 1
{servers}
"""


def program() -> str | None:
    """Where HAProxy is, else None."""
    return shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")


class Balancer:
    """:param ports: of the processes, whether they run yet or not; server ``n`` is the n-th of them."""

    def __init__(self, *, port: int, ports: Sequence[int]) -> None:
        self.port = port
        self._folder = Path(tempfile.mkdtemp(prefix="cabas-"))  # a socket's path must be short
        self._socket = self._folder / "haproxy.sock"
        self._configuration = self._folder / "haproxy.cfg"
        servers = "\n".join(f"    server {n} 127.0.0.1:{one}" for n, one in enumerate(ports))
        self._configuration.write_text(_CONFIGURATION.format(socket=self._socket, port=port, servers=servers))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """:raises SystemExit: HAProxy isn't here, or does not start."""
        haproxy = program()
        if haproxy is None:
            raise SystemExit("no HAProxy here (as root: apt-get install haproxy)")
        self._process = subprocess.Popen(
            [haproxy, "-db", "-f", str(self._configuration)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + READY_SECONDS
        while not self._socket.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"HAProxy does not start on {self._configuration}")
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(READY_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)

    def up(self, server: int) -> bool:
        """Whether traffic is sent there."""
        return self._rows()[server]["status"].startswith("UP")

    def counts(self, server: int) -> Counts:
        """Since HAProxy started: all answers, and those that were 5xx or never came."""
        row = self._rows()[server]
        answers = sum(int(row[f"hrsp_{kind}"] or 0) for kind in ("1xx", "2xx", "3xx", "4xx", "5xx", "other"))
        broken = int(row["econ"] or 0) + int(row["eresp"] or 0)
        return Counts(answers + broken, int(row["hrsp_5xx"] or 0) + broken)

    def _rows(self) -> dict[int, dict[str, str]]:
        text = self._ask("show stat")
        table = csv.DictReader(io.StringIO(text.removeprefix("# ")))
        return {
            int(row["svname"]): row for row in table if row["pxname"] == "web" and row["svname"] != "BACKEND"
        }

    def _ask(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(str(self._socket))
            line.sendall(f"{command}\n".encode())
            return b"".join(iter(lambda: line.recv(65_536), b"")).decode()
