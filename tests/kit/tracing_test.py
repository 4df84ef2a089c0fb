"""Which requests are in a trace, and which are recorded."""

import pytest

from cabas.kit import tracing
from cabas.kit.tracing import Trace

HEADER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Memory:
    """A tracer that keeps what it was told."""

    def __init__(self):
        self.spans = []

    def start(self, name, *, kind, parent, attributes=None, at=None):
        trace_id = parent.trace_id if parent else "c" * 32
        self.spans.append(
            Kept(name, kind, parent, attributes, Trace(trace_id=trace_id, span_id="d" * 16, sampled=True))
        )
        return self.spans[-1]

    def stop(self):
        pass


class Kept:
    def __init__(self, name, kind, parent, attributes, trace):
        self.name, self.kind, self.parent, self.attributes, self.trace = name, kind, parent, attributes, trace
        self.error = None

    def end(self, *, name="", error="", attributes=None, at=None):
        self.error = error


@pytest.fixture
def memory():
    tracer = Memory()
    tracing.use(tracer)
    yield tracer
    tracing.use(None)


def test_a_header_is_read_and_written_again():
    trace = tracing.parse(HEADER)

    assert trace == Trace(trace_id=HEADER[3:35], span_id=HEADER[36:52], sampled=True)
    assert trace.header == HEADER


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        HEADER[:-1],
        HEADER + "0",
        HEADER + "-more",  # version 00 has no more
        HEADER.upper(),
        HEADER.replace("00-0af", "ff-0af"),
        "00-" + "0" * 32 + HEADER[35:],
        HEADER[:36] + "0" * 16 + "-01",
        HEADER.replace("0af7", "0ag7"),
        HEADER.replace("0af7", "0 f7"),
        HEADER.replace("0af7", "٠af7"),
        HEADER.replace("-", "_"),
    ],
)
def test_what_is_no_header_is_not_read(header):
    assert tracing.parse(header) is None


def test_a_later_version_is_read_as_far_as_we_know_it():
    assert tracing.parse("01" + HEADER[2:] + "-more") == tracing.parse(HEADER)


def test_a_request_without_a_header_begins_a_trace():
    first, _ = tracing.begin([(b"host", b"shop")])
    second, given = tracing.begin([])

    assert len(first.trace_id) == 32
    assert len(first.span_id) == 16
    assert first.trace_id != second.trace_id
    assert given is None


def test_a_request_goes_on_with_the_trace_of_its_caller():
    trace, given = tracing.begin([(b"traceparent", HEADER.encode())])

    assert trace.trace_id == given.trace_id
    assert trace.span_id != given.span_id


def test_nothing_is_sampled_without_a_tracer():
    assert not tracing.begin([(b"traceparent", HEADER.encode())])[0].sampled
    assert tracing.start("order") is None


def test_what_callers_ask_for_is_bounded(memory, monkeypatch):
    monkeypatch.setattr(tracing, "monotonic", lambda: 5.0)

    asked = [tracing.begin([(b"traceparent", HEADER.encode())])[0].sampled for _ in range(500)]

    assert sum(asked) == tracing.ASKED.burst


def test_a_share_of_what_begins_here_is_recorded(memory, monkeypatch):
    tracing.use(memory, share=0.25)
    draws = iter([0.24, 0.25, 0.9])
    monkeypatch.setattr(tracing, "random", lambda: next(draws))

    assert [tracing.begin([])[0].sampled for _ in range(3)] == [True, False, False]


def test_a_part_of_a_recorded_trace_is_its_child(memory):
    token = tracing.current.set(tracing.parse(HEADER))
    try:
        with tracing.span("order"):
            carried = tracing.carried()
    finally:
        tracing.current.reset(token)

    (span,) = memory.spans
    assert span.parent.header == HEADER
    assert span.error == ""
    assert carried == span.trace.header


def test_an_exception_is_told_by_its_name_alone(memory):
    token = tracing.current.set(tracing.parse(HEADER))
    try:
        with pytest.raises(ValueError, match="marie"), tracing.span("order"):
            raise ValueError("marie@mail.example")
    finally:
        tracing.current.reset(token)

    assert memory.spans[0].error == "ValueError"


def test_what_is_not_sampled_is_not_recorded_and_not_carried(memory):
    token = tracing.current.set(tracing.parse(HEADER[:-1] + "0"))
    try:
        with tracing.span("order"):
            assert tracing.carried() == ""
    finally:
        tracing.current.reset(token)

    assert memory.spans == []


def test_what_follows_joins_by_what_was_carried(memory):
    tracing.record("dispatch", HEADER, kind="consumer", started=1, ended=2)
    tracing.record("dispatch", "", kind="consumer", started=1, ended=2)

    (span,) = memory.spans
    assert span.trace.trace_id == HEADER[3:35]
