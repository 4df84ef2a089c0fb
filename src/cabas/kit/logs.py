"""
Logs: one JSON object a line with the fields that Cloud Logging reads, or words for a terminal.

What goes wrong in the same way a thousand times a second is told a few times, with how often it was. Nothing personal
is written: addresses, numbers, secrets and what a database says of a row are taken out of every line.
"""

import logging
import re
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Final, Literal, TextIO

import msgspec

from cabas.kit import tracing
from cabas.kit.buckets import Buckets, Rate

Form = Literal["json", "text"]

ALIKE: Final = Rate(burst=20, period=timedelta(seconds=10))
"""Records of one wording from one place in the code; errors are counted apart from the rest."""

REQUEST: Final = "httpRequest"
FIELDS: Final = "fields"
"""In ``extra``: {name: text or number}, told beside the message."""

GRANIAN: Final[dict[str, Any]] = {
    "handlers": {},
    "loggers": {name: {"level": "INFO", "propagate": True} for name in ("_granian", "granian.access")},
}
"""The server's own lines are told like the rest: its ``log_dictconfig``."""

_ERROR_EVENT: Final = "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"
_SEVERITIES: Final = {
    logging.DEBUG: "DEBUG",
    logging.INFO: "INFO",
    logging.WARNING: "WARNING",
    logging.ERROR: "ERROR",
    logging.CRITICAL: "CRITICAL",
}
_PERSONAL: Final = (
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "<email>"),
    (re.compile(r"(?<![\w.:-])(?:\+33|0033|0)[ .]?[1-9](?:[ .-]?\d{2}){4}(?![\w-])"), "<phone>"),
    (re.compile(r"(?m)^(?:DETAIL|CONTEXT):.*$"), "<detail>"),
    (re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"), "<secret>"),
    (re.compile(r"(?i)(?<=bearer )[\w.~+/=-]{8,}"), "<secret>"),
)


def scrubbed(text: str) -> str:
    """The text without what may be somebody's, or a secret."""
    for pattern, instead in _PERSONAL:
        text = pattern.sub(instead, text)
    return text


class Seldom(logging.Filter):
    """Lets few records of one wording through; the next that passes says how many did not."""

    def __init__(self, rate: Rate = ALIKE) -> None:
        super().__init__()
        self._buckets = Buckets(rate)
        self._left_out: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        key = f"{record.name}:{record.lineno}:{record.levelno >= logging.ERROR}"
        if self._buckets.take(key, monotonic()):
            self._left_out[key] += 1
            return False
        if left_out := self._left_out.pop(key, 0):
            record.left_out = left_out
        return True


class JsonLines(logging.Formatter):
    """
    :param service: which program speaks: ``cabas-web``.
    :param project: the Google Cloud project that traces are in; "": the trace's id alone.
    """

    def __init__(self, *, service: str, project: str = "") -> None:
        super().__init__()
        self._service = service
        self._traces = f"projects/{project}/traces/" if project else ""
        self._encoder = msgspec.json.Encoder(enc_hook=str)

    def format(self, record: logging.LogRecord) -> str:
        document: dict[str, Any] = {
            "severity": _SEVERITIES.get(record.levelno, "DEFAULT"),
            "time": _moment(record).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "message": scrubbed(_words(self, record)),
            "logger": record.name,
            "service": self._service,
        }
        if record.levelno >= logging.ERROR:
            document["@type"] = _ERROR_EVENT
            document["serviceContext"] = {"service": self._service}
            document["logging.googleapis.com/sourceLocation"] = {
                "file": record.pathname.rpartition("/src/")[2],
                "line": str(record.lineno),
                "function": record.funcName,
            }
        if trace := tracing.current.get():
            document["logging.googleapis.com/trace"] = self._traces + trace.trace_id
            document["logging.googleapis.com/spanId"] = trace.span_id
            document["logging.googleapis.com/trace_sampled"] = trace.sampled
        if request := getattr(record, REQUEST, None):
            document[REQUEST] = request
        document |= _fields(record)
        return self._encoder.encode(document).decode()


class Words(logging.Formatter):
    """For a person who reads along."""

    def format(self, record: logging.LogRecord) -> str:
        at = f"{_moment(record).astimezone():%H:%M:%S}"
        said = dict(_fields(record))
        if trace := tracing.current.get():
            said["trace"] = trace.trace_id
        told = "".join(f" {key}={value}" for key, value in said.items())
        return scrubbed(f"{at} {record.levelname.lower()} {record.name}: {_words(self, record)}{told}")


def begin(
    form: Form,
    *,
    service: str,
    project: str = "",
    stream: TextIO | None = None,
    level: int = logging.INFO,
) -> logging.Handler:
    """All records of this process go from now on to ``stream`` (stderr)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(service=service, project=project) if form == "json" else Words())
    handler.addFilter(Seldom())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))  # of libraries only what is wrong
    logging.getLogger("cabas").setLevel(level)
    logging.captureWarnings(True)  # noqa: FBT003 - as the library says it
    return handler


def request_of(
    method: str, template: str, *, status: int, seconds: float, answered_bytes: int = 0
) -> dict[str, Any]:
    """
    ``httpRequest`` as Cloud Logging reads it: without the person's address, browser or query.

    :param template: the route (``/commandes/{order}``), whose parts would name a person's things.
    """
    said: dict[str, Any] = {
        "requestMethod": method,
        "requestUrl": template,
        "status": status,
        "latency": f"{seconds:.3f}s",
    }
    if answered_bytes:
        said["responseSize"] = str(answered_bytes)
    return said


def _words(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    text = record.getMessage()
    if record.exc_info and record.exc_info[0]:
        text += "\n" + formatter.formatException(record.exc_info)
    return text


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields = dict(getattr(record, FIELDS, {}))
    if left_out := getattr(record, "left_out", 0):
        fields["left_out"] = left_out
    return fields


def _moment(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)
