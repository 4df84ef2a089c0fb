"""No alert and no graph asks for a figure that nobody tells."""

import re
from pathlib import Path

from deploy.monitoring import dashboard

from cabas.connectors import figures_prometheus
from cabas.schedule import RECURRING

RULES = (Path(dashboard.FILE).parent / "rules.yaml").read_text()
SERIES = re.compile(r"\b(?:cabas[_:]|http_server_|probe_)[\w:]+")


async def test_every_figure_that_is_asked_for_is_told(client):
    assert figures_prometheus.PROBED  # a worker's figures are in this process, too

    told = exported((await client.get("/metrics")).text)
    recorded = set(re.findall(r"record: (\S+)", RULES))
    asked = set(SERIES.findall(" ".join(expressions())))

    assert len(asked) > 20
    # What the database counts is told once it was asked.
    assert asked <= told | recorded | {"cabas_dispatched_total"}, asked - told - recorded


def test_every_job_that_is_named_is_one_of_ours():
    named = set(re.findall(r'task="([^"]+)"', " ".join(expressions())))

    assert named
    assert named <= {job.name for job in RECURRING}


def expressions() -> list[str]:
    panels = dashboard.document()["panels"]
    graphs = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    rules = re.findall(r"expr: (?:\|\n((?: {10,}.*\n)+)|(.*)\n)", RULES)
    return graphs + ["".join(rule) for rule in rules]


def exported(text: str) -> set[str]:
    names = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        names.add(name)
        if kind == "histogram":
            names |= {f"{name}_{part}" for part in ("bucket", "count", "sum")}
    return names
