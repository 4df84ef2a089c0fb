"""How much is told of what happens, and to whom: read from the environment once, by `cabas.settings`."""

import sys
from collections.abc import Mapping

import msgspec

from cabas.kit.logs import Form


class BadTelemetry(ValueError):
    """A variable says what can't be."""


class Telemetry(msgspec.Struct, frozen=True, kw_only=True):
    log_form: Form = "text"
    log_share: float = 0.01
    """Of requests that went well, how many are logged: 0.0 to 1.0."""
    otlp_url: str = ""
    """Where traces go, by OTLP over HTTP: ``http://collector:4318``; "": nowhere, at no cost."""
    trace_share: float = 0.01
    """Of the traces that begin here, how many are recorded: 0.0 to 1.0."""
    trace_project: str = ""
    """The Google Cloud project that log lines name with their trace."""
    worker_port: int = 0
    """Where a worker answers ``/metrics``; 0: nowhere."""
    probe_url: str = ""
    """The site as its worker asks for it, from outside the web processes; "": it doesn't."""


def telemetry_of(env: Mapping[str, str]) -> Telemetry:
    """:raises BadTelemetry: with the variable's name."""
    defaults = Telemetry()
    return Telemetry(
        log_form=_form(env.get("CABAS_LOG", "")),
        log_share=_share(env, "CABAS_LOG_SHARE", defaults.log_share),
        otlp_url=_url(env, "CABAS_OTLP_URL"),
        trace_share=_share(env, "CABAS_TRACE_SHARE", defaults.trace_share),
        trace_project=env.get("CABAS_TRACE_PROJECT", ""),
        worker_port=_port(env, "CABAS_WORKER_METRICS_PORT"),
        probe_url=_url(env, "CABAS_PROBE_URL"),
    )


def _form(said: str) -> Form:
    match said:
        case "":
            return "text" if sys.stderr.isatty() else "json"
        case "json":
            return "json"
        case "text":
            return "text"
        case other:
            raise BadTelemetry(f"CABAS_LOG is {other!r}: say json or text")


def _share(env: Mapping[str, str], name: str, default: float) -> float:
    said = env.get(name, "")
    try:
        share = float(said) if said else default
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise BadTelemetry(f"{name} is {said!r}: it must lie between 0 and 1")
    return share


def _url(env: Mapping[str, str], name: str) -> str:
    said = env.get(name, "").rstrip("/")
    if said and not said.startswith(("http://", "https://")):
        raise BadTelemetry(f"{name} must begin with http:// or https://")
    return said


def _port(env: Mapping[str, str], name: str) -> int:
    said = env.get(name, "")
    if not said:
        return 0
    if not said.isdecimal() or not 0 < int(said) < 65_536:
        raise BadTelemetry(f"{name} is {said!r}: a port lies between 1 and 65535")
    return int(said)
