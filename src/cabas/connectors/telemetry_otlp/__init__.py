"""
What a process tells of itself, set up once when it begins: log lines, and traces by OTLP where they are wanted.

The packages of OpenTelemetry (the extra ``telemetry``) are not even looked for while ``CABAS_OTLP_URL`` is unset.
"""

import importlib

from cabas.kit import logs, tracing
from cabas.settings import BadSetting, Settings


def begin(settings: Settings, *, service: str) -> None:
    """
    :param service: which program this is: ``cabas-web``.
    :raises BadSetting: traces are wanted and their packages aren't installed.
    """
    told = settings.telemetry
    logs.begin(told.log_form, service=service, project=told.trace_project)
    if not told.otlp_url:
        tracing.use(None)
        return
    try:
        sending = importlib.import_module("cabas.connectors.telemetry_otlp.sending")
    except ImportError:
        raise BadSetting(
            "CABAS_OTLP_URL is set, but traces need the extra telemetry: pip install 'cabas[telemetry]'"
        ) from None
    tracer: tracing.Tracer = sending.OtlpTracer(
        told.otlp_url, service=service, environment=settings.environment
    )
    tracing.use(tracer, share=told.trace_share)


def end() -> None:
    """What was recorded is sent before the process ends."""
    tracing.use(None)
