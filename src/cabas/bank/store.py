"""
The stand-in's storage: one SQLite file with payments, what was answered under each key, and words to tell.

Amounts in cents, times in seconds since 1970. Of a card its last four digits are kept and no more.
"""

import json
import secrets
import sqlite3
import time
from pathlib import Path
from typing import Any

SCHEMA = """
create table if not exists PAYMENTS (
    ID text primary key, REFERENCE text not null unique, CENTS integer not null, TITLE text not null,
    LANGUAGE text not null, BACK text not null, STATE text not null, HELD integer not null default 0,
    CAPTURED integer not null default 0, REFUNDED integer not null default 0, PROBLEM text not null default '',
    LAST4 text not null default '', EXPIRES_AT real not null, CREATED_AT real not null);
create table if not exists ANSWERS (
    KEY text primary key, ASKED text not null, STATUS integer not null, BODY text not null);
create table if not exists WEBHOOKS (
    NUM integer primary key autoincrement, EVENT text not null, REFERENCE text not null, KIND text not null,
    DUE_AT real not null, ATTEMPTS integer not null default 0, DELIVERED_AT real);
"""
WAITING, CONFIRMING, AUTHORISED = "waiting", "confirming", "authorised"
CAPTURED, CANCELLED, DECLINED = "captured", "cancelled", "declined"
TABLES = frozenset({"PAYMENTS", "ANSWERS", "WEBHOOKS"})
EXPIRES_SECONDS_MAX = 86_400
CENTS_MAX = 1_000_000
BUSY_SECONDS = 5.0
Row = dict[str, Any]


class BankError(Exception):
    """A no. ``code``: ``payment_unknown``, ``hold_ended``, ``more_than_held``, ``key_reused``…"""

    def __init__(self, code: str, status: int = 409) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class Store:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.executescript(SCHEMA)
        self.webhook_delay = 0.0
        self.webhook_times = 1

    def close(self) -> None:
        self._db.close()

    # Payments

    def open(self, asked: Row) -> Row:
        """Another one of the same reference is the same. :raises BankError: amounts or times that can't be."""
        known = self._one("select * from PAYMENTS where REFERENCE = ?", str(asked["reference"]))
        if known is not None:
            return known
        cents, seconds = int(asked["amount"]), float(asked["expires_in"])
        if not 0 < cents <= CENTS_MAX or not 0 < seconds <= EXPIRES_SECONDS_MAX:
            raise BankError("bad_amount", 422)
        back = str(asked["return_url"])
        if not back.startswith(("http://", "https://")):
            raise BankError("bad_return_url", 422)
        payment_id = f"pay_{secrets.token_urlsafe(18)}"
        self._db.execute(
            "insert into PAYMENTS (ID, REFERENCE, CENTS, TITLE, LANGUAGE, BACK, STATE, EXPIRES_AT, CREATED_AT)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                payment_id, str(asked["reference"]), cents, str(asked["title"])[:100],
                str(asked.get("language") or "fr"), back, WAITING, time.time() + seconds, time.time(),
            ),
        )  # fmt: skip
        return self.payment(payment_id)

    def payment(self, payment_id: str) -> Row:
        """:raises BankError: payment_unknown."""
        return self._known("ID", payment_id)

    def of_reference(self, reference: str) -> Row:
        """:raises BankError: payment_unknown."""
        return self._known("REFERENCE", reference)

    def move(self, row: Row, state: str, **changed: Any) -> Row:
        """Into a state, with other columns; the merchant is told of it."""
        values = {"STATE": state, **changed}
        names = ", ".join(f"{name} = ?" for name in values)
        self._db.execute(f"update PAYMENTS set {names} where ID = ?", (*values.values(), row["ID"]))
        self.tell(row["REFERENCE"], f"payment.{state}")
        return self.payment(row["ID"])

    def capture(self, reference: str, cents: int) -> Row:
        """Once, as much or less than is held; the rest is let go."""
        row = self.of_reference(reference)
        if row["STATE"] != AUTHORISED:
            raise BankError("hold_ended")
        if not 0 < cents <= row["HELD"]:
            raise BankError("more_than_held")
        return self.move(row, CAPTURED, CAPTURED=cents)

    def cancel(self, reference: str) -> Row:
        """What is not captured; a second time changes nothing."""
        row = self.of_reference(reference)
        if row["STATE"] in (WAITING, CONFIRMING, AUTHORISED):
            return self.move(row, CANCELLED)
        return row

    def refund(self, reference: str, cents: int) -> Row:
        row = self.of_reference(reference)
        if row["STATE"] != CAPTURED:
            raise BankError("nothing_captured")
        if not 0 < cents <= row["CAPTURED"] - row["REFUNDED"]:
            raise BankError("more_than_captured")
        return self.move(row, CAPTURED, REFUNDED=row["REFUNDED"] + cents)

    # Answers by key

    def answered(self, key: str, asked: str) -> tuple[int, str] | None:
        """What was answered to this before. :raises BankError: key_reused for something else."""
        row = self._one("select * from ANSWERS where KEY = ?", key)
        if row is None:
            return None
        if row["ASKED"] != asked:
            raise BankError("key_reused", 422)
        return row["STATUS"], row["BODY"]

    def keep_answer(self, key: str, asked: str, status: int, body: str) -> None:
        self._db.execute("insert or ignore into ANSWERS values (?, ?, ?, ?)", (key, asked, status, body))

    # Words to the merchant

    def tell(self, reference: str, kind: str) -> None:
        """As often and as late as it was told to; the same event each time."""
        event, due = f"evt_{secrets.token_hex(8)}", time.time() + self.webhook_delay
        self._db.executemany(
            "insert into WEBHOOKS (EVENT, REFERENCE, KIND, DUE_AT) values (?, ?, ?, ?)",
            [(event, reference, kind, due)] * self.webhook_times,
        )

    def due_webhooks(self, *, limit: int) -> list[Row]:
        return self._all(
            "select * from WEBHOOKS where DELIVERED_AT is null and DUE_AT <= ? order by DUE_AT limit ?",
            time.time(), limit,
        )  # fmt: skip

    def webhook_ended(self, num: int, *, delivered: bool, again_in: float = 0.0) -> None:
        now = time.time()
        self._db.execute(
            "update WEBHOOKS set ATTEMPTS = ATTEMPTS + 1, DELIVERED_AT = ?, DUE_AT = ? where NUM = ?",
            (now if delivered else None, now + again_in, num),
        )

    # Inside

    def transaction(self) -> "_Immediate":
        return _Immediate(self._db)

    def rows(self, table: str) -> list[Row]:
        """All of a table, for tests and the admin page. :raises BankError: table_unknown."""
        if table not in TABLES:
            raise BankError("table_unknown", 404)
        return self._all(f"select * from {table}")

    def _known(self, column: str, value: str) -> Row:
        row = self._one(f"select * from PAYMENTS where {column} = ?", value)
        if row is None:
            raise BankError("payment_unknown", 404)
        return row

    def _one(self, statement: str, *values: Any) -> Row | None:
        row = self._db.execute(statement, values).fetchone()
        return dict(row) if row else None

    def _all(self, statement: str, *values: Any) -> list[Row]:
        return [dict(row) for row in self._db.execute(statement, values).fetchall()]


class _Immediate:
    """Takes the write lock at once, so that what is read stays true."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("begin immediate")

    def __exit__(self, kind: object, *_: object) -> None:
        self._db.execute("rollback" if kind else "commit")


def told(row: Row, *, site: str) -> Row:
    """A payment as the API tells it."""
    return {
        "id": row["ID"], "reference": row["REFERENCE"], "state": row["STATE"], "amount": row["CENTS"],
        "authorised": row["HELD"], "captured": row["CAPTURED"], "refunded": row["REFUNDED"],
        "problem": row["PROBLEM"], "page": f"{site}/pay/{row['ID']}",
    }  # fmt: skip


def text_of(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
