"""Imports products: a batch is read from the database, completed by its rows, and what differs is written."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from cabas.domain.catalog.model import Category
from cabas.domain.catalog.queries import categories
from cabas.imports.fields import Fields
from cabas.imports.products import records
from cabas.imports.products.categories import UNSORTED, places_of
from cabas.imports.products.model import UNSORTED_ID, Place, Product, Told, completed
from cabas.imports.products.reading import COLUMNS, read_product
from cabas.imports.rejects import NOT_SELLABLE, Note
from cabas.imports.running import Written
from cabas.kit.db import Transaction
from cabas.seed.catalogue import read_tree

_LACKING = {
    "missing_name": "name",
    "missing_category": "category (and with it VAT and age limit)",
    "missing_net_quantity": "net quantity",
    "missing_ingredients": "list of ingredients",
    "missing_nutrition": "nutrition table",
    "missing_origin": "origin",
    "missing_storage": "storage conditions",
    "missing_alcohol": "alcoholic strength",
    "missing_operator_name": "operator's name",
    "missing_operator_address": "operator's address",
}
_FOLLOWED = ("category_id", "sold_by", "net_quantity", "unit_basis")


class Products:
    name = "products"
    columns = COLUMNS

    def __init__(self) -> None:
        self._places: tuple[Mapping[str, Place], Mapping[int, Place]] | None = None

    def read(self, fields: Fields, number: int) -> Told:
        return read_product(fields, number)

    def key(self, item: Told) -> str:
        return f"{item.gtin:014d}"

    async def write(self, tx: Transaction, items: Sequence[Told], *, now: datetime) -> Written:
        by_slug, by_id = await self._tree(tx)
        stored = await records.select_products(tx, gtins=[told.gtin for told in items])
        written = Written(notes=[])
        different: list[Product] = []
        for told in items:
            before = stored.get(told.gtin)
            product, lacking = completed(told, stored=before, places=by_slug, by_id=by_id)
            if lacking:
                written.notes.append(_not_sellable(told, lacking))
            if product != before:
                different.append(product)
        written.created = len(items) - len(stored)
        written.changed = len(different) - written.created
        written.unchanged = len(items) - len(different)
        await _store(tx, different, stored, now=now)
        return written

    async def _tree(self, tx: Transaction) -> tuple[Mapping[str, Place], Mapping[int, Place]]:
        """The leaves of the database; a database without categories is given the standard tree."""
        if self._places is not None:
            return self._places
        known = (await categories(tx)).all
        if not any(category.category_id == UNSORTED_ID for category in known):
            known = (*(known or await _plant(tx)), *UNSORTED)
            await records.insert_categories(tx, UNSORTED)
            return places_of(known)  # not kept: the batch may yet be rolled back, and these with it
        self._places = places_of(known)
        return self._places


async def _plant(tx: Transaction) -> Sequence[Category]:
    tree = [
        Category(
            category_id=node.category_id,
            parent_id=node.parent_id,
            level=node.level,
            slug=node.slug,
            name=node.name,
            picture=node.picture,
        )
        for node in read_tree().categories
    ]
    await records.insert_categories(tx, tree)
    return tree


async def _store(
    tx: Transaction, products: Sequence[Product], stored: Mapping[int, Product], *, now: datetime
) -> None:
    if not products:
        return
    await records.stage_products(tx, products)
    await records.upsert_products(tx, now=now)
    await records.upsert_particulars(tx)
    moved = [
        product.gtin
        for product in products
        if (before := stored.get(product.gtin))
        and any(getattr(product, column) != getattr(before, column) for column in _FOLLOWED)
    ]
    if moved:
        await records.follow_in_offers(tx, gtins=moved)


def _not_sellable(told: Told, lacking: Sequence[str]) -> Note:
    names = ", ".join(_LACKING[code] for code in lacking)
    said = f"Stored, but not for sale until a file tells its {names}."
    return Note(told.number, NOT_SELLABLE, " ".join(lacking), said, f"{told.gtin:014d}")
