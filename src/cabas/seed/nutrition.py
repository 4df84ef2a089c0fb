"""Nutrition tables that add up: energy is computed from the nutrients (regulation 1169/2011, annex XIV)."""

import random
import re

NUTRIENTS = ("fat", "saturated", "carbohydrates", "sugars", "fibre", "protein", "salt")
ETHANOL_GRAMS_PER_ML = 0.789
SPREAD = 0.09
_FAT_SAID = re.compile(r"(\d+) % MG")
_KJ = {"fat": 37, "carbohydrates": 17, "protein": 17, "fibre": 8}
_KCAL = {"fat": 9, "carbohydrates": 4, "protein": 4, "fibre": 2}


def nutrition_table(draw: random.Random, *, told: str, name: str, alcohol: int) -> dict[str, int]:
    """
    Per 100 g or ml, milligrams and whole kJ and kcal.

    :param told: grams of the seven `NUTRIENTS`, space separated.
    :param alcohol: tenths of % vol.
    """
    grams = dict(zip(NUTRIENTS, map(float, told.split()), strict=True))
    grams = {nutrient: amount * draw.uniform(1 - SPREAD, 1 + SPREAD) for nutrient, amount in grams.items()}
    _obey_the_name(grams, name)
    grams["saturated"] = min(grams["saturated"], grams["fat"])
    grams["sugars"] = min(grams["sugars"], grams["carbohydrates"])
    rounded = {nutrient: _milligrams(nutrient, amount) for nutrient, amount in grams.items()}
    ethanol = alcohol / 10 * ETHANOL_GRAMS_PER_ML
    return {
        "energy_kj": round(_energy(rounded, _KJ) + 29 * ethanol),
        "energy_kcal": round(_energy(rounded, _KCAL) + 7 * ethanol),
        **{f"{nutrient}_mg": amount for nutrient, amount in rounded.items()},
    }


def _obey_the_name(grams: dict[str, float], name: str) -> None:
    fat_said = _FAT_SAID.search(name)
    if fat_said:
        share = grams["saturated"] / grams["fat"] if grams["fat"] else 0
        grams["fat"] = float(fat_said[1])
        grams["saturated"] = grams["fat"] * share
    if "sans sucres" in name:
        taken = grams["sugars"] * 0.9
        grams["sugars"] -= taken
        grams["carbohydrates"] -= taken
    if "sans sel" in name:
        grams["salt"] *= 0.1


def _milligrams(nutrient: str, grams: float) -> int:
    """To 0.1 g, salt to 0.01 g: as labels are rounded."""
    step = 10 if nutrient == "salt" else 100
    return round(grams * 1000 / step) * step


def _energy(milligrams: dict[str, int], factors: dict[str, int]) -> float:
    return sum(milligrams[nutrient] * factor for nutrient, factor in factors.items()) / 1000
