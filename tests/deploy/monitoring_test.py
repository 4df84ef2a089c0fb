"""Rules that fire on what they are about, a dashboard of figures that exist, and a page to read for each alert."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from deploy.monitoring import dashboard

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "deploy" / "monitoring"
RULES = (MONITORING / "rules.yaml").read_text()
HEADINGS = ["## It means", "## Look at", "## Do", "## Undo"]

PROMTOOL = shutil.which("promtool")
promtool = pytest.mark.skipif(
    PROMTOOL is None,
    reason="promtool is needed: tools/setup.sh monitoring (as root), or Debian's package prometheus",
)


@promtool
def test_rules_are_well_formed_and_fire_when_they_should():
    for command in (["check", "rules", "rules.yaml"], ["test", "rules", "rules_test.yaml"]):
        done = subprocess.run(
            [str(PROMTOOL), *command], cwd=MONITORING, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@promtool
def test_the_settings_of_prometheus_are_well_formed():
    done = subprocess.run(
        [str(PROMTOOL), "check", "config", "prometheus.yaml"],
        cwd=MONITORING,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tried_both_ways():
    tried = (MONITORING / "rules_test.yaml").read_text()
    for alert in alerts():
        assert tried.count(f"alertname: {alert}") >= 2, alert
        assert f"alertname: {alert}}}" in tried, f"{alert} is never expected to be silent"


def test_every_alert_has_a_page_to_read():
    pages = re.findall(r"runbook: (\S+)", RULES)

    assert len(pages) == len(alerts())
    for page in pages:
        text = (ROOT / page).read_text()
        assert [line for line in text.splitlines() if line.startswith("## ")] == HEADINGS, page
        assert len(text.splitlines()) <= 45, f"{page} is too long to be read at night"
    listed = (ROOT / "docs" / "how-to" / "see-what-happens.md").read_text()
    for alert in alerts():
        assert any(alert in (ROOT / page).read_text() for page in pages), alert
        assert f"`{alert}`" in listed, alert


def test_the_dashboard_is_the_one_that_is_written_from_its_source():
    assert dashboard.FILE.read_text() == dashboard.text()


def test_the_dashboard_places_its_panels_side_by_side():
    taken = set()
    for panel in json.loads(dashboard.FILE.read_text())["panels"]:
        at = panel["gridPos"]
        fields = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert at["x"] + at["w"] <= dashboard.COLUMNS
        assert not fields & taken
        taken |= fields


def alerts():
    return re.findall(r"alert: (\S+)", RULES)
