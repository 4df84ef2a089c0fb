"""Loyalty in tables: the sum of a card's movements, holds beside them; each reference once, in one transaction."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, func, select

from cabas.bridge import shapes
from cabas.bridge.adapters.sql.tables import Tables
from cabas.bridge.port import Refused
from cabas.bridge.values import CARD_STATES, HOLD_STATES

HELD, SPENT, RELEASED = "H", "S", "R"


class Loyalty:
    """Statements of one transaction each; whoever calls opens it."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    def card(self, db: Connection, asked: shapes.CardRequest) -> Any:
        row = self._card(db, asked.card)
        named = {
            "card": row.card,
            "barcode": row.card,
            "customer": row.customer_ref,
            "since": row.since or None,
        }
        return {**named, "state": CARD_STATES[row.state]}

    def balance(self, db: Connection, asked: shapes.CardRequest) -> Any:
        self._card(db, asked.card)
        cents, held = self._sum(db, asked.card), self._held(db, asked.card)
        figures = {"cents": cents, "reserved_cents": held, "available_cents": cents - held}
        return {"card": asked.card, "at": datetime.now(UTC), **figures}

    def earn(self, db: Connection, asked: shapes.EarnRequest) -> Any:
        row = self._movement(db, asked.key)
        if row is None:
            self._usable(db, asked.card)
            labels = {"order_ref": str(asked.order or ""), "store": asked.store, "reason": asked.reason}
            row = self._move(db, asked.card, asked.cents, asked.key, labels)
        return {
            "key": asked.key, "card": row.card, "cents": row.cents, "balance_cents": row.balance_after,
            "movement": str(row.num),
        }  # fmt: skip

    def reserve(self, db: Connection, asked: shapes.ReserveRequest) -> Any:
        holds = self._t.holds
        row = db.execute(select(holds).where(holds.c.reference == asked.key)).one_or_none()
        if row is None:
            self._usable(db, asked.card)
            if self._sum(db, asked.card) - self._held(db, asked.card) < asked.cents:
                raise Refused("insufficient_balance")
            expires = (datetime.now(UTC) + timedelta(seconds=asked.seconds)).isoformat()
            values = {
                "ref": f"R{uuid4().hex[:12]}", "reference": asked.key, "card": asked.card, "cents": asked.cents,
                "expires_at": expires, "state": HELD, "order_ref": str(asked.order or ""),
            }  # fmt: skip
            db.execute(holds.insert().values(values))
            row = db.execute(select(holds).where(holds.c.reference == asked.key)).one()
        return _hold(row)

    def spend(self, db: Connection, asked: shapes.SpendRequest) -> Any:
        row = self._movement(db, asked.key)
        if row is None:
            holds = self._t.holds
            hold = self._hold(db, asked.reservation)
            if hold.state != HELD or hold.expires_at <= _now():
                raise Refused("reservation_ended")
            if asked.cents > hold.cents:
                raise Refused("bad_request", "more than was reserved")
            self._usable(db, hold.card)
            db.execute(holds.update().where(holds.c.ref == hold.ref).values(state=SPENT))
            labels = {"order_ref": hold.order_ref, "store": "", "reason": "SPEND"}
            row = self._move(db, hold.card, -asked.cents, asked.key, labels)
        return {
            "key": asked.key, "reservation": asked.reservation, "cents": -row.cents, "balance_cents": row.balance_after
        }  # fmt: skip

    def release(self, db: Connection, asked: shapes.ReleaseRequest) -> Any:
        holds = self._t.holds
        hold = self._hold(db, asked.reservation)
        if hold.state == SPENT:
            raise Refused("reservation_ended")
        if hold.state == HELD and hold.expires_at > _now():
            db.execute(holds.update().where(holds.c.ref == hold.ref).values(state=RELEASED))
        return _hold(self._hold(db, asked.reservation))

    def offers(self, db: Connection, _: shapes.OffersRequest) -> Any:
        rows = db.execute(select(self._t.offers).order_by(self._t.offers.c.offer))
        items = [
            {
                "offer": row.offer, "title": row.title, "cents": row.cents or 0, "percent": row.percent or 0,
                "gtins": (row.eans or "").split(), "starts_at": row.starts, "ends_at": row.ends,
            }
            for row in rows
        ]  # fmt: skip
        return {"items": items}

    def _card(self, db: Connection, card: str) -> Any:
        cards = self._t.cards
        row = db.execute(select(cards).where(cards.c.card == card)).one_or_none()
        if row is None:
            raise Refused("card_not_found")
        return row

    def _usable(self, db: Connection, card: str) -> None:
        """Locks the card where the database can, so that two holds can't share its balance."""
        cards = self._t.cards
        row = db.execute(select(cards).where(cards.c.card == card).with_for_update()).one_or_none()
        if row is None:
            raise Refused("card_not_found")
        if row.state != "A":
            raise Refused("card_blocked")

    def _sum(self, db: Connection, card: str) -> int:
        moves = self._t.movements
        statement = select(func.coalesce(func.sum(moves.c.cents), 0)).where(moves.c.card == card)
        return int(db.execute(statement).scalar_one())

    def _held(self, db: Connection, card: str) -> int:
        holds = self._t.holds
        statement = select(func.coalesce(func.sum(holds.c.cents), 0)).where(
            holds.c.card == card, holds.c.state == HELD, holds.c.expires_at > _now()
        )
        return int(db.execute(statement).scalar_one())

    def _hold(self, db: Connection, ref: str) -> Any:
        holds = self._t.holds
        row = db.execute(select(holds).where(holds.c.ref == ref).with_for_update()).one_or_none()
        if row is None:
            raise Refused("reservation_not_found")
        return row

    def _movement(self, db: Connection, reference: str) -> Any:
        moves = self._t.movements
        return db.execute(select(moves).where(moves.c.reference == reference)).one_or_none()

    def _move(self, db: Connection, card: str, cents: int, reference: str, labels: dict[str, Any]) -> Any:
        after = self._sum(db, card) + cents
        values = {"card": card, "cents": cents, "reference": reference, "at": _now(), "balance_after": after}
        db.execute(self._t.movements.insert().values({**values, **labels}))
        return self._movement(db, reference)


def _hold(row: Any) -> Any:
    state = "X" if row.state == HELD and row.expires_at <= _now() else row.state
    kept = {"cents": row.cents, "expires_at": row.expires_at, "state": HOLD_STATES[state]}
    return {"reservation": row.ref, "card": row.card, **kept}


def _now() -> str:
    return datetime.now(UTC).isoformat()
