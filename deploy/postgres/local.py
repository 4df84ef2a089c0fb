"""
A cluster of PostgreSQL on one machine: Patroni on each node, etcd, HAProxy; in a temporary folder.

The files it renders are those of production (``patroni.yml``, ``haproxy.cfg`` beside this one), with ports of this
machine in the place of hosts. Nothing runs as root: PostgreSQL would refuse.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from string import Template
from typing import Any

import msgspec

from cabas.kit.lifeline import end_with
from cabas.kit.postgres import find_binaries

HERE = Path(__file__).parent
PATRONI = HERE.parent.parent / ".venv-postgres" / "bin" / "patroni"
ACCOUNTS = ("postgres", "nobody")
START_SECONDS = 120
LOOK_EVERY_SECONDS = 0.1


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """What decides how long a fail-over takes; see ``patroni.yml``."""

    ttl: int = 20
    loop_wait: int = 3
    retry_timeout: int = 5
    primary_start_timeout: int = 5
    check_interval: str = "500ms"


class Node(msgspec.Struct, frozen=True):
    name: str
    folder: Path
    port: int
    rest_port: int
    etcd_port: int
    etcd_peer_port: int


class Cluster:
    """
    Three nodes unless said.

    :param archive_command: PostgreSQL's; "": WAL is not archived.
    """

    def __init__(
        self, folder: Path, *, nodes: int = 3, timing: Timing | None = None, archive_command: str = ""
    ) -> None:
        self.folder = folder
        self.nodes = [
            Node(f"node{n}", folder / f"node{n}", *(free_port() for _ in range(4)))
            for n in range(1, nodes + 1)
        ]
        self.port, self.standby_port = free_port(), free_port()
        self._timing = timing or Timing()
        self._archive_command = archive_command
        self._password = secrets.token_urlsafe(24)
        self._who = _unprivileged()
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """The primary's, whoever it is."""
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self.port}/postgres"

    def url_of(self, node: Node) -> str:
        return f"postgresql://postgres:{self._password}@127.0.0.1:{node.port}/postgres"

    def start(self) -> None:
        """Returns when there is a primary, and standbys that follow. :raises SystemExit: there is none in time."""
        self.folder.chmod(0o755)
        for node in self.nodes:
            self._make(node.folder)
            self._configure(node)
        for node in self.nodes:
            self.start_node(node)
        self._start_haproxy()
        self.wait(self.whole, "all nodes to follow one primary")

    def stop(self) -> None:
        for node in self.nodes:
            self.kill(node)
        for process in self._running.values():
            process.kill()
            process.wait()

    def start_node(self, node: Node) -> None:
        """Its etcd and its Patroni, which starts the server."""
        self._start_etcd(node)
        self._run(node.name, [str(PATRONI), str(node.folder / "patroni.yml")], **self._who)

    def kill(self, node: Node) -> None:
        """As when its machine loses power: etcd, Patroni, the server and all of its processes, at once."""
        gone = [self._running.pop(name) for name in (node.name, f"{node.name}-etcd") if name in self._running]
        for pid in [*(one.pid for one in gone), *_server(node)]:
            _kill(pid)
        for one in gone:
            one.wait()

    def kill_primary(self) -> Node:
        """Returns who it was. :raises SystemExit: nobody leads."""
        node = self.primary()
        if node is None:
            raise SystemExit("there is no primary to kill")
        self.kill(node)
        return node

    def primary(self) -> Node | None:
        """Who says that it leads; asked of Patroni, as HAProxy does."""
        return next((node for node in self.nodes if self._says(node, "primary")), None)

    def whole(self) -> bool:
        """One primary, one synchronous standby, and all others following."""
        return (
            self.primary() is not None
            and sum(self._says(node, "replica") for node in self.nodes) == len(self.nodes) - 1
            and any(self._says(node, "synchronous") for node in self.nodes)
        )

    def wait(self, until: Callable[[], bool], what: str, *, seconds: float = START_SECONDS) -> None:
        """:raises SystemExit: not within ``seconds``."""
        deadline = time.monotonic() + seconds
        while not until():
            if time.monotonic() > deadline:
                raise SystemExit(f"waited {seconds} s for {what}: see the logs in {self.folder}")
            time.sleep(LOOK_EVERY_SECONDS)

    def _says(self, node: Node, role: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{node.rest_port}/{role}", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _configure(self, node: Node) -> None:
        values = {
            **msgspec.structs.asdict(self._timing),
            "name": node.name,
            "folder": node.folder,
            "host": "127.0.0.1",
            "port": node.port,
            "rest_port": node.rest_port,
            "network": "127.0.0.1/32",
            "etcd": ",".join(f"127.0.0.1:{one.etcd_port}" for one in self.nodes),
            "binaries": find_binaries(),
            "password": self._password,
            "shared_buffers": "64MB",
            "archive_mode": "on" if self._archive_command else "off",
            "archive_command": self._archive_command,
            "watchdog": "off",
        }
        path = node.folder / "patroni.yml"
        path.write_text(Template((HERE / "patroni.yml").read_text()).substitute(values))
        path.chmod(0o600)
        self._give(path)

    def _start_etcd(self, node: Node) -> None:
        program = shutil.which("etcd") or shutil.which("etcd", path="/usr/bin:/usr/sbin")
        if program is None:
            raise SystemExit("no etcd here (as root: apt-get install etcd-server)")
        client, peer = f"http://127.0.0.1:{node.etcd_port}", f"http://127.0.0.1:{node.etcd_peer_port}"
        members = ",".join(f"{one.name}=http://127.0.0.1:{one.etcd_peer_port}" for one in self.nodes)
        self._run(
            f"{node.name}-etcd",
            [
                program, "--name", node.name, "--data-dir", str(node.folder / "etcd"), "--logger", "zap",
                "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                "--initial-cluster", members, "--initial-cluster-state", "new",
                "--heartbeat-interval", "250", "--election-timeout", "2500",
            ],
            **self._who,
        )  # fmt: skip

    def _start_haproxy(self) -> None:
        program = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
        if program is None:
            raise SystemExit("no HAProxy here (as root: apt-get install haproxy)")
        servers = "\n".join(
            f"    server {node.name} 127.0.0.1:{node.port} check port {node.rest_port}" for node in self.nodes
        )
        path = self.folder / "haproxy.cfg"
        path.write_text(
            Template((HERE / "haproxy.cfg").read_text()).substitute(
                bind="127.0.0.1",
                primary_port=self.port,
                standby_port=self.standby_port,
                check_interval=self._timing.check_interval,
                servers=servers,
            )
        )
        self._run("haproxy", [program, "-db", "-f", str(path)], **self._who)

    def _run(self, name: str, command: list[str], **who: Any) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=partial(end_with, os.getpid()),
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
                **who,
            )

    def _make(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self._give(folder)

    def _give(self, path: Path) -> None:
        if self._who:
            shutil.chown(path, user=self._who["user"], group=self._who["group"])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _unprivileged() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    for name in ACCOUNTS:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": name, "group": account.pw_gid, "extra_groups": []}
    raise SystemExit(f"running as root needs one of the accounts {', '.join(ACCOUNTS)}")


def _server(node: Node) -> Iterator[int]:
    """The node's postmaster and its children, which are sessions of their own."""
    try:
        postmaster = int((node.folder / "data" / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return
    if Path(f"/proc/{postmaster}/cwd").exists() and os.readlink(f"/proc/{postmaster}/cwd") == str(
        node.folder / "data"
    ):
        children = [*_descendants(postmaster)]
        yield postmaster
        yield from children


def _descendants(pid: int) -> Iterator[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in map(int, children):
        yield child
        yield from _descendants(child)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
