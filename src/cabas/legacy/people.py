"""The stand-in's customers."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from cabas.legacy.store import LegacyError, Row, Store, consents_of

_COLUMNS = {"ref": "REF", "email": "EMAIL", "phone": "PHONE"}


class People:
    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, **asked: str) -> list[Row]:
        """By ``ref``, ``email``, ``phone`` or ``card``, all that are given; at most 20, each with its CARD."""
        found = [row for row in self._store.rows("CUSTOMERS") if not row["ERASED"]]
        cards = {row["CUSTOMER_REF"]: row["CARD"] for row in self._store.rows("CARDS") if row["STATE"] == "A"}
        for name, column in _COLUMNS.items():
            if asked.get(name):
                found = [row for row in found if (row[column] or "").lower() == asked[name].lower()]
        if asked.get("card"):
            found = [row for row in found if cards.get(row["REF"]) == asked["card"]]
        return [{**row, "CARD": cards.get(row["REF"])} for row in found[:20]] if any(asked.values()) else []

    def get(self, ref: str) -> Row:
        """:raises LegacyError: CUSTOMER_UNKNOWN."""
        found = self.find(ref=ref)
        if not found:
            raise LegacyError("CUSTOMER_UNKNOWN")
        return found[0]

    def made(self, reference: str) -> list[Row]:
        """Whom this reference created, if it did."""
        rows = [
            row
            for row in self._store.rows("CUSTOMERS")
            if row["REFERENCE"] == reference and not row["ERASED"]
        ]
        return [self.get(row["REF"]) for row in rows]

    def create(self, told: dict[str, Any]) -> Row:
        """
        ``email name phone postcode lang web_id reference consents``; with a card of their own.

        :raises LegacyError: EMAIL_TAKEN, DUPLICATE with what it was.
        """
        for row in self._store.rows("CUSTOMERS"):
            if told.get("reference") and row["REFERENCE"] == told["reference"]:
                raise LegacyError("DUPLICATE", row=self.get(row["REF"]))
            if not row["ERASED"] and (row["EMAIL"] or "").lower() == str(told["email"]).lower():
                raise LegacyError("EMAIL_TAKEN")
        ref = f"C{uuid4().hex[:10]}"
        values = [told.get(name) or "" for name in ("email", "name", "phone", "postcode", "lang", "web_id")]
        self._store.execute(
            "insert into CUSTOMERS values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null, null)",
            ref, *values, told.get("reference") or None, json.dumps(told.get("consents") or {}), _now(),
        )  # fmt: skip
        card = f"299{uuid4().int % 10**10:010d}"
        self._store.execute("insert into CARDS values (?, ?, 'A', ?)", card, ref, _now()[:10])
        return self.get(ref)

    def link(self, ref: str, web_id: str) -> Row:
        """:raises LegacyError: CUSTOMER_UNKNOWN."""
        self.get(ref)
        self._store.execute("update CUSTOMERS set WEB_ID = ?, UPDATED = ? where REF = ?", web_id, _now(), ref)
        return self.get(ref)

    def consent(self, ref: str, consents: dict[str, bool]) -> Row:
        """:raises LegacyError: CUSTOMER_UNKNOWN."""
        after = consents_of(self.get(ref)) | consents
        self._store.execute(
            "update CUSTOMERS set CONSENTS = ?, UPDATED = ? where REF = ?", json.dumps(after), _now(), ref
        )
        return self.get(ref)

    def merge(self, gone: str, keep: str) -> Row:
        """Done before: nothing more happens. :raises LegacyError: CUSTOMER_UNKNOWN."""
        self.get(keep)
        self._store.execute("update CARDS set CUSTOMER_REF = ? where CUSTOMER_REF = ?", keep, gone)
        self._store.execute(
            "update CUSTOMERS set ERASED = ?, PROOF = ? where REF = ? and ERASED is null",
            _now(),
            f"MERGED {keep}",
            gone,
        )
        return self.get(keep)

    def erase(self, ref: str) -> Row:
        """``ERASED`` and ``PROOF``; done before: as it was. :raises LegacyError: CUSTOMER_UNKNOWN."""
        row = next((one for one in self._store.rows("CUSTOMERS") if one["REF"] == ref), None)
        if row is None:
            raise LegacyError("CUSTOMER_UNKNOWN")
        if row["ERASED"]:
            return row
        self._store.execute(
            "update CUSTOMERS set EMAIL = null, NAME = null, PHONE = null, POSTCODE = null, WEB_ID = null,"
            " CONSENTS = '{}', ERASED = ?, PROOF = ? where REF = ?",
            _now(), f"E{uuid4().hex[:12]}", ref,
        )  # fmt: skip
        self._store.execute("update CARDS set STATE = 'C' where CUSTOMER_REF = ?", ref)
        return self.erase(ref)

    def dossier(self, ref: str) -> dict[str, list[Row]]:
        """:raises LegacyError: CUSTOMER_UNKNOWN."""
        person = self.get(ref)
        cards = [row for row in self._store.rows("CARDS") if row["CUSTOMER_REF"] == ref]
        numbers = {row["CARD"] for row in cards}
        moved = [row for row in self._store.rows("MOVEMENTS") if row["CARD"] in numbers]
        return {"customer": [person], "cards": cards, "movements": moved}


def _now() -> str:
    return datetime.now(UTC).isoformat()
