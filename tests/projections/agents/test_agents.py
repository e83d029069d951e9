"""Agents as rows, and as the documents rendered from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from domain.agents.events import (
    AgentDeleted,
    AgentLifecycleChanged,
    AgentLogSourceAdded,
    AgentLogsOverflowed,
    AgentLogsStarted,
    AgentStartupReported,
    AppHealthChanged,
    ScriptCompleted,
)
from domain.kernel.events import Event
from projections.agents.render import agent_status
from tests.projections.workspaces.histories import (
    FOUNDED,
    START,
    Entry,
    agent_created,
    agent_id,
    connected,
    created,
    disconnected,
    history,
    running,
    said,
    started,
    timed_out,
    uid,
)
from tests.support.projecting import Projecting

AGENT = agent_id("dev", "main")
WORKSPACE, BUILD = uid("dev"), uid("dev build 1")


def _on_agent(event: Event) -> Entry:
    return AGENT, event


def _state(state: str, seconds: int) -> Entry:
    return _on_agent(AgentLifecycleChanged(WORKSPACE, BUILD, state, START + timedelta(seconds=seconds)))


async def _fold(projecting: Projecting, *entries: Entry) -> dict[str, Any]:
    """The agent's row after these events; every batch size gives the same."""
    events = history(*FOUNDED, *running("dev", agents=("main",)), *entries)
    await projecting.same_for_every_batch_size(events)
    await projecting.fold(events)
    [row] = await projecting.rows("agents")
    return row


async def test_a_script_is_a_source_of_log_lines(projecting: Projecting) -> None:
    row = await _fold(projecting)
    assert [(s["id"], s["display_name"]) for s in row["log_sources"]] == [(uid("dev source main"), "Startup")]


async def test_the_connection_status_follows_connections(projecting: Projecting) -> None:
    assert agent_status(await _fold(projecting)) == "connecting"
    assert agent_status(await _fold(projecting, timed_out("dev", "main"))) == "timeout"
    row = await _fold(projecting, timed_out("dev", "main"), connected("dev", "main"))
    assert (agent_status(row), row["first_connected_at"]) == ("connected", row["last_connected_at"])
    silent_since = START + timedelta(seconds=90)
    row = await _fold(projecting, connected("dev", "main"), disconnected("dev", "main", silent_since))
    assert agent_status(row) == "disconnected"
    assert row["disconnected_at"] == row["last_connected_at"] == silent_since.isoformat()


async def test_an_agent_that_connects_again_keeps_when_it_first_did(projecting: Projecting) -> None:
    row = await _fold(
        projecting, connected("dev", "main"), disconnected("dev", "main", START + timedelta(days=1)), connected("dev", "main")
    )
    assert row["first_connected_at"] < row["last_connected_at"]
    assert row["disconnected_at"] is None


async def test_starting_begins_the_clock_and_ready_stops_it(projecting: Projecting) -> None:
    row = await _fold(projecting, _state("starting", 60), _state("ready", 61), _state("starting", 70))
    assert row["started_at"] == (START + timedelta(seconds=70)).isoformat()
    assert row["ready_at"] is None
    row = await _fold(projecting, _state("start_error", 62))
    assert row["started_at"] == row["ready_at"] == (START + timedelta(seconds=62)).isoformat()


async def test_reports_are_kept(projecting: Projecting) -> None:
    row = await _fold(
        projecting,
        _on_agent(AgentStartupReported(WORKSPACE, BUILD, "v1", "2.0", "/home/coder", ["envbox"])),
        _on_agent(AppHealthChanged(WORKSPACE, BUILD, uid("dev app main"), "unhealthy")),
        _on_agent(
            ScriptCompleted(WORKSPACE, BUILD, uid("dev script main"), START, START + timedelta(seconds=2), 3, "start", "exit_failure")
        ),
        _on_agent(AgentLogSourceAdded(WORKSPACE, BUILD, uid("more"), "More", "/m.png")),
        _on_agent(AgentLogsStarted(WORKSPACE, BUILD)),
        _on_agent(AgentLogsOverflowed(WORKSPACE, BUILD)),
    )
    assert (row["version"], row["api_version"], row["expanded_directory"], row["subsystems"]) == ("v1", "2.0", "/home/coder", ["envbox"])
    assert row["app_health"] == {uid("dev app main"): "unhealthy"}
    assert row["script_results"][uid("dev script main")]["exit_code"] == 3
    assert [s["display_name"] for s in row["log_sources"]] == ["Startup", "More"]
    assert (row["logs_started"], row["logs_overflowed"]) == (True, True)


async def test_every_status_of_an_app_is_a_row(projecting: Projecting) -> None:
    await _fold(projecting, said("dev", "main", "one"), said("dev", "main", "two"))
    assert sorted(row["message"] for row in await projecting.rows("app_statuses")) == ["one", "two"]


async def test_a_deleted_agent_is_cut_off(projecting: Projecting) -> None:
    row = await _fold(projecting, connected("dev", "main"), _on_agent(AgentDeleted(WORKSPACE, BUILD)))
    assert (row["deleted"], agent_status(row), row["plays_at"]) == (True, "disconnected", None)


async def _simulated(projecting: Projecting, simulate: dict[str, object], *entries: Entry) -> dict[str, Any]:
    made = agent_created("dev", "main", 0, BUILD, uid("dev resource 1"))
    made = replace(made, spec={**made.spec, "run": "simulated", "simulate": {"app_health": {}, "lifecycle": "ready", **simulate}})
    events = history(*FOUNDED, *created("dev"), started("dev"), _on_agent(made), *entries)
    await projecting.same_for_every_batch_size(events)
    await projecting.fold(events)
    [row] = await projecting.rows("agents")
    return row


async def test_a_simulated_agent_is_played_when_its_template_says(projecting: Projecting) -> None:
    row = await _simulated(projecting, {"connect_after_seconds": 2.5, "disconnect_after_seconds": None})
    assert _seconds(row["created_at"], row["plays_at"]) == 2.5
    row = await _simulated(projecting, {"connect_after_seconds": 0, "disconnect_after_seconds": 60}, connected("dev", "main"))
    assert _seconds(row["last_connected_at"], row["plays_at"]) == 60


async def test_a_simulated_agent_that_lost_its_player_is_played_again(projecting: Projecting) -> None:
    simulate: dict[str, object] = {"connect_after_seconds": 0, "disconnect_after_seconds": None}
    gone = disconnected("dev", "main", START + timedelta(seconds=99))
    row = await _simulated(projecting, simulate, connected("dev", "main"), gone)
    assert row["plays_at"] is not None
    row = await _simulated(projecting, simulate, connected("dev", "main"), _state("off", 90), gone)
    assert row["plays_at"] is None
    row = await _simulated(projecting, {**simulate, "disconnect_after_seconds": 1}, connected("dev", "main"), gone)
    assert row["plays_at"] is None


def _seconds(one: str, other: str) -> float:
    return (datetime.fromisoformat(other) - datetime.fromisoformat(one)).total_seconds()
