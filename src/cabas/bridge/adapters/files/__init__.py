"""
Files over a folder. Options: ``folder``; ``feeds``, a table for each kind (`cabas.bridge.adapters.files.feeds`).

Requests go to ``in/NAME.csv``, answers come as ``out/answers/NAME.csv``, cards with their balances as
``out/cards.csv``. The name is made of operation and key, so that what is dropped twice is one request.
"""

import asyncio
import csv
import hashlib
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from cabas.bridge import shapes
from cabas.bridge.adapters.files.feeds import FeedFiles, feed_files
from cabas.bridge.port import Adapter as Port
from cabas.bridge.port import BadOptions, Faulty, FeedPage, Refused
from cabas.bridge.rest import MISREAD
from cabas.bridge.shapes import OPERATIONS, FeedKind, FeedMode
from cabas.bridge.values import CARD_STATES, HOLD_STATES, cents_of, euros, pick

LOOK_EVERY_SECONDS = 0.05
REQUEST = (
    "what", "reference", "card", "amount", "order", "store", "text", "seconds", "hold", "seq", "code", "state", "at",
)  # fmt: skip
ANSWER = ("code", "number", "card", "amount", "balance", "until", "status")
REFUSALS = {
    "CARD_UNKNOWN": "card_not_found",
    "CARD_BLOCKED": "card_blocked",
    "BALANCE_TOO_LOW": "insufficient_balance",
    "HOLD_UNKNOWN": "reservation_not_found",
    "HOLD_ENDED": "reservation_ended",
    "MORE_THAN_HELD": "bad_request",
    "BAD_REQUEST": "bad_request",
}
_WHAT = {
    "loyalty/earn": "EARN", "loyalty/reserve": "HOLD", "loyalty/spend": "SPEND", "loyalty/release": "RELEASE",
    "orders/status": "STATUS",
}  # fmt: skip


class Adapter(Port):
    """See `cabas.bridge.port.Adapter`."""

    served = frozenset({"loyalty/card", "loyalty/balance", *_WHAT})
    feeds = frozenset(FeedKind)

    def __init__(self, options: Mapping[str, Any], *, seconds: float) -> None:
        super().__init__(options, seconds=seconds)
        self._folder = Path(str(options.get("folder", "")))
        if not self._folder.is_dir():
            raise BadOptions(f"folder: {self._folder} is none")
        self._feeds: dict[FeedKind, FeedFiles] = feed_files(self._folder, options.get("feeds", {}))

    async def answer(self, operation: str, request: Any) -> Any:
        """See `Adapter.answer`. Waits for the answer's file, as long as its caller waits."""
        if operation in ("loyalty/card", "loyalty/balance"):
            return self._converted(operation, request, await asyncio.to_thread(self._listed, request.card))
        name = _name(operation, request)
        row = await asyncio.to_thread(self._drop, name, _request(operation, request))
        while row is None:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            row = await asyncio.to_thread(self._answered, name)
        if row["code"] != "OK":
            await asyncio.to_thread(self._forget, name)
            if row["code"] in REFUSALS:
                raise Refused(REFUSALS[row["code"]])
            raise Faulty(f"the answer's code is {row['code']!r}")
        return self._converted(operation, request, row)

    async def page(self, kind: FeedKind, *, mode: FeedMode, cursor: str, limit: int) -> FeedPage | None:
        """See `Adapter.page`. A file is a feed, and says by its name what it is."""
        if kind not in self._feeds:
            return None
        try:
            return await asyncio.to_thread(self._feeds[kind].page, cursor, limit)
        except OSError as problem:
            raise Faulty(str(problem)) from problem

    async def fed(self, kind: FeedKind, cursor: str) -> str:
        """The file moves to ``done``; the next begins at its beginning."""
        await asyncio.to_thread(self._feeds[kind].done, cursor)
        return ""

    def _converted(self, operation: str, request: Any, row: dict[str, str]) -> Any:
        try:
            return msgspec.convert(_READ[operation](request, row), OPERATIONS[operation].answer)
        except (*MISREAD, msgspec.ValidationError) as problem:
            raise Faulty(f"the file is not as expected: {problem!r}") from problem

    def _listed(self, card: str) -> dict[str, str]:
        """:raises Refused: the list has no such card. :raises Faulty: there is no list."""
        try:
            path = self._folder / "out" / "cards.csv"
            at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            rows = csv.DictReader(io.StringIO(path.read_text()), delimiter=";")
            found = next((row for row in rows if row.get("card") == card), None)
        except (OSError, ValueError, csv.Error) as problem:
            raise Faulty(f"cards.csv: {type(problem).__name__}") from problem
        if found is None:
            raise Refused("card_not_found")
        return {**found, "at": at.isoformat()}

    def _drop(self, name: str, values: Mapping[str, str]) -> dict[str, str] | None:
        """The answer when there is one already; else the request lies there."""
        known = self._answered(name)
        if known is None:
            text = io.StringIO()
            writer = csv.DictWriter(text, REQUEST, delimiter=";", lineterminator="\n", restval="")
            writer.writeheader()
            writer.writerow(values)
            path = self._folder / "in" / name
            fresh = path.with_suffix(".tmp")
            fresh.write_text(text.getvalue())
            fresh.replace(path)
        return known

    def _answered(self, name: str) -> dict[str, str] | None:
        """:raises Faulty: a file that makes no sense; it goes, so that the same request is answered anew."""
        path = self._folder / "out" / "answers" / name
        try:
            text = path.read_text()
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            text = ""
        rows = list(csv.reader(io.StringIO(text.replace("\x00", "")), delimiter=";"))
        if (
            len(rows) == 2
            and tuple(rows[0]) == ANSWER
            and len(rows[1]) == len(ANSWER)
            and text.endswith("\n")
        ):
            return dict(zip(ANSWER, rows[1], strict=True))
        self._forget(name)
        raise Faulty("half an answer")

    def _forget(self, name: str) -> None:
        (self._folder / "out" / "answers" / name).unlink(missing_ok=True)


def _name(operation: str, request: Any) -> str:
    key = f"status-{request.seq}" if operation == "orders/status" else request.key
    return f"{hashlib.sha256(f'{operation} {key}'.encode()).hexdigest()[:32]}.csv"


def _request(operation: str, asked: Any) -> dict[str, str]:
    values = {name: value for name, value in msgspec.to_builtins(asked).items() if value is not None}
    named = {"key": "reference", "reason": "text", "reservation": "hold"}
    row = {named.get(name, name): str(value) for name, value in values.items() if name != "cents"}
    if "cents" in values:
        row["amount"] = euros(values["cents"])
    return {"what": _WHAT[operation], **{name: value for name, value in row.items() if name in REQUEST}}


def _balance(_: Any, row: dict[str, str]) -> Any:
    cents, held = cents_of(row["balance"]), cents_of(row["held"])
    figures = {"cents": cents, "reserved_cents": held, "available_cents": cents - held}
    return {**pick(row, card="card", at="at"), **figures}


def _card(_: Any, row: dict[str, str]) -> Any:
    named = {"barcode": row["card"], "customer": row["holder"] or None, "since": row["opened"] or None}
    return {"card": row["card"], "state": CARD_STATES[row["status"]], **named}


def _earned(asked: Any, row: dict[str, str]) -> Any:
    amounts = {"cents": cents_of(row["amount"]), "balance_cents": cents_of(row["balance"])}
    return {"key": asked.key, **pick(row, card="card", movement="number"), **amounts}


def _hold(_: Any, row: dict[str, str]) -> Any:
    named = pick(row, reservation="number", card="card", expires_at="until")
    return {**named, "cents": cents_of(row["amount"]), "state": HOLD_STATES[row["status"]]}


def _spent(asked: Any, row: dict[str, str]) -> Any:
    amounts = {"cents": -cents_of(row["amount"]), "balance_cents": cents_of(row["balance"])}
    return {"key": asked.key, "reservation": asked.reservation, **amounts}


def _taken(asked: shapes.OrderStatus, _: dict[str, str]) -> Any:
    return {"seq": asked.seq, "order": asked.order}


_READ: dict[str, Any] = {
    "loyalty/card": _card,
    "loyalty/balance": _balance,
    "loyalty/earn": _earned,
    "loyalty/reserve": _hold,
    "loyalty/spend": _spent,
    "loyalty/release": _hold,
    "orders/status": _taken,
}
