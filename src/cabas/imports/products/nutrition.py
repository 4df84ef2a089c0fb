"""The nutrition table per 100 g or ml: integers, kilojoules and milligrams, only what the file declares."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from cabas.imports.fields import Fields, decimal_of

KILOJOULES_A_KILOCALORIE = Decimal("4.184")
_GRAMS_MAX = 100
_ENERGY_KJ_MAX = 4_000
_GRAMS = {
    "fat_mg": ("fat", "fat_g"),
    "saturated_mg": ("saturated-fat", "saturated_fat_g"),
    "carbohydrates_mg": ("carbohydrates", "carbohydrates_g"),
    "sugars_mg": ("sugars", "sugars_g"),
    "fibre_mg": ("fiber", "fiber_g"),
    "protein_mg": ("proteins", "proteins_g"),
    "salt_mg": ("salt", "salt_g"),
}
MANDATORY = ("energy_kj", "fat_mg", "saturated_mg", "carbohydrates_mg", "sugars_mg", "protein_mg", "salt_mg")
"""INCO art. 30(1): fibre is voluntary."""


def nutrition_of(fields: Fields) -> dict[str, int]:
    """Declared values; what is out of any possible range is left out, as are estimates."""
    told = _declared(fields)
    table = _energy(told)
    for name, (column, ours) in _GRAMS.items():
        grams = _value(told, column) if _value(told, column) is not None else _value(told, ours)
        if grams is None and column == "salt":
            sodium = _value(told, "sodium")
            grams = sodium * Decimal("2.5") if sodium is not None else None
        if grams is not None and 0 <= grams <= _GRAMS_MAX:
            table[name] = _rounded(grams * 1000)
    return table


def alcohol_permille_of(fields: Fields) -> int | None:
    """Tenths of % vol; None when nothing is told."""
    percent = fields.number("alcohol", "alcohol_percent", "alcool")
    if percent is None:
        percent = _value(_declared(fields), "alcohol")
    return _rounded(percent * 10) if percent is not None and 0 <= percent <= 100 else None


def _energy(told: Mapping[str, Any]) -> dict[str, int]:
    kilojoules = _value(told, "energy-kj")
    if kilojoules is None:
        kilojoules = _value(told, "energy")  # in older exports, kJ whatever the pack printed
    kilocalories = _value(told, "energy-kcal")
    if kilojoules is None and kilocalories is not None:
        kilojoules = kilocalories * KILOJOULES_A_KILOCALORIE
    if kilojoules is None or not 0 <= kilojoules <= _ENERGY_KJ_MAX:
        return {}
    if kilocalories is None:
        kilocalories = kilojoules / KILOJOULES_A_KILOCALORIE
    return {"energy_kj": _rounded(kilojoules), "energy_kcal": _rounded(kilocalories)}


def _declared(fields: Fields) -> Mapping[str, Any]:
    """An object (JSON), a list of ``{name, 100g}`` (Parquet), or columns ``fat_100g`` (CSV)."""
    told = fields.raw("nutriments", "nutrients_100g")
    if isinstance(told, dict):
        return told
    if isinstance(told, list):
        return {str(item.get("name")): item.get("100g") for item in told if isinstance(item, dict)}
    names = ("energy-kj", "energy", "energy-kcal", "sodium", "alcohol", *(c for c, _ in _GRAMS.values()))
    return {name: fields.raw(f"{name}_100g") for name in names}


def _value(told: Mapping[str, Any], name: str) -> Decimal | None:
    value = told.get(f"{name}_100g")
    if value is None:
        value = told.get(name)
    return None if value is None else decimal_of(str(value))


def _rounded(number: Decimal) -> int:
    return int(number.quantize(Decimal(1), rounding=ROUND_HALF_UP))
