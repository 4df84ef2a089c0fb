"""
Draws France as a grid of dots where there are towns: the ground of the store finder's map.

    uv run python tools/draw_france.py

Writes src/cabas/web/static/france.svg from the seed's towns, in the projection of `cabas.web.storefront.store_map`.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from cabas.web.storefront.store_map import HEIGHT, WIDTH, place

ROOT = Path(__file__).resolve().parent.parent
TOWNS = ROOT / "src/cabas/seed/data/towns.csv"
OUT = ROOT / "src/cabas/web/static/france.svg"
STEP = 12
REACH = 10
COLOUR = "#857c6b"


def main() -> None:
    spots = list(_spots())
    near: dict[tuple[int, int], list[tuple[int, int]]] = {(x // STEP, y // STEP): [] for x, y in spots}
    for x, y in spots:
        near[x // STEP, y // STEP].append((x, y))
    dots = "".join(f"M{x} {y}h0" for x, y in _grid() if _has_town(x, y, near))
    OUT.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path d="{dots}" fill="none" stroke="{COLOUR}" stroke-opacity=".42" stroke-width="7" stroke-linecap="round"/>'
        "</svg>\n",
        "utf-8",
    )


def _spots() -> Iterator[tuple[int, int]]:
    with TOWNS.open(encoding="utf-8") as file:
        for town in csv.DictReader(file):
            yield place(float(town["latitude"]), float(town["longitude"]))


def _grid() -> Iterator[tuple[int, int]]:
    for row in range(HEIGHT // STEP + 1):
        for column in range(WIDTH // STEP + 1):
            yield column * STEP + (STEP // 2 if row % 2 else 0), row * STEP


def _has_town(x: int, y: int, near: dict[tuple[int, int], list[tuple[int, int]]]) -> bool:
    cells = [(x // STEP + across, y // STEP + down) for across in (-1, 0, 1) for down in (-1, 0, 1)]
    return any(
        (town_x - x) ** 2 + (town_y - y) ** 2 <= REACH**2
        for cell in cells
        for town_x, town_y in near.get(cell, ())
    )


if __name__ == "__main__":
    main()
