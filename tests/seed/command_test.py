import json

import pytest
from click.testing import CliRunner

from cabas.__main__ import main


@pytest.fixture
def run(seeded_url, monkeypatch, tmp_path):
    monkeypatch.setenv("CABAS_DATABASE_URL", seeded_url)
    monkeypatch.setenv("CABAS_DATA", str(tmp_path))
    return lambda *arguments: CliRunner().invoke(main, ["seed", *arguments])


def test_a_seeded_database_is_said_to_be(run):
    answer = run("--scale", "demo", "--seed", "2026")

    assert answer.exit_code == 0
    assert "Already seeded" in answer.output


def test_figures_come_as_one_object(run):
    figures = json.loads(run("--json").stdout)

    assert figures["already"]
    assert figures["stores"] == 40
    assert figures["products"] == 2500
    assert figures["offers"] > 100_000
    assert figures["database_gb"] > 0


def test_another_seed_is_refused_in_one_line(run):
    answer = run("--seed", "7")

    assert answer.exit_code == 1
    assert "already has stores" in answer.output
