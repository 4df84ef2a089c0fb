"""What a log line holds, and what it never does."""

import io
import json
import logging

import pytest

from cabas.kit import logs, tracing
from cabas.kit.tracing import Trace

TRACE = Trace(trace_id="0af7651916cd43dd8448eb211c80319c", span_id="b7ad6b7169203331", sampled=True)


@pytest.fixture
def log():
    """(a logger, what it wrote since)."""
    root = logging.getLogger()
    ours = logging.getLogger("cabas")
    before, level, our_level = root.handlers[:], root.level, ours.level
    lines = Lines()
    logs.begin("json", service="cabas-web", project="shop", stream=lines)
    yield logging.getLogger("cabas.tests"), lines
    root.handlers[:] = before
    root.setLevel(level)
    ours.setLevel(our_level)
    logging.captureWarnings(False)


class Lines(io.StringIO):
    def records(self):
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def one(self):
        (record,) = self.records()
        return record


def test_a_record_is_one_line_that_cloud_logging_reads(log):
    logger, lines = log

    logger.warning("the store %s is slow\nby much", 17, extra={"fields": {"store": 17}})

    record = lines.one()
    assert record["severity"] == "WARNING"
    assert record["message"] == "the store 17 is slow\nby much"
    assert record["time"].endswith("Z")
    assert record["time"][10] == "T"
    assert record["logger"] == "cabas.tests"
    assert record["service"] == "cabas-web"
    assert record["store"] == 17
    assert "logging.googleapis.com/trace" not in record


def test_a_record_names_the_trace_it_belongs_to(log):
    logger, lines = log
    token = tracing.current.set(TRACE)
    try:
        logger.info("placed")
    finally:
        tracing.current.reset(token)

    record = lines.one()
    assert record["logging.googleapis.com/trace"] == f"projects/shop/traces/{TRACE.trace_id}"
    assert record["logging.googleapis.com/spanId"] == TRACE.span_id
    assert record["logging.googleapis.com/trace_sampled"] is True


def test_an_error_carries_its_traceback_and_is_reported(log):
    logger, lines = log
    try:
        raise ValueError("no such shelf")
    except ValueError:
        logger.exception("request failed")

    record = lines.one()
    assert record["severity"] == "ERROR"
    assert record["message"].startswith("request failed\nTraceback")
    assert record["message"].endswith("ValueError: no such shelf")
    assert record["@type"].endswith("ReportedErrorEvent")
    assert record["serviceContext"] == {"service": "cabas-web"}
    assert record["logging.googleapis.com/sourceLocation"]["function"].startswith("test_an_error")


def test_a_request_is_told_by_its_route(log):
    logger, lines = log
    told = logs.request_of("GET", "/commandes/{order}", status=500, seconds=1.25)

    logger.error("answered", extra={"httpRequest": told})

    assert lines.one()["httpRequest"] == {
        "requestMethod": "GET",
        "requestUrl": "/commandes/{order}",
        "status": 500,
        "latency": "1.250s",
    }


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("bad address marie.dupont+x@mail.example.fr given", "bad address <email> given"),
        ("call 06 12 34 56 78 or +33612345678", "call <phone> or <phone>"),
        ("duplicate key\nDETAIL:  Key (email)=(a) already exists.\nmore", "duplicate key\n<detail>\nmore"),
        ("postgresql://cabas:hunter2@db/cabas refused", "postgresql://<secret>@db/cabas refused"),
        ("with Authorization: Bearer abcdef0123456789", "with Authorization: Bearer <secret>"),
        ("order 018f3b1e-0612-7abc-8def-061234567890", "order 018f3b1e-0612-7abc-8def-061234567890"),
        ("gtin 3017620422003 at 12:34:56.789", "gtin 3017620422003 at 12:34:56.789"),
    ],
)
def test_nothing_personal_and_no_secret_is_written(log, said, written):
    logger, lines = log

    logger.warning("%s", said)

    assert lines.one()["message"] == written


def test_a_traceback_is_scrubbed_too(log):
    logger, lines = log
    try:
        raise ValueError("unknown: jean@mail.example")
    except ValueError:
        logger.exception("failed")

    assert "jean@" not in lines.getvalue()


def test_what_repeats_is_told_a_few_times_and_then_counted(log, monkeypatch):
    logger, lines = log
    at = 100.0
    monkeypatch.setattr(logs, "monotonic", lambda: at)

    def fail():
        logger.error("request failed")

    for _ in range(1000):
        fail()
    assert len(lines.records()) == logs.ALIKE.burst

    at += 3600
    fail()
    assert lines.records()[-1]["left_out"] == 1000 - logs.ALIKE.burst


def test_libraries_are_heard_when_something_is_wrong(log):
    _, lines = log
    theirs = logging.getLogger("somebody.elses")

    theirs.info("no picture library")
    theirs.warning("no memory")

    assert lines.one()["message"] == "no memory"


def test_on_a_terminal_it_is_words():
    words = logs.Words().format(
        logging.LogRecord("cabas.web", logging.WARNING, "web.py", 1, "level L%d", (2,), None)
    )

    assert words[8:] == " warning cabas.web: level L2"
