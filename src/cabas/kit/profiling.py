"""
What a process spends its time on, asked for while it serves: SIGUSR2 has it look at itself for twenty seconds.

At every hundredth second of processor time it notes where the event loop stands; idling isn't noted. The result is one
file of collapsed stacks, as speedscope.app and flamegraph.pl read them. It holds names of functions, no values.
"""

import asyncio
import logging
import os
import signal
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Final

SIGNAL: Final = signal.SIGUSR2
SECONDS: Final = 20.0
INTERVAL_SECONDS: Final = 0.01
_log = logging.getLogger("cabas.profile")


class Profiler:
    """One profile at a time, of a running loop in the main thread."""

    def __init__(self, folder: Path, *, seconds: float = SECONDS) -> None:
        """:param folder: where profiles are written; made when the first is."""
        self._folder, self._seconds = folder, seconds
        self._stacks: Counter[str] | None = None

    def on_signal(self) -> None:
        """To be called in a running loop."""
        asyncio.get_running_loop().add_signal_handler(SIGNAL, self.begin)

    def begin(self) -> None:
        """While one is being taken, another order changes nothing."""
        if self._stacks is None:
            self._stacks = Counter()
            signal.signal(signal.SIGPROF, self._look)
            signal.setitimer(signal.ITIMER_PROF, INTERVAL_SECONDS, INTERVAL_SECONDS)
            asyncio.get_running_loop().call_later(self._seconds, self._finish)

    def _look(self, _signal: int, frame: FrameType | None) -> None:
        if self._stacks is not None:
            self._stacks[stack_of(frame)] += 1

    def _finish(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        # Not the default: a last one under way would be the end.
        signal.signal(signal.SIGPROF, signal.SIG_IGN)
        stacks, self._stacks = self._stacks or Counter(), None
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
