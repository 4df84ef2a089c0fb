"""A real server of two processes: its figures and its log lines."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil

from cabas.kit import profiling

PATIENCE_SECONDS = 60
ASKED = 40
COUNT = re.compile(
    r'^http_server_request_duration_seconds_count\{http_request_method="GET",http_response_status_code="200"\} (\S+)$',
    re.MULTILINE,
)


def test_whichever_process_is_asked_tells_all_that_was_counted(database_url, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    process = serve(database_url, tmp_path, port)
    try:
        until_up(address, process)
        for _ in range(ASKED):  # each on a connection of its own, so that both processes are met
            assert httpx.get(f"{address}/robots.txt", timeout=30).status_code == 200
        workers = {child.pid for child in psutil.Process(process.pid).children()}
        profiled = set(profiling.listeners())
        told = [httpx.get(f"{address}/metrics", timeout=30).text for _ in range(6)]
    finally:
        process.terminate()
        process.wait(timeout=30)

    assert len(workers) == 2
    assert workers <= profiled
    assert process.pid not in profiled
    assert {COUNT.search(text).group(1) for text in told} == {f"{ASKED}.0"}
    assert len(set(re.findall(r'cabas_level\{process="([^"]+)"\}', told[-1]))) == 2
    lines = [json.loads(line) for line in (tmp_path / "web.log").read_text().splitlines()]
    assert {"severity", "time", "message", "logger", "service"} <= set.intersection(*map(set, lines))
    assert "_granian" in {line["logger"] for line in lines}
    assert {line["service"] for line in lines} == {"cabas-web"}


def serve(url: str, folder: Path, port: int) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ,
        "CABAS_DATABASE_URL": url,
        "CABAS_DATA": str(folder / "data"),
        "CABAS_PORT": str(port),
        "CABAS_WEB_PROCESSES": "2",
        "CABAS_LOG": "json",
        "CABAS_LOG_SHARE": "0",
        "CABAS_SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough",
    }
    environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
    with (folder / "web.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "cabas", "web"], env=environment, stdout=log, stderr=subprocess.STDOUT
        )


def until_up(address: str, process: "subprocess.Popen[bytes]") -> None:
    """Both processes, as each has told of itself."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            if httpx.get(f"{address}/metrics", timeout=10).text.count("cabas_level{") == 2:
                return
        except httpx.TransportError:
            pass
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < give_up, "the server never answered"
        time.sleep(0.1)
