"""
Imports stores. A store keeps the number of its first import: the digits of its code when that number
is free, else the next free one; `store_code` remembers which.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from cabas.imports.fields import Fields
from cabas.imports.rejects import REJECTED, Note
from cabas.imports.running import Written
from cabas.imports.stores import records
from cabas.imports.stores.reading import COLUMNS, Told, read_store
from cabas.imports.stores.records import Stored
from cabas.kit.db import Transaction
from cabas.kit.ids import PLACE_MAX
from cabas.kit.text import search_key

NATIONAL_ID = 0
_CLOSED = {str(day): [] for day in range(1, 8)}  # type: dict[str, list[list[str]]]


class Stores:
    name = "stores"
    columns = COLUMNS

    def read(self, fields: Fields, number: int) -> Told:
        return read_store(fields, number)

    def key(self, item: Told) -> str:
        return item.code

    async def write(self, tx: Transaction, items: Sequence[Told], *, now: datetime) -> Written:
        codes, slugs = await records.select_codes(tx), await records.select_names(tx)
        stored = await records.select_stores(
            tx, store_ids=[codes[told.code] for told in items if told.code in codes]
        )
        written = Written(notes=[])
        different: list[Stored] = [] if NATIONAL_ID in slugs else [national()]
        fresh: dict[str, int] = {}
        taken = set(slugs.values())
        for told in items:
            number = codes.get(told.code) or free_number(told.code, slugs)
            if number is None:
                said = f"All {PLACE_MAX:,} store numbers are taken."
                written.notes.append(Note(told.number, REJECTED, "no_number_left", said, told.code))
                continue
            before = stored.get(number)
            store = completed(told, number, before, taken)
            if before is None:
                fresh[told.code] = number
                slugs[number] = store.slug
                taken.add(store.slug)
                written.created += 1
            if store != before:
                different.append(store)
            else:
                written.unchanged += 1
        written.changed = len(items) - len(written.notes) - written.created - written.unchanged
        if different:
            await records.upsert_stores(tx, different)
        if fresh:
            await records.insert_codes(tx, fresh)
        return written


def free_number(code: str, taken: Collection[int]) -> int | None:
    """``S0001`` → 1 when no store has it, else the next that is free, else None."""
    digits = "".join(letter for letter in code if letter.isascii() and letter.isdigit())[-5:]
    wanted = int(digits) if digits and 0 < int(digits) <= PLACE_MAX else 1
    numbers = (*range(wanted, PLACE_MAX + 1), *range(1, wanted)) if wanted in taken else (wanted,)
    return next((number for number in numbers if number not in taken), None)


def completed(told: Told, number: int, stored: Stored | None, taken: Collection[str]) -> Stored:
    """The store after this row: where it says nothing, what was stored stays. Its address (slug) never changes."""
    kept = stored or _blank(number)
    legal = {name: value or kept.legal_entity.get(name, "") for name, value in told.legal_entity.items()}
    return Stored(
        store_id=number,
        slug=stored.slug if stored else _slug(told, number, taken),
        name=told.name,
        format=told.format or kept.format,
        street=told.street or kept.street,
        postcode=told.postcode,
        city=told.city,
        department=told.department or kept.department,
        region=told.region or kept.region,
        latitude=told.latitude,
        longitude=told.longitude,
        phone=told.phone or kept.phone,
        email=told.email or kept.email,
        legal_entity={**kept.legal_entity, **legal},
        opening_hours=told.opening_hours or kept.opening_hours,
        services=told.services or kept.services,
        has_drive=kept.has_drive if told.has_drive is None else told.has_drive,
        delivers=kept.delivers if told.delivers is None else told.delivers,
        drive_fee_cents=kept.drive_fee_cents if told.drive_fee_cents is None else told.drive_fee_cents,
        drive_minimum_cents=(
            kept.drive_minimum_cents if told.drive_minimum_cents is None else told.drive_minimum_cents
        ),
        search_name=search_key(f"{told.name} {told.city} {told.postcode}"),
    )


def national() -> Stored:
    """Store 0, the national catalogue: the house needs it, whatever stores there are."""
    blank = _blank(NATIONAL_ID)
    named = {"slug": "catalogue-national", "name": "Catalogue national", "format": "national"}
    return Stored(**{**{column: getattr(blank, column) for column in records.COLUMNS}, **named})


def _blank(number: int) -> Stored:
    return Stored(
        store_id=number,
        slug="",
        name="",
        format="super",
        street="",
        postcode="",
        city="",
        department="",
        region="",
        latitude=0.0,
        longitude=0.0,
        phone="",
        email="",
        legal_entity={"name": "", "registration": "", "address": "", "capital": ""},
        opening_hours=_CLOSED,
        services=[],
        has_drive=False,
        delivers=False,
        drive_fee_cents=0,
        drive_minimum_cents=0,
        search_name="",
    )


def _slug(told: Told, number: int, taken: Collection[str]) -> str:
    """The name's; with the department, then the number, when another store has it."""
    base = search_key(told.name).replace(" ", "-") or "magasin"
    department = search_key(told.department or told.postcode[:2]).replace(" ", "-")
    return next(
        slug for slug in (base, f"{base}-{department}", f"{base}-{number}", f"{base}-{department}-{number}")
        if slug not in taken
    )  # fmt: skip
