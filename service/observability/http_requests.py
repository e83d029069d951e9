"""Counts and durations of HTTP requests by route, added up in plain lists: the library's own counters cost several times as
much per request, which shows on answers that take no longer than that."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector


class _Route:
    """What was seen of one route."""

    __slots__ = ("buckets", "by_status", "seconds")

    def __init__(self, buckets: int) -> None:
        self.buckets = [0] * (buckets + 1)
        self.by_status: dict[int, int] = {}
        self.seconds = 0.0


class HttpRequests(Collector):
    """`ledger_http_requests_total` and `ledger_http_request_seconds`; only the event loop's thread counts."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = list(bounds)
        self._routes: dict[tuple[str, str], _Route] = {}

    def route(self, method: str, pattern: str) -> Callable[[int, float], None]:
        """The function that counts one answer (status, seconds) of a route."""
        seen = self._routes.setdefault((method, pattern), _Route(len(self._bounds)))
        bounds, buckets, by_status = self._bounds, seen.buckets, seen.by_status

        def observe(status: int, seconds: float) -> None:
            by_status[status] = by_status.get(status, 0) + 1
            buckets[bisect_left(bounds, seconds)] += 1
            seen.seconds += seconds

        return observe

    def collect(self) -> Iterator[Metric]:
        """The families as of now; routes that nobody asked for are left out."""
        requests = CounterMetricFamily("ledger_http_requests", "Answered HTTP requests.", labels=("method", "route", "status"))
        durations = HistogramMetricFamily(
            "ledger_http_request_seconds", "From the request's head to its answer's.", labels=("method", "route")
        )
        for (method, pattern), seen in self._routes.items():
            if not seen.by_status:
                continue
            for status, count in seen.by_status.items():
                requests.add_metric((method, pattern, str(status)), count)
            total = 0
            cumulated: list[tuple[str, float]] = []
            for bound, count in zip([*map(str, self._bounds), "+Inf"], seen.buckets, strict=True):
                total += count
                cumulated.append((bound, total))
            durations.add_metric((method, pattern), cumulated, seen.seconds)
        yield requests
        yield durations
