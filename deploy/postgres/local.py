"""
A cluster of PostgreSQL on one machine: Patroni and etcd on each node, HAProxy and PgBouncer before them.

The files it renders are those of production (``patroni.yml``, ``haproxy.cfg``, ``pgbouncer.ini``, ``role.sql`` beside
this one), with ports of this machine in the place of hosts.
"""

import os
import secrets
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Template

import msgspec

from cabas.kit.postgres import find_binaries
from deploy.postgres.processes import Processes, bouncer, descendants, free_port, program

HERE = Path(__file__).parent
PATRONI = HERE.parent.parent / ".venv-postgres" / "bin" / "patroni"
HOST = "127.0.0.1"
USER = DATABASE = "cabas"
START_SECONDS = 180
LOOK_EVERY_SECONDS = 0.1


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """What decides how long a fail-over takes; see ``patroni.yml``."""

    ttl: int = 20
    loop_wait: int = 2
    retry_timeout: int = 4
    primary_start_timeout: int = 5
    check_interval: str = "500ms"


class Node(msgspec.Struct, frozen=True):
    """A machine, that is here a folder and some ports."""

    name: str
    folder: Path
    port: int
    rest_port: int
    etcd_port: int
    etcd_peer_port: int

    @property
    def data(self) -> Path:
        return self.folder / "data"


class Cluster:
    """
    Three nodes unless said.

    :param folder: empty; the accounts of the servers must be able to reach it.
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
        self.port, self.standby_port, self.pooled_port = free_port(), free_port(), free_port()
        self.bouncer = bouncer()
        self.binaries = find_binaries()
        self._timing = timing or Timing()
        self._archive_command = archive_command
        self._password, self._user_password = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self._processes = Processes(folder)

    @property
    def url(self) -> str:
        """The primary's, whoever it is: for what holds a session (migrations, seeds, imports)."""
        return self.url_at(self.port)

    @property
    def pooled_url(self) -> str:
        """The same by PgBouncer where there is one that will do: for the shop's processes."""
        return self.url_at(self.pooled_port if self.bouncer else self.port)

    @property
    def admin_url(self) -> str:
        return f"postgresql://postgres:{self._password}@{HOST}:{self.port}/postgres"

    @property
    def backup_url(self) -> str:
        """A standby's, for ``pg_basebackup``: the primary has better to do."""
        return f"postgresql://replicator:{self._password}@{HOST}:{self.standby_port}/"

    def start(self) -> None:
        """
        Returns when there is a primary, standbys that follow, and the shop's own empty database.

        :raises SystemExit: there is none in time.
        """
        self.folder.chmod(0o755)
        for node in self.nodes:
            self._processes.folder(node.folder)
            self._configure(node)
        for node in self.nodes:
            self.start_node(node)
        self._start_haproxy()
        self.wait(self.whole, "all nodes to follow one primary")
        self._make_role()
        if self.bouncer:
            self._start_bouncer(self.bouncer)

    def checkpoint(self) -> None:
        """On each node, as its timer would: a load in bulk is behind it, a fall won't have to go through it again."""
        for node in self.nodes:
            self._ask(f"postgresql://postgres:{self._password}@{HOST}:{node.port}/postgres", "checkpoint")

    def stop(self) -> None:
        for node in self.nodes:
            self.kill(node)
        self._processes.kill_all()

    def start_node(self, node: Node) -> None:
        """Its etcd and its Patroni, which starts the server."""
        client, peer = f"http://{HOST}:{node.etcd_port}", f"http://{HOST}:{node.etcd_peer_port}"
        members = ",".join(f"{one.name}=http://{HOST}:{one.etcd_peer_port}" for one in self.nodes)
        self._processes.run(
            f"{node.name}-etcd", program("etcd", "etcd-server"), "--name", node.name,
            "--data-dir", node.folder / "etcd", "--logger", "zap",
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", members, "--initial-cluster-state", "new",
        )  # fmt: skip
        self._processes.run(node.name, PATRONI, node.folder / "patroni.yml")

    def kill(self, node: Node) -> None:
        """As when its machine loses power: etcd, Patroni, the server and all of its processes, at once."""
        self._processes.kill(node.name, f"{node.name}-etcd", more=_server(node))

    def freeze(self, node: Node) -> None:
        """As when its machine hangs: every connection stays open, and nothing answers."""
        self._processes.tell(signal.SIGSTOP, node.name, f"{node.name}-etcd", more=_server(node))

    def thaw(self, node: Node) -> None:
        """It goes on where it was, believing that it leads."""
        self._processes.tell(signal.SIGCONT, node.name, f"{node.name}-etcd", more=_server(node))

    def primary(self) -> Node | None:
        """Who says that it leads; asked of Patroni, as HAProxy does."""
        return next((node for node in self.nodes if _says(node, "primary")), None)

    def whole(self) -> bool:
        """One primary, one synchronous standby, and all others following."""
        return (
            self.primary() is not None
            and sum(_says(node, "replica") for node in self.nodes) == len(self.nodes) - 1
            and any(_says(node, "synchronous") for node in self.nodes)
        )

    def wait(self, until: Callable[[], bool], what: str, *, seconds: float = START_SECONDS) -> None:
        """:raises SystemExit: not within ``seconds``."""
        deadline = time.monotonic() + seconds
        while not until():
            if time.monotonic() > deadline:
                raise SystemExit(f"waited {seconds} s for {what}: see the logs in {self.folder}")
            time.sleep(LOOK_EVERY_SECONDS)

    def url_at(self, port: int) -> str:
        """The shop's account and database on another port of this machine."""
        return f"postgresql://{USER}:{self._user_password}@{HOST}:{port}/{DATABASE}"

    def _configure(self, node: Node) -> None:
        text = _rendered(
            "patroni.yml",
            **msgspec.structs.asdict(self._timing),
            name=node.name,
            folder=node.folder,
            host=HOST,
            port=node.port,
            rest_port=node.rest_port,
            network=f"{HOST}/32",
            etcd=",".join(f"{HOST}:{one.etcd_port}" for one in self.nodes),
            binaries=self.binaries,
            password=self._password,
            shared_buffers="64MB",
            archive_mode="on" if self._archive_command else "off",
            archive_command=self._archive_command,
            watchdog="off",
        )
        self._processes.secret(node.folder / "patroni.yml", text)

    def _start_haproxy(self) -> None:
        servers = "\n".join(
            f"    server {node.name} {HOST}:{node.port} check port {node.rest_port}" for node in self.nodes
        )
        folder = self._processes.folder(self.folder / "haproxy")
        text = _rendered(
            "haproxy.cfg",
            socket=folder / "admin.sock",
            bind=HOST,
            primary_port=self.port,
            standby_port=self.standby_port,
            check_interval=self._timing.check_interval,
            servers=servers,
        )
        path = self._processes.secret(folder / "haproxy.cfg", text)
        self._processes.run("haproxy", program("haproxy", "haproxy"), "-db", "-f", path)

    def _start_bouncer(self, found: str) -> None:
        users = self._processes.secret(self.folder / "users.txt", f'"{USER}" "{self._user_password}"\n')
        text = _rendered(
            "pgbouncer.ini",
            database=DATABASE,
            host=HOST,
            port=self.port,
            bind=HOST,
            pooled_port=self.pooled_port,
            users=users,
        )
        path = self._processes.secret(self.folder / "pgbouncer.ini", text)
        self._processes.run("pgbouncer", found, path)

    def _make_role(self) -> None:
        self._ask(
            self.admin_url,
            _rendered("role.sql", user=USER, database=DATABASE, password=self._user_password),
        )

    def _ask(self, url: str, text: str) -> None:
        psql = [str(self.binaries / "psql"), "-q", "-v", "ON_ERROR_STOP=1", url]
        subprocess.run(psql, input=text, text=True, check=True)


def _rendered(file: str, **values: object) -> str:
    return Template((HERE / file).read_text()).substitute(values)


def _says(node: Node, role: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{node.rest_port}/{role}", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _server(node: Node) -> Iterator[int]:
    """The node's postmaster, where it runs, and its children."""
    try:
        postmaster = int((node.data / "postmaster.pid").read_text().split()[0])
        # The file outlives its server, and its number may be anybody's.
        if os.readlink(f"/proc/{postmaster}/cwd") != str(node.data):
            return
    except (OSError, ValueError, IndexError):
        return
    yield from [postmaster, *descendants(postmaster)]
