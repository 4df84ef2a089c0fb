"""What the environment may say of telemetry."""

import pytest

from cabas.kit.telemetry import BadTelemetry, Telemetry, telemetry_of


def test_unless_it_is_told_nothing_is_sent_and_lines_are_for_programs(monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: False)

    assert telemetry_of({}) == Telemetry(log_form="json")
    assert telemetry_of({}).otlp_url == ""


def test_on_a_terminal_lines_are_for_people(monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)

    assert telemetry_of({}).log_form == "text"
    assert telemetry_of({"CABAS_LOG": "json"}).log_form == "json"


def test_all_of_it_can_be_said():
    said = telemetry_of(
        {
            "CABAS_LOG": "text",
            "CABAS_LOG_SHARE": "0",
            "CABAS_OTLP_URL": "http://collector:4318/",
            "CABAS_TRACE_SHARE": "0.5",
            "CABAS_TRACE_PROJECT": "shop",
            "CABAS_WORKER_METRICS_PORT": "9464",
            "CABAS_PROBE_URL": "https://shop.example",
        }
    )

    assert said == Telemetry(
        log_form="text",
        log_share=0.0,
        otlp_url="http://collector:4318",
        trace_share=0.5,
        trace_project="shop",
        worker_port=9464,
        probe_url="https://shop.example",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CABAS_LOG", "xml"),
        ("CABAS_LOG_SHARE", "1.5"),
        ("CABAS_LOG_SHARE", "nan"),
        ("CABAS_TRACE_SHARE", "many"),
        ("CABAS_OTLP_URL", "collector:4318"),
        ("CABAS_WORKER_METRICS_PORT", "70000"),
        ("CABAS_PROBE_URL", "file:///etc/passwd"),
    ],
)
def test_what_cannot_be_is_refused_by_name(name, value):
    with pytest.raises(BadTelemetry, match=name):
        telemetry_of({name: value})
