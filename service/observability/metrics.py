"""What the service counts, in one registry of its own. Names are `ledger_<subject>_<unit>[_total]`.

Hot paths pay one attribute lookup and one addition: label sets are resolved to children beforehand.
"""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from service.observability.http_requests import HttpRequests

_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

REGISTRY = CollectorRegistry(auto_describe=True)
for _collector in (ProcessCollector, PlatformCollector, GCCollector):
    _collector(registry=REGISTRY)

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)

_http = HttpRequests(_SECONDS)
REGISTRY.register(_http)
_commands = Counter("ledger_commands", "Commands by name and how they ended.", ("command", "outcome"), registry=REGISTRY)
_conflicts = Counter("ledger_command_conflicts", "Lost races that were decided anew.", registry=REGISTRY)
_batch = Histogram("ledger_append_batch_commands", "Commands that shared one transaction of the log.", buckets=_SIZES, registry=REGISTRY)
_projected = Counter("ledger_projection_events", "Events folded into read models.", registry=REGISTRY)
_projection_seconds = Histogram(
    "ledger_projection_batch_seconds", "From reading a batch of events to its commit.", buckets=_SECONDS, registry=REGISTRY
)
_lag_positions = Gauge("ledger_projection_lag_positions", "How far the read models are behind the log, in positions.", registry=REGISTRY)
_lag_seconds = Gauge("ledger_projection_lag_seconds", "Age of the oldest event that the read models do not show.", registry=REGISTRY)
_halted = Gauge("ledger_projection_halted_models", "Read models stopped by an event that they cannot fold.", registry=REGISTRY)
_subscribers = Gauge("ledger_watch_subscribers", "Open watch streams.", ("stream",), registry=REGISTRY)
_frames = Counter("ledger_watch_frames", "Frames written to watch streams.", ("stream",), registry=REGISTRY)
_coalesced = Counter("ledger_watch_coalesced_frames", "Frames replaced by a newer state before a slow reader took them.", registry=REGISTRY)
_webhook_attempts = Counter(
    "ledger_webhook_attempts", "Attempts to deliver an event, by what became of it.", ("outcome",), registry=REGISTRY
)
_restarts = Counter("ledger_embedded_postgres_restarts", "Restarts of an embedded PostgreSQL that had died.", registry=REGISTRY)

observe_batch: Callable[[float], None] = _batch.observe
"""Record how many commands one transaction carried."""
count_projected: Callable[[float], None] = _projected.inc
"""Add a number of folded events."""
observe_projection: Callable[[float], None] = _projection_seconds.observe
"""Record the seconds that one projected batch took."""


def count_conflict() -> None:
    """One lost race for a stream, retried by the bus."""
    _conflicts.inc()


def count_coalesced() -> None:
    """One frame that a slow reader never saw because a newer state took its place."""
    _coalesced.inc()


def count_webhook_attempt(outcome: str) -> None:
    """One attempt; the event is `delivered`, still `pending`, or given up (`failed`)."""
    _webhook_attempts.labels(outcome).inc()


def count_restart() -> None:
    """One restart of the embedded PostgreSQL."""
    _restarts.inc()


def http_observer(method: str, route: str) -> Callable[[int, float], None]:
    """The function that counts one answer (status, seconds) of this route. Call once per route, keep the result.

    `route` is the pattern, never the path: ids in labels would make a time series for each object.
    """
    return _http.route(method, route)


def command_counter(command: str) -> Callable[[str], None]:
    """The function that counts one command's end by outcome (`changed`, `unchanged`, `refused`, `failed`). Call once per command type."""
    increments: dict[str, Callable[[], None]] = {}

    def count(outcome: str) -> None:
        increment = increments.get(outcome)
        if increment is None:
            increment = increments[outcome] = _commands.labels(command, outcome).inc
        increment()

    return count


def set_lag(positions: int, seconds: float) -> None:
    """How far the read models are behind the log right now."""
    _lag_positions.set(positions)
    _lag_seconds.set(seconds)


def set_halted(models: int) -> None:
    """How many read models are stopped."""
    _halted.set(models)


class StreamMeter:
    """Counts one kind of watch stream: subscribers that come and go, frames that leave."""

    __slots__ = ("frame", "joined", "left")

    def __init__(self, stream: str) -> None:
        subscribers = _subscribers.labels(stream)
        self.joined: Callable[[], None] = subscribers.inc
        self.left: Callable[[], None] = subscribers.dec
        self.frame: Callable[[], None] = _frames.labels(stream).inc


def render() -> tuple[bytes, str]:
    """The metrics page and its content type."""
    return generate_latest(REGISTRY), _CONTENT_TYPE
