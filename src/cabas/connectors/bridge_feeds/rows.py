"""Rows of a feed into offers: prices like an import's, stocks as on sale or out of stock."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol

import msgspec

from cabas.bridge.shapes import FeedRow, RejectedRow
from cabas.connectors.bridge_feeds import records
from cabas.imports.fields import decimal_of
from cabas.imports.offers import records as offers
from cabas.imports.offers.kind import Offers
from cabas.imports.offers.reading import ON_SALE, OUT_OF_STOCK, WITHDRAWN, Told, read_price
from cabas.imports.offers.records import Change, Offered
from cabas.imports.rejection import Rejected, gtin_of
from cabas.kit.db import Transaction

OfferKey = tuple[int, int]


class Written(msgspec.Struct, kw_only=True):
    """``named``: the offers that rows told of, also those that were rejected for another reason."""

    changed: int = 0
    named: set[OfferKey]
    rejected: list[RejectedRow]


class Rows(Protocol):
    async def write(self, tx: Transaction, rows: Sequence[FeedRow], *, now: datetime) -> Written: ...


class PriceRows:
    """What left the shelf because a feed no longer named it comes back when one names it again."""

    def __init__(self, peer: str) -> None:
        self._author = author_of(peer)

    async def write(self, tx: Transaction, rows: Sequence[FeedRow], *, now: datetime) -> Written:
        written = Written(named=set(), rejected=[])
        named = await _named(tx, rows, written)
        returning = await self._vanished(tx, {key for _, key in named})
        told = []
        for row, key in named:
            try:
                price_cents = read_price(row.price)
            except Rejected as problem:
                written.rejected.append(_rejected(row, problem.reason, problem.sentence))
                continue
            told.append(_told(row, key, price_cents, ON_SALE if key in returning else None))
        done = await Offers().write(tx, told, now=now)
        written.changed = done.created + done.changed
        written.rejected += [
            RejectedRow(row=note.row, reason=note.reason, sentence=note.message) for note in done.notes
        ]
        return written

    async def _vanished(self, tx: Transaction, keys: set[OfferKey]) -> set[OfferKey]:
        stored = await offers.lock_offers(tx, keys=sorted(keys))
        gone = {key for key, offer in stored.items() if offer.status == WITHDRAWN}
        if not gone:
            return set()
        authors = await records.select_authors(tx, keys=gone)
        return {key for key in gone if authors.get(key) == self._author}


class StockRows:
    """A product that the store withdrew stays withdrawn, whatever is in stock."""

    def __init__(self, peer: str) -> None:
        self._author = author_of(peer)

    async def write(self, tx: Transaction, rows: Sequence[FeedRow], *, now: datetime) -> Written:
        written = Written(named=set(), rejected=[])
        named = await _named(tx, rows, written)
        stored = await offers.lock_offers(tx, keys=sorted({key for _, key in named}))
        after: list[Offered] = []
        changes: list[Change] = []
        for row, key in named:
            offer = stored.get(key)
            try:
                if offer is None:
                    raise Rejected(
                        "unknown_offer", "The store does not sell that product: a price comes first."
                    )
                fresh = _stocked(row, offer)
            except Rejected as problem:
                written.rejected.append(_rejected(row, problem.reason, problem.sentence))
                continue
            if fresh != offer:
                after.append(fresh)
                changes.append(change_of(offer, fresh))
        if after:
            await offers.upsert_offers(tx, after)
            await records.copy_changes(tx, changes, author=self._author, now=now)
        written.changed = len(after)
        return written


def author_of(peer: str) -> str:
    return f"bridge:{peer}"


def change_of(before: Offered, after: Offered) -> Change:
    """As `cabas.domain.catalog.managing` keeps it."""
    return Change(store_id=before.store_id, gtin=before.gtin, before=_state(before), after=_state(after))


def _state(offer: Offered) -> dict[str, Any]:
    day = offer.back_on
    return {
        "price_cents": offer.price_cents,
        "status": offer.status,
        "back_on": day.isoformat() if day else None,
    }


async def _named(
    tx: Transaction, rows: Sequence[FeedRow], written: Written
) -> list[tuple[FeedRow, OfferKey]]:
    """The rows whose store there is and whose product number is one; of several about one offer the first."""
    stores = await offers.select_store_numbers(tx, names={row.store for row in rows})
    named: list[tuple[FeedRow, OfferKey]] = []
    for row in rows:
        try:
            gtin = gtin_of(row.gtin)
            store_id = stores.get(row.store)
            if store_id is None:
                raise Rejected("unknown_store", f"There is no store {row.store[:60]!r}.")
            if (store_id, gtin) in written.named:
                raise Rejected("duplicate", "An earlier row tells of this offer: the first one counts.")
        except Rejected as problem:
            written.rejected.append(_rejected(row, problem.reason, problem.sentence))
            continue
        written.named.add((store_id, gtin))
        named.append((row, (store_id, gtin)))
    return named


def _told(row: FeedRow, key: OfferKey, price_cents: int, status: int | None) -> Told:
    return Told(
        number=row.row,
        store=str(key[0]),
        gtin=key[1],
        price_cents=price_cents,
        status=status,
        back_on=None,
        location=None,
        rank=None,
    )


def _stocked(row: FeedRow, offer: Offered) -> Offered:
    amount = decimal_of(row.stock) if row.stock else None
    if amount is None:
        raise Rejected("bad_stock", f"The stock {row.stock[:60]!r} is not a number.")
    try:
        back_on = date.fromisoformat(row.back_on) if row.back_on else None
    except ValueError as problem:
        raise Rejected("bad_day", f"The day {row.back_on[:40]!r} is not written 2026-11-24.") from problem
    if offer.status == WITHDRAWN:
        return offer
    status = ON_SALE if amount > 0 else OUT_OF_STOCK
    return msgspec.structs.replace(offer, status=status, back_on=back_on if status == OUT_OF_STOCK else None)


def _rejected(row: FeedRow, reason: str, sentence: str) -> RejectedRow:
    return RejectedRow(row=row.row, reason=reason, sentence=sentence)
