"""What a killed process started ends, too: nothing keeps its port."""

import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux tells of a parent's death"
)

CHILD = """
import time
from cabas.kit import lifeline
lifeline.end_with({})
print("up", flush=True)
time.sleep(60)"""
PARENT = f"import os, subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}.format(os.getpid())])"


def test_a_child_ends_when_its_parent_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout.readline() == "up\n"

    parent.send_signal(signal.SIGKILL)

    assert parent.communicate(timeout=30)[0] == ""  # the pipe closes with the last that holds it


def test_a_child_that_comes_too_late_ends_at_once():
    late = subprocess.run(
        [sys.executable, "-c", CHILD.format(2**22)], capture_output=True, text=True, check=False
    )

    assert late.returncode == -signal.SIGTERM
    assert late.stdout == ""
