"""
Writes ``dashboard.json``, which Grafana imports: ``python -m deploy.monitoring.dashboard``.

Rows go from what shoppers notice to what is behind it.
"""

import json
from pathlib import Path
from typing import Any, Final

import msgspec

FILE: Final = Path(__file__).parent / "dashboard.json"
COLUMNS: Final = 24
HEIGHT: Final = 8


class Panel(msgspec.Struct, frozen=True):
    """A graph. ``series``: (PromQL, legend)."""

    title: str
    unit: str
    series: tuple[tuple[str, str], ...]
    says: str = ""


ROWS: Final[tuple[tuple[str, tuple[Panel, ...]], ...]] = (
    (
        "Orders",
        (
            Panel(
                "Orders accepted",
                "ops",
                (
                    ("cabas:orders_accepted:rate1m", "at once"),
                    (
                        'sum(rate(cabas_job_done_total{task="write the orders that were drawn"}[1m]))',
                        "drawn from those asked for in advance",
                    ),
                ),
            ),
            Panel(
                "Orders refused",
                "ops",
                (("sum by (cause, reason) (rate(cabas_orders_refused_total[1m]))", "{{cause}}: {{reason}}"),),
                "By a rule of the shop (a full slot), or because the site could not.",
            ),
            Panel(
                "Failed because of the site",
                "percentunit",
                (("cabas:orders_failed:ratio_rate5m", "of orders"),),
                "Somebody is called above 1 %.",
            ),
        ),
    ),
    (
        "To the stores",
        (
            Panel(
                "Oldest order not sent to its store",
                "s",
                (("max(cabas_outbox_oldest_seconds)", "seconds"),),
                "Somebody is called above a minute.",
            ),
            Panel(
                "Sent to stores",
                "ops",
                (
                    ("max(rate(cabas_dispatched_total[1m]))", "a second"),
                    ("max(cabas_outbox_pending)", "waiting"),
                ),
            ),
            Panel(
                "Not received after two minutes",
                "short",
                (("max(cabas_receipts_late)", "orders"), ("max(cabas_stores_late)", "stores")),
            ),
        ),
    ),
    (
        "What shoppers meet",
        (
            Panel(
                "Pages asked from outside",
                "short",
                (("max by (target) (probe_success)", "{{target}}"),),
                "1: it came within two seconds.",
            ),
            Panel(
                "Time of answers",
                "s",
                (
                    (
                        "histogram_quantile(0.5, sum by (le) "
                        "(rate(http_server_request_duration_seconds_bucket[1m])))",
                        "half",
                    ),
                    ("cabas:answer_seconds:p95_5m", "95 % of pages"),
                ),
            ),
            Panel(
                "Answers by status",
                "reqps",
                (
                    (
                        "sum by (http_response_status_code) "
                        "(rate(http_server_request_duration_seconds_count[1m]))",
                        "{{http_response_status_code}}",
                    ),
                ),
            ),
            Panel(
                "Places left",
                "short",
                (
                    ("max by (channel) (cabas_places_left)", "{{channel}}"),
                    ("max by (channel) (cabas_slots_full)", "full slots, {{channel}}"),
                ),
            ),
        ),
    ),
    (
        "Under load",
        (
            Panel("Level of the ladder", "short", (("max by (process) (cabas_level)", "{{process}}"),)),
            Panel(
                "Requests under way",
                "short",
                (
                    ("cabas_in_flight", "in flight"),
                    ("sum(max by (process) (cabas_limit))", "limit"),
                    ("sum(max by (process) (cabas_requests_queued))", "queued"),
                ),
            ),
            Panel(
                "Sent away",
                "reqps",
                (
                    (
                        "sum by (class) (max by (process, class) (rate(cabas_requests_shed_total[1m])))",
                        "{{class}}",
                    ),
                ),
                "P0 are orders: it should stay at nothing.",
            ),
            Panel(
                "Jobs that fail",
                "ops",
                (("sum by (task) (rate(cabas_job_failures_total[5m])) > 0", "{{task}}"),),
            ),
        ),
    ),
)


def document() -> dict[str, Any]:
    """The dashboard, as Grafana 10 and later read it."""
    panels: list[dict[str, Any]] = []
    y = 0
    for title, row in ROWS:
        panels.append(
            {
                "type": "row",
                "id": len(panels) + 1,
                "title": title,
                "collapsed": False,
                "panels": [],
                "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1},
            }
        )
        width = COLUMNS // len(row)
        for place, panel in enumerate(row):
            position = {"x": place * width, "y": y + 1, "w": width, "h": HEIGHT}
            panels.append(_graph(panel, len(panels) + 1, position))
        y += HEIGHT + 1
    return {
        "uid": "cabas",
        "title": "Cabas",
        "tags": ["cabas"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "Europe/Paris",
        "templating": {
            "list": [{"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"}]
        },
        "panels": panels,
    }


def _graph(panel: Panel, number: int, position: dict[str, int]) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${source}"}
    return {
        "type": "timeseries",
        "id": number,
        "title": panel.title,
        "description": panel.says,
        "datasource": source,
        "gridPos": position,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "multi"},
        },
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": source, "expr": expression, "legendFormat": legend}
            for place, (expression, legend) in enumerate(panel.series)
        ],
    }


def text() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
