"""A process that looks at itself: where its time goes, and who may be asked."""

import asyncio
import os
import signal
import subprocess
import sys
import time

from cabas.kit import profiling
from cabas.kit.profiling import Profiler

PATIENCE_SECONDS = 60


async def test_it_says_where_the_time_went(tmp_path):
    path = profiling.profile_path(tmp_path / "profiles", os.getpid())
    profiler = Profiler(tmp_path / "profiles", seconds=0.3)
    profiler.begin()
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not path.exists() or "profiling_test:burn" not in path.read_text():
        assert time.monotonic() < give_up
        profiler.begin()  # one at a time: nothing while one is being taken
        burn()
        await asyncio.sleep(0)

    busiest, count = path.read_text().splitlines()[0].rsplit(" ", 1)
    assert int(count) > 0
    assert ";" in busiest


async def test_a_signal_asks_for_it(tmp_path):
    Profiler(tmp_path, seconds=0.0).on_signal()
    try:
        os.kill(os.getpid(), profiling.SIGNAL)
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not profiling.profile_path(tmp_path, os.getpid()).exists():
            assert time.monotonic() < give_up
            await asyncio.sleep(0.01)
    finally:
        asyncio.get_running_loop().remove_signal_handler(profiling.SIGNAL)


def test_nobody_is_asked_whom_it_would_end():
    program = "import sys; print('up', flush=True); sys.stdin.read()"
    deaf = subprocess.Popen(
        ["cabas", "-c", program, "web"],  # noqa: S607 - its name, not where it is
        executable=sys.executable,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert deaf.stdout.readline() == b"up\n"
        assert deaf.pid not in profiling.listeners()
    finally:
        deaf.kill()
        deaf.communicate()
    assert signal.getsignal(profiling.SIGNAL) is signal.SIG_DFL


def burn():
    for _ in range(10_000):
        pass
