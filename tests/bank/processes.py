"""`cabas bank` as a real process, and a shopper at its pages, for tests."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bridge.processes import _await, _process

KEY, SECRET = "a-key-of-the-tests", "a-secret-of-the-tests"
ACCEPTED, CONFIRMED, DECLINED = "4242 4242 4242 4242", "4000 0000 0000 3220", "4000 0000 0000 0002"


class Bank:
    """``url``: where it is found."""

    def __init__(self, card: dict[str, str]) -> None:
        self.url, self._admin = card["url"], card["admin"]

    def fault(self, kind: str, **more: Any) -> None:
        self.ask("POST", "/faults", {"kind": kind, "face": "v1", **more})

    def mend(self) -> None:
        self.ask("DELETE", "/faults")
        self.behave()

    def behave(self, **how: Any) -> None:
        self.ask("PUT", "/behaviour", how)

    def rows(self, table: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.ask("GET", f"/rows/{table}")
        return rows

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        sent = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self._admin + path, data=sent, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.loads(answer.read())


@contextmanager
def bank_process(folder: Path, *options: str) -> Iterator[Bank]:
    """On free ports, with `KEY` and `SECRET`."""
    card = folder / "bank.json"
    card.unlink(missing_ok=True)  # of a run before
    secrets = ("--key", KEY, "--webhook-secret", SECRET)
    command = ("bank", "--port", "0", "--admin-port", "0", "--data", str(folder), *secrets, *options)
    with _process(*command) as process:
        _await(lambda: card.exists(), process)
        yield Bank(json.loads(card.read_text()))


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def post(page: str, **fields: str) -> tuple[int, str, str]:
    """A form of the bank's, sent: status, where it leads, and the page."""
    sent = urllib.parse.urlencode(fields).encode()
    opener = urllib.request.build_opener(_Stay)
    try:
        with opener.open(urllib.request.Request(page, data=sent), timeout=10) as answer:  # noqa: S310
            return answer.status, "", answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers.get("location", ""), answer.read().decode()


def type_card(page: str, number: str = ACCEPTED) -> str:
    """Where the bank sends the shopper then."""
    status, leads, _ = post(page, number=number, expiry="12/40", code="123")
    assert status == 303
    return leads
