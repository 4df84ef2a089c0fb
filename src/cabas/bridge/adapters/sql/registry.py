"""The customer registry in tables."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, func, select

from cabas.bridge import shapes
from cabas.bridge.adapters.sql.tables import Tables
from cabas.bridge.port import Refused

FOUND_MAX = 20


class Registry:
    """Statements of one transaction each; whoever calls opens it."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    def find(self, db: Connection, asked: shapes.FindRequest) -> Any:
        people, cards = self._t.customers, self._t.cards
        wanted = []
        for name in ("ref", "email", "phone"):
            value = getattr(asked, name)
            if value:
                wanted.append(func.lower(people.c[name]) == value.lower())
        if asked.card:
            wanted.append(people.c.ref.in_(select(cards.c.customer_ref).where(cards.c.card == asked.card)))
        if not wanted:
            return {"items": []}
        rows = db.execute(select(people).where(people.c.erased.is_(None), *wanted).limit(FOUND_MAX)).all()
        return {"items": [self._person(db, row) for row in rows]}

    def create(self, db: Connection, asked: shapes.CreateRequest) -> Any:
        people = self._t.customers
        made = db.execute(select(people).where(people.c.reference == asked.key)).one_or_none()
        if made is not None:
            return self._person(db, made)
        if self.find(db, shapes.FindRequest(email=asked.email))["items"]:
            raise Refused("customer_exists")
        ref = f"C{uuid4().hex[:10]}"
        values = {
            "ref": ref, "email": asked.email, "name": asked.name, "phone": asked.phone, "postcode": asked.postcode,
            "lang": asked.language, "web_id": str(asked.customer or ""), "reference": asked.key,
            "consents": json.dumps(asked.consents), "updated": _now(),
        }  # fmt: skip
        db.execute(people.insert().values(values))
        card = {
            "card": f"299{uuid4().int % 10**10:010d}",
            "customer_ref": ref,
            "state": "A",
            "since": _now()[:10],
        }
        db.execute(self._t.cards.insert().values(card))
        return self._person(db, self._get(db, ref))

    def link(self, db: Connection, asked: shapes.LinkRequest) -> Any:
        return self._change(db, asked.ref, web_id=str(asked.customer))

    def consents(self, db: Connection, asked: shapes.ConsentsRequest) -> Any:
        after = json.loads(self._get(db, asked.ref).consents or "{}") | asked.consents
        self._change(db, asked.ref, consents=json.dumps(after))
        return {"ref": asked.ref, "consents": after, "at": asked.at}

    def merge(self, db: Connection, asked: shapes.MergeRequest) -> Any:
        people, cards = self._t.customers, self._t.cards
        self._get(db, asked.keep)
        db.execute(cards.update().where(cards.c.customer_ref == asked.gone).values(customer_ref=asked.keep))
        gone = people.update().where(people.c.ref == asked.gone, people.c.erased.is_(None))
        db.execute(gone.values(erased=_now(), proof=f"MERGED {asked.keep}"))
        return self._person(db, self._get(db, asked.keep))

    def erase(self, db: Connection, asked: shapes.EraseRequest) -> Any:
        people, cards = self._t.customers, self._t.cards
        row = db.execute(select(people).where(people.c.ref == asked.ref)).one_or_none()
        if row is None:
            raise Refused("customer_not_found")
        if row.erased is None:
            empty = dict.fromkeys(("email", "name", "phone", "postcode", "web_id"))
            proof = {"erased": _now(), "proof": f"E{uuid4().hex[:12]}", "consents": "{}"}
            db.execute(people.update().where(people.c.ref == asked.ref).values({**empty, **proof}))
            db.execute(cards.update().where(cards.c.customer_ref == asked.ref).values(state="C"))
            row = db.execute(select(people).where(people.c.ref == asked.ref)).one()
        return {"ref": asked.ref, "erased_at": row.erased, "proof": row.proof}

    def export(self, db: Connection, asked: shapes.ExportRequest) -> Any:
        cards, moves = self._t.cards, self._t.movements
        person = self._get(db, asked.ref)
        owned = db.execute(select(cards).where(cards.c.customer_ref == asked.ref)).all()
        numbers = [row.card for row in owned]
        moved = db.execute(select(moves).where(moves.c.card.in_(numbers)).order_by(moves.c.num)).all()
        sections = {"customer": [person], "cards": owned, "movements": moved}
        told = {name: [dict(row._mapping) for row in rows] for name, rows in sections.items()}
        return {"ref": asked.ref, "at": datetime.now(UTC), "sections": told}

    def _get(self, db: Connection, ref: str) -> Any:
        people = self._t.customers
        row = db.execute(select(people).where(people.c.ref == ref, people.c.erased.is_(None))).one_or_none()
        if row is None:
            raise Refused("customer_not_found")
        return row

    def _change(self, db: Connection, ref: str, **values: str) -> Any:
        people = self._t.customers
        self._get(db, ref)
        db.execute(people.update().where(people.c.ref == ref).values({**values, "updated": _now()}))
        return self._person(db, self._get(db, ref))

    def _person(self, db: Connection, row: Any) -> Any:
        cards = self._t.cards
        owned = select(cards.c.card).where(cards.c.customer_ref == row.ref, cards.c.state == "A").limit(1)
        texts = {"email": row.email, "name": row.name, "phone": row.phone, "postcode": row.postcode}
        told = {name: value or "" for name, value in texts.items()}
        links = {
            "ref": row.ref,
            "card": db.execute(owned).scalar_one_or_none(),
            "customer": row.web_id or None,
        }
        consents = json.loads(row.consents or "{}")
        return {
            **told,
            **links,
            "language": row.lang or "fr",
            "consents": consents,
            "updated_at": row.updated,
        }


def _now() -> str:
    return datetime.now(UTC).isoformat()
