"""The stand-in is a process of its own, for demo and tests only, and breaks on command."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path

import pytest

from bridge.processes import Legacy, legacy_process


def test_it_does_not_start_in_production(tmp_path: Path) -> None:
    environ = {
        **os.environ,
        "CABAS_ENV": "production",
        "CABAS_SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough",
        "CABAS_SMTP_URL": "folder",
    }
    command = [sys.executable, "-m", "cabas", "legacy", "--data", str(tmp_path)]

    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 1
    assert "does not start in production" in ended.stderr


def test_a_fault_begins_with_the_command_and_ends_by_itself(tmp_path: Path) -> None:
    with legacy_process(tmp_path, "--fault", "error", "--times", "2") as legacy:
        assert [_status(legacy) for _ in range(3)] == [500, 500, 200]


def test_it_keeps_what_it_was_told(tmp_path: Path) -> None:
    with legacy_process(tmp_path, "--customers", "3") as legacy:
        before = legacy.rows("cards")
    with legacy_process(tmp_path, "--customers", "3") as legacy:
        assert legacy.rows("cards") == before
        assert len(before) == 3


@pytest.mark.parametrize("kind", ["reset", "half"])
def test_connections_break(legacy: Legacy, kind: str) -> None:
    legacy.fault(kind)

    with pytest.raises((HTTPException, urllib.error.URLError, ConnectionError)):
        _read(legacy)


def test_nobody_listens_while_it_is_down(legacy: Legacy) -> None:
    host, _, port = legacy.rest.removeprefix("http://").removesuffix("/rest").partition(":")

    legacy.fault("down")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)
    legacy.mend()

    assert _status(legacy) == 200


def test_a_fault_that_there_is_not_is_refused(legacy: Legacy) -> None:
    with pytest.raises(urllib.error.HTTPError):
        legacy.fault("gremlins")


def test_only_one_face_suffers_when_told_so(legacy: Legacy) -> None:
    legacy.fault("error", face="soap")

    assert _status(legacy) == 200


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legacy]:
    with legacy_process(tmp_path_factory.mktemp("legacy")) as legacy:
        yield legacy


@pytest.fixture
def legacy(standing: Legacy) -> Iterator[Legacy]:
    yield standing
    standing.mend()


def _read(legacy: Legacy) -> bytes:
    with urllib.request.urlopen(f"{legacy.rest}/cards/2990000000001", timeout=10) as answer:  # noqa: S310
        read: bytes = answer.read()
        return read


def _status(legacy: Legacy) -> int:
    try:
        _read(legacy)
    except urllib.error.HTTPError as failed:
        return failed.code
    return 200
