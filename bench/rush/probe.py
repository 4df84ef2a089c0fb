"""
Asks once a second, as strangers do, for the pages that must never be out of reach; a line for each answer.

``python -m bench.rush.probe PLAN`` with ``{"base", "cookie", "pages": {name: path}}``, until it is ended.
A line: ``name status milliseconds``; status 0 when nothing came within 2 s.
"""

import http.client
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

WITHIN_SECONDS = 2.0


class Plan(msgspec.Struct, frozen=True):
    base: str
    cookie: str
    pages: dict[str, str]


def main() -> None:
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    with ThreadPoolExecutor(8 * len(plan.pages)) as pool:
        second = time.monotonic()
        while True:
            for name, path in plan.pages.items():
                pool.submit(_ask, plan, name, path)
            second += 1
            time.sleep(max(second - time.monotonic(), 0))


def _ask(plan: Plan, name: str, path: str) -> None:
    started, status = time.monotonic(), 0
    connection = http.client.HTTPConnection(urlsplit(plan.base).netloc, timeout=WITHIN_SECONDS)
    try:
        connection.request("GET", path, headers={"cookie": plan.cookie, "accept": "text/html"})
        answer = connection.getresponse()
        answer.read()
        status = answer.status
    except (OSError, http.client.HTTPException):
        status = 0
    finally:
        connection.close()
    line = f"{name} {status} {round((time.monotonic() - started) * 1000)}\n"
    os.write(sys.stdout.fileno(), line.encode())  # in one piece, whoever else writes


if __name__ == "__main__":
    main()
