"""
What a process spends its time on, asked for while it serves: SIGUSR2 has it look at itself for twenty seconds.

A thread looks a hundred times a second at where the event loop's thread stands, which costs about one percent while it
lasts and nothing else. The result is one file of collapsed stacks, as speedscope.app and flamegraph.pl read them. It
holds names of functions, no values.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Final

SIGNAL: Final = signal.SIGUSR2
SECONDS: Final = 20.0
INTERVAL_SECONDS: Final = 0.01
_log = logging.getLogger("cabas.profile")


class Profiler:
    """One profile at a time, of the thread that made it."""

    def __init__(self, folder: Path, *, seconds: float = SECONDS) -> None:
        """:param folder: where profiles are written; made when the first is."""
        self._folder, self._seconds = folder, seconds
        self._watched = threading.get_ident()
        self._running: threading.Thread | None = None

    def on_signal(self) -> None:
        """To be called in a running loop."""
        asyncio.get_running_loop().add_signal_handler(SIGNAL, self.begin)

    def begin(self) -> None:
        """While one is being taken, another order changes nothing."""
        if self._running is None or not self._running.is_alive():
            self._running = threading.Thread(target=self._look, name="profile", daemon=True)
            self._running.start()

    def _look(self) -> None:
        stacks: Counter[str] = Counter()
        give_up = time.monotonic() + self._seconds
        while time.monotonic() < give_up:
            if frame := sys._current_frames().get(self._watched):
                stacks[stack_of(frame)] += 1
            time.sleep(INTERVAL_SECONDS)
        path = profile_path(self._folder, os.getpid())
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(".part")
            fresh.write_text("".join(f"{stack} {count}\n" for stack, count in stacks.most_common()))
            fresh.rename(path)
        except OSError:
            _log.exception("the profile could not be written")
        else:
            _log.info("profiled", extra={"fields": {"looks": stacks.total(), "file": path.name}})


def profile_path(folder: Path, process: int) -> Path:
    """Of the newest profile of that process; an older one is replaced."""
    return folder / f"{process}.txt"


def stack_of(frame: FrameType | None) -> str:
    """``module:function;module:function``, the outermost first."""
    names: list[str] = []
    while frame is not None:
        names.append(f"{frame.f_globals.get('__name__', '?')}:{frame.f_code.co_qualname}")
        frame = frame.f_back
    return ";".join(reversed(names))


def listeners() -> list[int]:
    """
    Process ids on this machine that take a profile when they are asked: web processes of ours that have the signal
    in hand. To any other it would be the end. Linux only.
    """
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0")
            status = (entry / "status").read_text()
        except OSError:  # it has ended, or is somebody else's
            continue
        named = any(part.rsplit(b"/", 1)[-1] == b"cabas" for part in command)
        if b"web" in command and named and _catches(status):
            found.append(int(entry.name))
    return sorted(found)


def _catches(status: str) -> bool:
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (SIGNAL - 1) & 1)
