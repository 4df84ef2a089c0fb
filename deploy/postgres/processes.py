"""Programs of a rehearsal on this machine, none of them as root, none of them outliving it."""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from cabas.kit.lifeline import end_with

ACCOUNTS = ("postgres", "nobody")
BOUNCER_AT_LEAST = (1, 21)


class Processes:
    """:param folder: where each program's output is kept, as ``NAME.log``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._who = unprivileged()
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, name: str, *command: str | Path) -> None:
        with (self._folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [str(part) for part in command],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=partial(end_with, os.getpid()),
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
                **self._who,
            )

    def finish(self, *command: str | Path) -> None:
        """Run to its end. :raises SystemExit: it failed; says how."""
        done = subprocess.run(
            [str(part) for part in command], cwd="/", capture_output=True, text=True, check=False, **self._who
        )
        if done.returncode:
            raise SystemExit(f"{command[0]} failed: {done.stderr[-2_000:]}")

    def kill(self, *names: str, more: Iterable[int] = ()) -> None:
        """At once, as when a machine loses power. :param more: other processes of that machine."""
        gone = [self._running.pop(name) for name in names if name in self._running]
        _tell(signal.SIGKILL, [*(one.pid for one in gone), *more])
        for one in gone:
            one.wait()

    def tell(self, number: signal.Signals, *names: str, more: Iterable[int] = ()) -> None:
        """A signal to them all; they stay ours."""
        _tell(number, [*(self._running[name].pid for name in names if name in self._running), *more])

    def kill_all(self) -> None:
        self.kill(*list(self._running))

    def folder(self, path: Path) -> Path:
        """Made, and given to the account that the programs run under."""
        path.mkdir(mode=0o700)
        self.give(path)
        return path

    def secret(self, path: Path, text: str) -> Path:
        """A file that only they may read."""
        path.touch(mode=0o600)
        path.write_text(text)
        self.give(path)
        return path

    def give(self, path: Path) -> None:
        if self._who:
            shutil.chown(path, user=self._who["user"], group=self._who["group"])


def _tell(number: signal.Signals, pids: Iterable[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def unprivileged() -> dict[str, Any]:
    """Whom to run them as, for `subprocess`: PostgreSQL and PgBouncer refuse to be root. {}: as whoever calls."""
    if os.geteuid() != 0:
        return {}
    for name in ACCOUNTS:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": name, "group": account.pw_gid, "extra_groups": []}
    raise SystemExit(f"running as root needs one of the accounts {', '.join(ACCOUNTS)}")


def program(name: str, package: str) -> str:
    """:raises SystemExit: it isn't here; says by which Debian package it comes."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin")
    if found is None:
        raise SystemExit(f"no {name} here (as root: apt-get install {package})")
    return found


def bouncer() -> str | None:
    """PgBouncer (``$CABAS_PGBOUNCER``, else the machine's) where it keeps prepared statements, else None."""
    found = (
        os.environ.get("CABAS_PGBOUNCER")
        or shutil.which("pgbouncer")
        or shutil.which("pgbouncer", path="/usr/sbin")
    )
    if not found:
        return None
    printed = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"(\d+)\.(\d+)", printed)
    return found if version and (int(version[1]), int(version[2])) >= BOUNCER_AT_LEAST else None


def descendants(pid: int) -> Iterator[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in map(int, children):
        yield child
        yield from descendants(child)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
