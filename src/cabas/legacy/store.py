"""
The stand-in's own storage: one SQLite file with the tables that a grocer's old system might have.

Amounts in cents. A balance is the sum of its card's movements. Every movement and hold has the caller's reference,
once: what a face makes of a second one is that face's affair.
"""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

SCHEMA = """
create table if not exists CUSTOMERS (
    REF text primary key, EMAIL text, NAME text, PHONE text, POSTCODE text, LANG text, WEB_ID text,
    REFERENCE text unique, CONSENTS text not null default '{}', UPDATED text, ERASED text, PROOF text);
create table if not exists CARDS (CARD text primary key, CUSTOMER_REF text, STATE text not null, SINCE text);
create table if not exists MOVEMENTS (
    NUM integer primary key autoincrement, CARD text not null, CENTS integer not null,
    REFERENCE text not null unique, ORDER_REF text, STORE text, REASON text, AT text not null,
    BALANCE_AFTER integer not null);
create table if not exists HOLDS (
    REF text primary key, REFERENCE text not null unique, CARD text not null, CENTS integer not null,
    EXPIRES_AT text not null, STATE text not null, ORDER_REF text);
create table if not exists OFFERS (
    OFFER text primary key, TITLE text, CENTS integer, PERCENT integer, EANS text, STARTS text, ENDS text);
create table if not exists PRICE_LIST (
    STORE text, EAN text, PRICE text, CHANGE_NO integer not null, primary key (STORE, EAN));
create table if not exists STOCK (
    STORE text, EAN text, QTY text, BACK_ON text, CHANGE_NO integer not null, primary key (STORE, EAN));
create table if not exists ORDER_STATUS (
    SEQ integer primary key, ORDER_REF text not null, STORE text, CODE text, STATE text, AT text, TIMES integer);
"""
HELD, SPENT, RELEASED, EXPIRED = "H", "S", "R", "X"
BUSY_SECONDS = 5.0
Row = dict[str, Any]


class LegacyError(Exception):
    """A no of the old system. ``code``: ``CARD_UNKNOWN``, ``BALANCE_TOO_LOW``, ``DUPLICATE``…"""

    def __init__(self, code: str, **known: Any) -> None:
        super().__init__(code)
        self.code = code
        self.known = known


class Store:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()

    # Loyalty

    def card(self, card: str) -> Row:
        """With ``BALANCE`` and ``HELD``. :raises LegacyError: CARD_UNKNOWN."""
        row = self._one("select * from CARDS where CARD = ?", card)
        if row is None:
            raise LegacyError("CARD_UNKNOWN")
        balance = self._value("select coalesce(sum(CENTS), 0) from MOVEMENTS where CARD = ?", card)
        held = self._value(
            "select coalesce(sum(CENTS), 0) from HOLDS where CARD = ? and STATE = ? and EXPIRES_AT > ?",
            card, HELD, _now(),
        )  # fmt: skip
        return {**row, "BALANCE": balance, "HELD": held}

    def post(self, card: str, cents: int, reference: str, *, order: str, store: str, reason: str) -> Row:
        """A movement. :raises LegacyError: CARD_UNKNOWN, CARD_BLOCKED, DUPLICATE with what it was."""
        with self._transaction():
            self._refuse_second("MOVEMENTS", reference)
            known = self.card(card)
            if known["STATE"] != "A":
                raise LegacyError("CARD_BLOCKED")
            return self._move(known, cents, reference, order=order, store=store, reason=reason)

    def movement(self, reference: str) -> Row | None:
        return self._one("select * from MOVEMENTS where REFERENCE = ?", reference)

    def hold(self, card: str, cents: int, reference: str, *, seconds: int, order: str) -> Row:
        """:raises LegacyError: CARD_UNKNOWN, CARD_BLOCKED, BALANCE_TOO_LOW, DUPLICATE with what it was."""
        with self._transaction():
            self._refuse_second("HOLDS", reference)
            known = self.card(card)
            if known["STATE"] != "A":
                raise LegacyError("CARD_BLOCKED")
            if known["BALANCE"] - known["HELD"] < cents:
                raise LegacyError("BALANCE_TOO_LOW")
            ref = f"R{uuid4().hex[:12]}"
            expires = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
            self._db.execute(
                "insert into HOLDS values (?, ?, ?, ?, ?, ?, ?)",
                (ref, reference, card, cents, expires, HELD, order),
            )
            return self.held(ref)

    def held(self, ref: str) -> Row:
        """:raises LegacyError: HOLD_UNKNOWN."""
        row = self._one("select * from HOLDS where REF = ?", ref)
        if row is None:
            raise LegacyError("HOLD_UNKNOWN")
        if row["STATE"] == HELD and row["EXPIRES_AT"] <= _now():
            row["STATE"] = EXPIRED
        return row

    def hold_of(self, reference: str) -> Row | None:
        return self._one("select * from HOLDS where REFERENCE = ?", reference)

    def spend(self, ref: str, cents: int, reference: str) -> Row:
        """:raises LegacyError: HOLD_UNKNOWN, HOLD_ENDED, MORE_THAN_HELD, DUPLICATE with what it was."""
        with self._transaction():
            self._refuse_second("MOVEMENTS", reference)
            hold = self.held(ref)
            if hold["STATE"] != HELD:
                raise LegacyError("HOLD_ENDED")
            if cents > hold["CENTS"]:
                raise LegacyError("MORE_THAN_HELD")
            self._db.execute("update HOLDS set STATE = ? where REF = ?", (SPENT, ref))
            known = self.card(hold["CARD"])
            return self._move(
                known, -cents, reference, order=hold["ORDER_REF"] or "", store="", reason="SPEND"
            )

    def release(self, ref: str) -> Row:
        """A second time changes nothing. :raises LegacyError: HOLD_UNKNOWN, HOLD_ENDED once spent."""
        with self._transaction():
            hold = self.held(ref)
            if hold["STATE"] == SPENT:
                raise LegacyError("HOLD_ENDED")
            if hold["STATE"] == HELD:
                self._db.execute("update HOLDS set STATE = ? where REF = ?", (RELEASED, ref))
            return self.held(ref)

    def offers(self) -> list[Row]:
        return self._all("select * from OFFERS order by OFFER")

    # Orders out

    def order_status(self, row: Row) -> int:
        """Kept once by its number; how often it came."""
        self._db.execute(
            "insert into ORDER_STATUS values (:seq, :order, :store, :code, :state, :at, 1)"
            " on conflict (SEQ) do update set TIMES = TIMES + 1",
            row,
        )
        return int(self._value("select TIMES from ORDER_STATUS where SEQ = ?", row["seq"]))

    # Prices and stocks

    def changes(self, table: str, *, after: int, limit: int) -> list[Row]:
        """Rows of PRICE_LIST or STOCK that changed after a number, in its order."""
        if table not in ("PRICE_LIST", "STOCK"):
            raise LegacyError("TABLE_UNKNOWN")
        return self._all(
            f"select * from {table} where CHANGE_NO > ? order by CHANGE_NO limit ?", after, limit
        )

    def put_price(self, store: str, ean: str, price: str) -> None:
        self._db.execute(
            "insert into PRICE_LIST select ?, ?, ?, coalesce(max(CHANGE_NO), 0) + 1 from PRICE_LIST where true"
            " on conflict (STORE, EAN) do update set PRICE = excluded.PRICE, CHANGE_NO = excluded.CHANGE_NO",
            (store, ean, price),
        )

    def put_stock(self, store: str, ean: str, quantity: str, back_on: str = "") -> None:
        self._db.execute(
            "insert into STOCK select ?, ?, ?, ?, coalesce(max(CHANGE_NO), 0) + 1 from STOCK where true"
            " on conflict (STORE, EAN) do update set QTY = excluded.QTY, BACK_ON = excluded.BACK_ON,"
            " CHANGE_NO = excluded.CHANGE_NO",
            (store, ean, quantity, back_on),
        )

    # Inside

    def rows(self, table: str) -> list[Row]:
        """All of a table, for tests and the admin page."""
        if table not in SCHEMA:
            raise LegacyError("TABLE_UNKNOWN")
        return self._all(f"select * from {table}")

    def execute(self, statement: str, *values: Any) -> None:
        self._db.execute(statement, values)

    def _move(self, card: Row, cents: int, reference: str, *, order: str, store: str, reason: str) -> Row:
        balance = card["BALANCE"] + cents
        self._db.execute(
            "insert into MOVEMENTS (CARD, CENTS, REFERENCE, ORDER_REF, STORE, REASON, AT, BALANCE_AFTER)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            (card["CARD"], cents, reference, order, store, reason, _now(), balance),
        )
        made = self.movement(reference)
        assert made is not None  # noqa: S101 - just written
        return made

    def _refuse_second(self, table: str, reference: str) -> None:
        known = self._one(f"select * from {table} where REFERENCE = ?", reference)
        if known is not None:
            raise LegacyError("DUPLICATE", row=known)

    def _transaction(self) -> "_Immediate":
        return _Immediate(self._db)

    def _one(self, statement: str, *values: Any) -> Row | None:
        row = self._db.execute(statement, values).fetchone()
        return dict(row) if row else None

    def _all(self, statement: str, *values: Any) -> list[Row]:
        return [dict(row) for row in self._db.execute(statement, values).fetchall()]

    def _value(self, statement: str, *values: Any) -> Any:
        return self._db.execute(statement, values).fetchone()[0]


class _Immediate:
    """Takes the write lock at once, so that what is read stays true."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("begin immediate")

    def __exit__(self, kind: object, *_: object) -> None:
        self._db.execute("rollback" if kind else "commit")


def euros(cents: int) -> str:
    return f"{cents / 100:.2f}"


def cents_of(text: Any) -> int:
    """:raises LegacyError: BAD_AMOUNT."""
    try:
        return round(float(text) * 100)
    except (TypeError, ValueError) as problem:
        raise LegacyError("BAD_AMOUNT") from problem


def consents_of(row: Row) -> dict[str, bool]:
    told: dict[str, bool] = json.loads(row["CONSENTS"] or "{}")
    return told


def _now() -> str:
    return datetime.now(UTC).isoformat()
