"""k6, started paused and let go at a set instant; its journal read back."""

import http.client
import os
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import msgspec

from bench.ground import free_port
from bench.rush.house import wait_until
from cabas.kit.lifeline import end_with

K6 = Path(__file__).parents[2] / ".venv" / "bin" / "k6"
SCRIPTS = Path(__file__).parent
READY_SECONDS = 240


class Answer(msgspec.Struct, frozen=True):
    """
    One line of the journal. ``ms`` from the intended send time to the last answer, its repeats included.

    ``number`` -1 and ``order`` "" where they mean nothing. ``status`` 0: none came.
    """

    kind: str
    status: int
    ms: int
    tries: int = 1
    number: int = -1
    order: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """``cpu_seconds``: of the generator, over ``seconds``."""

    answers: list[Answer]
    cpu_seconds: float
    seconds: float
    complaints: list[str]

    def of(self, kind: str) -> list[Answer]:
        return [answer for answer in self.answers if answer.kind == kind]


class Load:
    """A run of k6 that waits for its instant."""

    def __init__(self, script: str, folder: Path, environ: Mapping[str, str]) -> None:
        self._journal = folder / f"{script}.journal"
        self._complaints = folder / f"{script}.k6"
        port = free_port()
        self._port = port
        with self._complaints.open("wb") as complaints:
            self._process = subprocess.Popen(
                [
                    str(K6), "run", "--paused", "--quiet", "--no-summary", "--no-thresholds", "--no-usage-report",
                    "--address", f"127.0.0.1:{port}", "--log-format", "raw",
                    "--console-output", str(self._journal), str(SCRIPTS / f"{script}.js"),
                ],
                env={**os.environ, **environ, "GOMAXPROCS": "2"},
                stdout=complaints,
                stderr=complaints,
                preexec_fn=partial(end_with, os.getpid()),
            )  # fmt: skip

    def wait_ready(self) -> None:
        """Until all its people exist. :raises SystemExit: it ended, or takes too long."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise SystemExit(f"k6 ended: {self._complaints.read_text()[-2000:]}")
            status = self._status("GET")
            if status.get("paused") and status.get("vus-max", 0) > 0:
                return
            time.sleep(0.2)
        raise SystemExit("k6 doesn't get ready")

    def go_at(self, moment: float) -> None:
        """Let it go at this Unix time."""
        wait_until(moment)
        self._status("PATCH", paused=False)

    def finish(self) -> Report:
        """Wait for its end."""
        started = time.monotonic()
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        complaints = self._complaints.read_text(errors="replace")
        lines = self._journal.read_text(errors="replace").splitlines()
        return Report(
            answers=[_answer(line) for line in lines if line and not line.startswith("#")],
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            seconds=time.monotonic() - started,
            complaints=complaints.splitlines(),
        )

    def stop(self) -> None:
        if self._process.returncode is None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _status(self, method: str, **attributes: object) -> dict[str, int]:
        body = msgspec.json.encode({"data": {"type": "status", "id": "default", "attributes": attributes}})
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(method, "/v1/status", body if method == "PATCH" else None)
            answer = msgspec.json.decode(connection.getresponse().read())
        except (OSError, http.client.HTTPException, msgspec.DecodeError):
            return {}
        finally:
            connection.close()
        found: dict[str, int] = answer.get("data", {}).get("attributes", {})
        return found


def percentile(values: list[int], percent: float) -> float:
    """0 of nothing."""
    ordered = sorted(values)
    return float(ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]) if ordered else 0.0


def statuses(answers: list[Answer]) -> dict[str, int]:
    """How often each came, the most frequent first."""
    return {str(status): count for status, count in Counter(a.status for a in answers).most_common()}


def _answer(line: str) -> Answer:
    kind, status, ms, *rest = line.split()
    tries, number, order = [*rest, *("1", "-1", "-")[len(rest) :]]
    return Answer(kind, int(status), int(ms), int(tries), int(number), "" if order == "-" else order)
