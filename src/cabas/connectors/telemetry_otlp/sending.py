"""Spans by OTLP over HTTP, in batches, from a thread of the SDK's: a collector that is away costs memory, not time."""

import os
from importlib.metadata import version
from typing import Final

from opentelemetry import trace as otel
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from cabas.kit.tracing import Attributes, Kind, Trace

SEND_SECONDS: Final = 5
QUEUE_MAX: Final = 2048
"""Spans that wait; the rest is dropped while the collector is away."""

_KINDS: Final[dict[Kind, SpanKind]] = {
    "server": SpanKind.SERVER,
    "internal": SpanKind.INTERNAL,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}


class OtlpTracer:
    """`cabas.kit.tracing.Tracer`. What is asked of it was sampled before: it records all."""

    def __init__(self, url: str, *, service: str, environment: str) -> None:
        """:param url: of the collector, without ``/v1/traces``."""
        resource = Resource.create(
            {
                "service.name": service,
                "service.version": version("cabas"),
                "service.instance.id": f"{os.uname().nodename}:{os.getpid()}",
                "deployment.environment.name": environment,
            }
        )
        exporter = OTLPSpanExporter(endpoint=f"{url}/v1/traces", timeout=SEND_SECONDS)
        self._provider = TracerProvider(sampler=ALWAYS_ON, resource=resource, shutdown_on_exit=True)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=QUEUE_MAX))
        self._tracer = self._provider.get_tracer("cabas")

    def start(
        self,
        name: str,
        *,
        kind: Kind,
        parent: Trace | None,
        attributes: Attributes | None = None,
        at: int | None = None,
    ) -> "OtlpSpan":
        context = otel.set_span_in_context(NonRecordingSpan(_context(parent))) if parent else None
        span = self._tracer.start_span(
            name, context=context, kind=_KINDS[kind], attributes=dict(attributes or {}), start_time=at
        )
        return OtlpSpan(span)

    def stop(self) -> None:
        self._provider.shutdown()


class OtlpSpan:
    def __init__(self, span: otel.Span) -> None:
        self._span = span
        context = span.get_span_context()
        self.trace = Trace(
            trace_id=f"{context.trace_id:032x}", span_id=f"{context.span_id:016x}", sampled=True
        )

    def end(
        self, *, name: str = "", error: str = "", attributes: Attributes | None = None, at: int | None = None
    ) -> None:
        if name:
            self._span.update_name(name)
        if attributes:
            self._span.set_attributes(dict(attributes))
        if error:
            self._span.set_status(Status(StatusCode.ERROR, error))
            self._span.set_attribute("error.type", error)
        self._span.end(at)


def _context(parent: Trace) -> SpanContext:
    return SpanContext(
        trace_id=int(parent.trace_id, 16),
        span_id=int(parent.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(int(parent.sampled)),
    )
