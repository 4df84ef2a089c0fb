"""Telemetry is set up once, and its packages are not even looked for where nobody wants traces."""

import logging
import os
import subprocess
import sys

import msgspec
import pytest

from cabas import settings as settings_module
from cabas.connectors import telemetry_otlp
from cabas.kit import tracing
from cabas.kit.telemetry import Telemetry
from cabas.settings import BadSetting
from factories.collector import collector

SECRET = {"CABAS_SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough"}
PROGRAM = """
import sys
from cabas import settings
from cabas.connectors import telemetry_otlp
telemetry_otlp.begin(settings.load(), service="cabas-web")
print(sorted(name for name in sys.modules if name.split(".")[0] in ("opentelemetry", "google", "requests")))
"""


@pytest.fixture(autouse=True)
def as_before():
    root, ours = logging.getLogger(), logging.getLogger("cabas")
    handlers, level, our_level = root.handlers[:], root.level, ours.level
    yield
    tracing.use(None)
    root.handlers[:] = handlers
    root.setLevel(level)
    ours.setLevel(our_level)
    logging.captureWarnings(False)


def test_without_an_address_nothing_of_opentelemetry_is_loaded():
    environ = {name: value for name, value in os.environ.items() if name != "CABAS_OTLP_URL"}

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**environ, **SECRET}, capture_output=True, text=True, check=True
    )

    assert "opentelemetry" not in done.stdout


def test_a_span_reaches_the_collector_before_the_process_ends():
    with collector() as kept:
        telemetry_otlp.begin(settings(otlp_url=kept.url, trace_share=1.0), service="cabas-worker")
        trace, _ = tracing.begin([])
        span = tracing.start("try", parent=None)
        span.end(error="ValueError", attributes={"cabas.store": 7})
        telemetry_otlp.end()

    assert trace.sampled
    told = kept.named("try")
    assert (told["service"], told["error"]) == ("cabas-worker", "ValueError")
    assert told["attributes"] == {"cabas.store": 7, "error.type": "ValueError"}
    assert told["trace"] == span.trace.trace_id


def test_a_collector_that_is_away_is_nobodys_trouble():
    telemetry_otlp.begin(settings(otlp_url="http://127.0.0.1:9"), service="cabas-web")

    tracing.start("try", parent=None).end()
    telemetry_otlp.end()


def test_traces_without_their_packages_are_refused_with_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "cabas.connectors.telemetry_otlp.sending", None)

    with pytest.raises(BadSetting, match=r"cabas\[telemetry\]"):
        telemetry_otlp.begin(settings(otlp_url="http://127.0.0.1:9"), service="cabas-web")


def settings(**telemetry):
    return msgspec.structs.replace(settings_module.load(SECRET), telemetry=Telemetry(**telemetry))
