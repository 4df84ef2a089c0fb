"""Imports offers. Each change is kept like a manager's, so that the lowest price of 30 days is known."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cabas.domain.catalog.model import unit_price_cents
from cabas.imports.fields import Fields
from cabas.imports.offers import records
from cabas.imports.offers.reading import COLUMNS, ON_SALE, Told, read_offer
from cabas.imports.offers.records import Change, Offered, Reckoned
from cabas.imports.rejects import REJECTED, Note
from cabas.imports.running import Written
from cabas.kit.db import Transaction


class Offers:
    name = "offers"
    columns = COLUMNS

    def read(self, fields: Fields, number: int) -> Told:
        return read_offer(fields, number)

    def key(self, item: Told) -> str:
        return f"{item.store} {item.gtin:014d}"

    async def write(self, tx: Transaction, items: Sequence[Told], *, now: datetime) -> Written:
        written = Written(notes=[])
        known = await _known(tx, items, written)
        stored = await records.lock_offers(tx, keys=list(known))
        different: list[Offered] = []
        changes: list[Change] = []
        for key, (told, product) in known.items():
            before = stored.get(key)
            offer = offered(told, key[0], product, before)
            if offer == before:
                written.unchanged += 1
                continue
            different.append(offer)
            if before is None:
                written.created += 1
            elif _state(before) != _state(offer):
                changes.append(
                    Change(store_id=key[0], gtin=key[1], before=_state(before), after=_state(offer))
                )
        written.changed = len(different) - written.created
        if different:
            await records.upsert_offers(tx, different)
        if changes:
            await records.copy_changes(tx, changes, now=now)
        return written


async def _known(
    tx: Transaction, items: Sequence[Told], written: Written
) -> dict[tuple[int, int], tuple[Told, Reckoned]]:
    """The rows whose store and product there are, by both numbers; the others are noted."""
    stores = await records.select_store_numbers(tx, names={told.store for told in items})
    products = await records.select_products(tx, gtins={told.gtin for told in items})
    known: dict[tuple[int, int], tuple[Told, Reckoned]] = {}
    for told in items:
        store, product = stores.get(told.store), products.get(told.gtin)
        if store is None:
            written.notes.append(_refused(told, "unknown_store", f"There is no store {told.store!r}."))
        elif product is None:
            written.notes.append(
                _refused(told, "unknown_product", "There is no such product: import it first.")
            )
        elif (store, told.gtin) in known:
            said = "An earlier row names this store and product in another way: the first one counts."
            written.notes.append(_refused(told, "duplicate_in_file", said))
        else:
            known[store, told.gtin] = told, product
    return known


def offered(told: Told, store_id: int, product: Reckoned, stored: Offered | None) -> Offered:
    """The offer after this row: where it says nothing, what was stored stays. A new one is on sale."""
    status = told.status if told.status is not None else stored.status if stored else ON_SALE
    kept_day = stored.back_on if stored and status == stored.status else None
    return Offered(
        store_id=store_id,
        gtin=told.gtin,
        shelf_id=product.category_id // 100,
        category_id=product.category_id,
        rank=told.rank if told.rank is not None else stored.rank if stored else told.number,
        price_cents=told.price_cents,
        unit_price_cents=unit_price_cents(
            told.price_cents,
            sold_by=product.sold_by,
            net_quantity=product.net_quantity,
            unit_basis=product.unit_basis,
        ),
        status=status,
        back_on=None if status == ON_SALE else told.back_on or kept_day,
        location=told.location if told.location is not None else stored.location if stored else 0,
    )


def _state(offer: Offered) -> dict[str, Any]:
    day = offer.back_on
    return {
        "price_cents": offer.price_cents,
        "status": offer.status,
        "back_on": day.isoformat() if day else None,
    }


def _refused(told: Told, reason: str, said: str) -> Note:
    return Note(told.number, REJECTED, reason, said, f"{told.store} {told.gtin:014d}")
