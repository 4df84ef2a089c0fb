"""
Write docs/reference/metrics.md from what the warehouse's models say of themselves.

Each mart's columns and figures (formulas over sums of them) are described beside its tests, in
warehouse/models/marts/*.yml: ``description``, ``meta.unit`` and ``meta.figures`` there are what this page shows.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

HOUSE = Path(__file__).parent.parent
MODELS = HOUSE / "warehouse" / "models" / "marts"
PAGE = HOUSE / "docs" / "reference" / "metrics.md"
BEGINNING = """\
# Numbers and what they mean

Made by `python tools/metrics.py` from `warehouse/models/marts/*.yml`; change it there.

Marts are tables in `var/warehouse/marts.duckdb` ([how to build them](../how-to/build-the-warehouse.md)). Money is in
integer cents with VAT, weight in grams, days and hours are those of Paris. Every count is additive unless it says
otherwise: sum over stores and days, then divide. A region is the sum of its stores (`dim_store`).
`cabas check warehouse` holds `mart_day` against the orders.

## Figures

| figure | unit | mart | formula | definition |
| --- | --- | --- | --- | --- |
"""
COLUMNS = """
| column | unit | definition |
| --- | --- | --- |
"""


def models() -> list[dict[str, Any]]:
    """Of all files, in the files' order: what dbt knows of each mart."""
    found: list[dict[str, Any]] = []
    for path in sorted(MODELS.glob("*.yml")):
        found += yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    return found


def figures(model: dict[str, Any]) -> list[dict[str, str]]:
    """Each with ``name``, ``unit``, ``formula`` and perhaps ``definition``."""
    found: list[dict[str, str]] = model.get("config", {}).get("meta", {}).get("figures", [])
    return found


def unit(column: dict[str, Any]) -> str:
    return str(column.get("config", {}).get("meta", {}).get("unit", ""))


def page() -> str:
    """The whole page."""
    all_models = models()
    rows = (_figure(model["name"], figure) for model in all_models for figure in figures(model))
    return BEGINNING + "".join(rows) + "".join(part for model in all_models for part in _mart(model))


def _figure(mart: str, figure: dict[str, str]) -> str:
    told = f"{figure['name']} | {figure['unit']} | `{mart}` | `{figure['formula']}` | {figure.get('definition', '')}"
    return f"| {told} |".replace("  |", " |") + "\n"


def _mart(model: dict[str, Any]) -> Iterator[str]:
    yield f"\n## {model['name']}\n\n{model['description']}\n{COLUMNS}"
    for column in model["columns"]:
        yield f"| `{column['name']}` | {unit(column)} | {column['description']} |\n".replace("|  |", "| |")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
