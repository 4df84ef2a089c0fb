"""The page of numbers is what the models say, and what they say is about columns that there are."""

import re

import pytest
from tools import metrics

MARTS = metrics.models()
NAMES = [model["name"] for model in MARTS]
COLUMNS = {model["name"]: {column["name"] for column in model["columns"]} for model in MARTS}
OF_SQL = {"sum"}


def test_the_page_is_up_to_date() -> None:
    assert metrics.PAGE.read_text(encoding="utf-8") == metrics.page(), "run: python tools/metrics.py"


def test_every_mart_is_described_once() -> None:
    assert sorted(NAMES) == sorted(path.stem for path in metrics.MODELS.glob("*.sql"))


@pytest.mark.parametrize("model", MARTS, ids=NAMES)
def test_columns_have_a_definition_and_amounts_a_unit(model: dict) -> None:
    text = (metrics.MODELS / f"{model['name']}.sql").read_text(encoding="utf-8")
    for column in model["columns"]:
        assert column["description"].endswith("."), column
        assert re.search(rf"\b{column['name']}\b", text), f"{column['name']} is not in the model"
        if column["name"].endswith("_cents"):
            assert metrics.unit(column) == "cents", column


@pytest.mark.parametrize("model", MARTS, ids=NAMES)
def test_formulas_are_made_of_columns(model: dict) -> None:
    for figure in metrics.figures(model):
        for name in re.findall(r"[a-z_][a-z0-9_]*(?:\.[a-z_]+)?", figure["formula"]):
            mart, _, column = name.rpartition(".")
            assert name in OF_SQL or column in COLUMNS[mart or model["name"]], figure
