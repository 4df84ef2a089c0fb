"""The figures of load, one time series a process: level, limit, requests under way, queued, sent away by class."""

from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from cabas.domain.ladder.model import Pressure

_GAUGES = (
    ("cabas_level", "Where the process stands on the ladder, 0 to 4.", "level"),
    ("cabas_limit", "Requests that it lets run at once.", "limit_now"),
    ("cabas_requests_in_flight", "Requests that run.", "in_flight"),
    ("cabas_requests_queued", "Requests that wait for a place.", "queued"),
    ("cabas_goodput_per_second", "Answers in time in the last second.", "goodput_per_s"),
)


class LoadFigures(Collector):
    """Of what the processes told, one collection."""

    def __init__(self, told: Sequence[Pressure]) -> None:
        self._told = told

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        for name, says, field in _GAUGES:
            gauge = GaugeMetricFamily(name, says, labels=["process"])
            for one in self._told:
                gauge.add_metric([one.process_id], float(getattr(one, field)))
            yield gauge
        full = GaugeMetricFamily("cabas_limiter_full", "1: no place is free.", labels=["process"])
        answered = CounterMetricFamily("cabas_requests_answered", "Let in and answered.", labels=["process"])
        shed = CounterMetricFamily("cabas_requests_shed", "Sent away.", labels=["process", "class"])
        for one in self._told:
            full.add_metric([one.process_id], float(one.saturated_since is not None))
            answered.add_metric([one.process_id], one.answered)
            for kind, count in one.shed.items():
                shed.add_metric([one.process_id, kind], count)
        yield from (full, answered, shed)
