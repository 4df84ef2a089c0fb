"""
The face of files: a folder into which requests are dropped, and out of which answers, lists and feeds are taken.

``in/NAME.csv`` → ``out/answers/NAME.csv``, then the request moves to ``in/done``. ``out/cards.csv`` lists cards with
their balances. ``out/feeds`` has prices as CSV and stocks in fixed width. A file is whole once its name is final.
"""

import asyncio
import csv
import io
from collections.abc import Sequence
from pathlib import Path

from cabas.legacy.faults import Fault, Faults
from cabas.legacy.store import LegacyError, Row, Store, cents_of, euros

LOOK_EVERY_SECONDS = 0.05
ANSWER = ("code", "number", "card", "amount", "balance", "until", "status")
CARDS = ("card", "status", "holder", "opened", "balance", "held")
STOCK_WIDTHS = (("store", 12), ("ean", 14), ("quantity", 10), ("back_on", 10))


class Folder:
    def __init__(self, store: Store, faults: Faults, folder: Path) -> None:
        self._store, self._faults, self._folder = store, faults, folder
        for name in ("in/done", "out/answers", "out/feeds"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    async def run(self) -> None:
        """Until cancelled."""
        listed: list[Row] = []
        while True:
            for path in sorted((self._folder / "in").glob("*.csv")):
                await self._take(path)
            cards = [self._store.card(row["CARD"]) for row in self._store.rows("CARDS")]
            if cards != listed:
                listed = cards
                self._list_cards(cards)
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    def write_feed(self, *, kind: str, name: str) -> Path:
        """All prices as CSV, or all stocks in fixed width."""
        table = "PRICE_LIST" if kind == "prices" else "STOCK"
        rows = self._store.changes(table, after=0, limit=10_000_000)
        if kind == "prices":
            text = _csv(("store", "ean", "price"), [(row["STORE"], row["EAN"], row["PRICE"]) for row in rows])
        else:
            text = "".join(_fixed(row) for row in rows)
        path = self._folder / "out" / "feeds" / name
        _put(path, text)
        return path

    async def _take(self, path: Path) -> None:
        if self._answered(path):
            return
        fault = self._faults.take("files")
        if fault is not None and fault.kind in ("hang", "down", "reset") and not fault.effect:
            return
        if fault is not None and fault.kind in ("latency", "drip"):
            await asyncio.sleep(fault.seconds)
        self._answer(path, fault)

    def _answered(self, path: Path) -> bool:
        """The same name again was done before."""
        known = (self._folder / "out" / "answers" / path.name).exists()
        if known:
            path.replace(self._folder / "in" / "done" / path.name)
        return known

    def _answer(self, path: Path, fault: Fault | None) -> None:
        answer = self._folder / "out" / "answers" / path.name
        rows = list(csv.DictReader(io.StringIO(path.read_text()), delimiter=";"))
        text = _csv(ANSWER, [self._done(row) for row in rows])
        if fault is None or fault.kind in ("latency", "drip"):
            _put(answer, text)
        else:
            self._spoil(fault, answer, text)
        path.replace(self._folder / "in" / "done" / path.name)

    def _spoil(self, fault: Fault, answer: Path, text: str) -> None:
        if fault.kind == "half":
            _put(answer, text[: len(text) // 2])
        elif fault.kind in ("wrong", "error"):
            _put(answer, "\x00\x01 JOB ABENDED S0C7\n")

    def _done(self, row: Row) -> tuple[str, ...]:
        try:
            return self._do(row)
        except LegacyError as refused:
            known = refused.known.get("row")
            if refused.code != "DUPLICATE" or known is None:
                return (refused.code, "", "", "", "", "", "")
            return _hold(known) if "EXPIRES_AT" in known else _movement(known)
        except (KeyError, ValueError):
            return ("BAD_REQUEST", "", "", "", "", "", "")

    def _do(self, row: Row) -> tuple[str, ...]:
        store = self._store
        match row["what"]:
            case "EARN":
                made = store.post(
                    row["card"], cents_of(row["amount"]), row["reference"],
                    order=row["order"], store=row["store"], reason=row["text"],
                )  # fmt: skip
                return _movement(made)
            case "HOLD":
                return _hold(
                    store.hold(
                        row["card"], cents_of(row["amount"]), row["reference"],
                        seconds=int(row["seconds"]), order=row["order"],
                    )
                )  # fmt: skip
            case "SPEND":
                return _movement(store.spend(row["hold"], cents_of(row["amount"]), row["reference"]))
            case "RELEASE":
                return _hold(store.release(row["hold"]))
            case "STATUS":
                told = {name: row[name] for name in ("order", "store", "code", "state", "at")}
                times = store.order_status({**told, "seq": int(row["seq"])})
                return ("OK", str(times), "", "", "", "", "")
        return ("UNKNOWN", "", "", "", "", "", "")

    def _list_cards(self, cards: list[Row]) -> None:
        rows = [
            (
                row["CARD"], row["STATE"], row["CUSTOMER_REF"] or "", row["SINCE"] or "",
                euros(row["BALANCE"]), euros(row["HELD"]),
            )
            for row in cards
        ]  # fmt: skip
        _put(self._folder / "out" / "cards.csv", _csv(CARDS, rows))


def _movement(row: Row) -> tuple[str, ...]:
    return ("OK", str(row["NUM"]), row["CARD"], euros(row["CENTS"]), euros(row["BALANCE_AFTER"]), "", "")


def _hold(row: Row) -> tuple[str, ...]:
    return ("OK", row["REF"], row["CARD"], euros(row["CENTS"]), "", row["EXPIRES_AT"], row["STATE"])


def _fixed(row: Row) -> str:
    values = {
        "store": row["STORE"],
        "ean": row["EAN"],
        "quantity": row["QTY"],
        "back_on": row["BACK_ON"] or "",
    }
    return "".join(f"{values[name]!s:<{width}.{width}}" for name, width in STOCK_WIDTHS) + "\n"


def _csv(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _put(path: Path, text: str) -> None:
    fresh = path.with_suffix(".tmp")
    fresh.write_text(text)
    fresh.replace(path)
