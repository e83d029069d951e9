from __future__ import annotations

from service.observability import metrics
from tests.support.api import Ledger


def page() -> str:
    body, content_type = metrics.render()
    assert content_type.startswith("text/plain")
    return body.decode()


def test_a_request_is_counted_by_route_pattern_and_status() -> None:
    observe = metrics.http_observer("GET", "/tests/{id}")
    observe(200, 0.003)
    observe(200, 0.004)
    observe(404, 0.001)
    text = page()
    assert 'ledger_http_requests_total{method="GET",route="/tests/{id}",status="200"} 2.0' in text
    assert 'ledger_http_requests_total{method="GET",route="/tests/{id}",status="404"} 1.0' in text
    assert 'ledger_http_request_seconds_count{method="GET",route="/tests/{id}"} 3.0' in text


def test_a_command_is_counted_by_outcome() -> None:
    count = metrics.command_counter("TestCommand")
    count("changed")
    count("refused")
    count("refused")
    text = page()
    assert 'ledger_commands_total{command="TestCommand",outcome="changed"} 1.0' in text
    assert 'ledger_commands_total{command="TestCommand",outcome="refused"} 2.0' in text


def test_subscribers_come_and_go_while_frames_add_up() -> None:
    meter = metrics.StreamMeter("test_stream")
    meter.joined()
    meter.joined()
    meter.frame()
    meter.left()
    text = page()
    assert 'ledger_watch_subscribers{stream="test_stream"} 1.0' in text
    assert 'ledger_watch_frames_total{stream="test_stream"} 1.0' in text


def test_lag_is_shown_in_positions_and_seconds() -> None:
    metrics.set_lag(12, 0.5)
    text = page()
    assert "ledger_projection_lag_positions 12.0" in text
    assert "ledger_projection_lag_seconds 0.5" in text
    metrics.set_lag(0, 0.0)


def test_every_metric_of_ours_bears_the_prefix() -> None:
    names = [family.name for family in metrics.REGISTRY.collect()]
    assert all(name.startswith(("ledger_", "python_", "process_")) for name in names)


async def test_the_page_names_routes_as_callers_spell_them(ledger: Ledger) -> None:
    await ledger.anonymous.get("//healthz", want=200)
    await ledger.anonymous.get("/buildinfo", want=200)
    text = (await ledger.anonymous.get("//metrics", want=200)).raw.decode()
    assert 'ledger_http_requests_total{method="GET",route="/healthz",status="200"}' in text
    assert 'ledger_http_requests_total{method="GET",route="/api/v2/buildinfo",status="200"}' in text
