"""What the provisioner plays for simulated agents."""

from __future__ import annotations

from typing import Any

import pytest

from domain.agents.events import (
    AgentConnected,
    AgentDeleted,
    AgentDisconnected,
    AgentLifecycleChanged,
    AgentStartupReported,
    AppHealthChanged,
    ScriptCompleted,
)
from domain.agents.simulation import PlayStart, PlayStop, decide_play_start, decide_play_stop
from domain.agents.state import AGENT, Agent
from domain.kernel.decider import Decision
from domain.kernel.errors import NotFound
from tests.domain.agents.sample import BUILD, CREATED, ID, WORKSPACE
from tests.support.spec import NOON, context, given

REPORTED = AgentStartupReported(WORKSPACE, BUILD, "v1", "2.0", "/home", [])


def _start(lifecycle: str = "ready", **more: Any) -> Any:
    def decide(state: Agent) -> Decision:
        return decide_play_start(PlayStart(ID, lifecycle, "v1", "2.0", "/home", ("up",), **more), state, context())

    return decide


def _stop(state: Agent) -> Decision:
    return decide_play_stop(PlayStop(ID, ("down",)), state, context())


def _state(state: str) -> AgentLifecycleChanged:
    return AgentLifecycleChanged(WORKSPACE, BUILD, state, NOON)


def _script(id: str, stage: str, exit_code: int = 0, status: str = "ok") -> ScriptCompleted:
    return ScriptCompleted(WORKSPACE, BUILD, id, NOON, NOON, exit_code, stage, status)


def test_a_first_start_reports_everything_the_template_declares() -> None:
    given(AGENT, CREATED).when(_start(app_health=(("app-1", "healthy"), ("app-2", "healthy")))).then(
        AgentConnected(WORKSPACE, BUILD),
        REPORTED,
        _state("starting"),
        _script("up", "start"),
        _state("ready"),
        AppHealthChanged(WORKSPACE, BUILD, "app-1", "healthy"),
    )


def test_an_agent_that_still_starts_has_not_finished_its_scripts() -> None:
    given(AGENT, CREATED).when(_start("starting")).then(AgentConnected(WORKSPACE, BUILD), REPORTED, _state("starting"))


@pytest.mark.parametrize(("lifecycle", "exit_code", "status"), [("start_error", 1, "exit_failure"), ("start_timeout", -1, "timed_out")])
def test_a_failed_start_is_the_failure_of_its_scripts(lifecycle: str, exit_code: int, status: str) -> None:
    given(AGENT, CREATED).when(_start(lifecycle)).then(
        AgentConnected(WORKSPACE, BUILD), REPORTED, _state("starting"), _script("up", "start", exit_code, status), _state(lifecycle)
    )


def test_an_agent_that_lost_its_player_only_connects_again() -> None:
    past = (CREATED, AgentConnected(WORKSPACE, BUILD), REPORTED, _state("starting"), _state("ready"))
    given(AGENT, *past, AgentDisconnected(WORKSPACE, BUILD, NOON)).when(_start()).then(AgentConnected(WORKSPACE, BUILD))


def test_a_connected_or_deleted_agent_does_not_start() -> None:
    given(AGENT, CREATED, AgentConnected(WORKSPACE, BUILD)).when(_start()).then_nothing()
    given(AGENT, CREATED, AgentDeleted(WORKSPACE, BUILD)).when(_start()).then_nothing()


def test_a_stop_runs_the_stop_scripts_and_disconnects() -> None:
    given(AGENT, CREATED, AgentConnected(WORKSPACE, BUILD), _state("ready")).when(_stop).then(
        _state("shutting_down"), _script("down", "stop"), _state("off"), AgentDisconnected(WORKSPACE, BUILD, NOON)
    )


def test_an_agent_that_is_off_only_disconnects() -> None:
    given(AGENT, CREATED, AgentConnected(WORKSPACE, BUILD), _state("off")).when(_stop).then(AgentDisconnected(WORKSPACE, BUILD, NOON))


def test_only_a_connected_agent_stops() -> None:
    given(AGENT, CREATED).when(_stop).then_nothing()


def test_nobody_plays_an_agent_that_does_not_exist() -> None:
    given(AGENT).when(_start()).then_raises(NotFound)
    given(AGENT).when(_stop).then_raises(NotFound)
