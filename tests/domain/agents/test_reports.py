"""What agents report of themselves: news only, refused where it makes no sense."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.agents.commands import (
    AddLogSource,
    ConnectAgent,
    DisconnectAgent,
    NoteAgentLogs,
    ReportAppHealth,
    ReportAppStatus,
    ReportLifecycle,
    ReportScript,
    ReportStartup,
    TimeOutAgent,
)
from domain.agents.decisions import (
    decide_add_log_source,
    decide_connect_agent,
    decide_disconnect_agent,
    decide_note_logs,
    decide_report_app_health,
    decide_report_app_status,
    decide_report_lifecycle,
    decide_report_script,
    decide_report_startup,
    decide_time_out_agent,
)
from domain.agents.events import (
    AgentConnected,
    AgentConnectionTimedOut,
    AgentCreated,
    AgentDeleted,
    AgentDisconnected,
    AgentLifecycleChanged,
    AgentLogSourceAdded,
    AgentLogsOverflowed,
    AgentLogsStarted,
    AgentStartupReported,
    AppHealthChanged,
    AppStatusReported,
    ScriptCompleted,
)
from domain.agents.state import AGENT
from domain.kernel.errors import Invalid, NotFound
from tests.domain.agents.sample import BUILD, CREATED, ID, SPEC, WORKSPACE
from tests.support.spec import NOON, context, given

CONNECTED = AgentConnected(WORKSPACE, BUILD)
LATER = context(NOON + timedelta(seconds=3))


def test_the_first_connection_is_news_and_the_second_is_not() -> None:
    given(AGENT, CREATED).when(lambda s: decide_connect_agent(ConnectAgent(ID), s)).then(CONNECTED)
    given(AGENT, CREATED, CONNECTED).when(lambda s: decide_connect_agent(ConnectAgent(ID), s)).then_nothing()


def test_a_deleted_agent_does_not_connect() -> None:
    given(AGENT, CREATED, AgentDeleted(WORKSPACE, BUILD)).when(lambda s: decide_connect_agent(ConnectAgent(ID), s)).then_nothing()


def test_only_a_connected_agent_disconnects() -> None:
    gone = AgentDisconnected(WORKSPACE, BUILD, NOON)
    given(AGENT, CREATED, CONNECTED).when(lambda s: decide_disconnect_agent(DisconnectAgent(ID, NOON), s)).then(gone)
    given(AGENT, CREATED).when(lambda s: decide_disconnect_agent(DisconnectAgent(ID, NOON), s)).then_nothing()


def test_an_agent_times_out_only_after_its_time() -> None:
    # `given` lets the stream begin an hour before noon; the agent has two minutes.
    begun = NOON - timedelta(hours=1)
    at = [context(begun + timedelta(seconds=120)), context(begun + timedelta(seconds=120, microseconds=1))]
    given(AGENT, CREATED).when(lambda s: decide_time_out_agent(TimeOutAgent(ID), s, at[0])).then_nothing()
    given(AGENT, CREATED).when(lambda s: decide_time_out_agent(TimeOutAgent(ID), s, at[1])).then(AgentConnectionTimedOut(WORKSPACE, BUILD))


@pytest.mark.parametrize("event", [CONNECTED, AgentConnectionTimedOut(WORKSPACE, BUILD), AgentDeleted(WORKSPACE, BUILD)])
def test_an_agent_that_connected_or_is_past_does_not_time_out(
    event: AgentConnected | AgentConnectionTimedOut | AgentDeleted,
) -> None:
    given(AGENT, CREATED, event).when(lambda s: decide_time_out_agent(TimeOutAgent(ID), s, context())).then_nothing()


def test_an_agent_without_a_timeout_is_waited_for_for_ever() -> None:
    patient = AgentCreated(WORKSPACE, BUILD, "resource-1", "main", None, 0, SPEC)
    given(AGENT, patient).when(lambda s: decide_time_out_agent(TimeOutAgent(ID), s, context())).then_nothing()


def test_a_startup_report_counts_when_it_differs() -> None:
    command = ReportStartup(ID, "v1", "2.0", "/home", ("envbox",))
    event = AgentStartupReported(WORKSPACE, BUILD, "v1", "2.0", "/home", ["envbox"])
    given(AGENT, CREATED).when(lambda s: decide_report_startup(command, s)).then(event)
    given(AGENT, CREATED, event).when(lambda s: decide_report_startup(command, s)).then_nothing()


def test_lifecycle_states_may_come_in_any_order() -> None:
    for state in ("ready", "starting"):
        command = ReportLifecycle(ID, state)
        event = AgentLifecycleChanged(WORKSPACE, BUILD, state, LATER.time)
        given(AGENT, CREATED, AgentLifecycleChanged(WORKSPACE, BUILD, "off", NOON)).when(
            lambda s, c=command: decide_report_lifecycle(c, s, LATER)  # type: ignore[misc]
        ).then(event)


def test_the_agents_clock_counts_for_its_lifecycle() -> None:
    command = ReportLifecycle(ID, "ready", NOON)
    given(AGENT, CREATED).when(lambda s: decide_report_lifecycle(command, s, LATER)).then(
        AgentLifecycleChanged(WORKSPACE, BUILD, "ready", NOON)
    )


def test_an_unknown_lifecycle_state_is_refused() -> None:
    given(AGENT, CREATED).when(lambda s: decide_report_lifecycle(ReportLifecycle(ID, "asleep"), s, LATER)).then_raises(
        Invalid, field="state"
    )


def test_health_is_reported_for_apps_with_a_check_only() -> None:
    command = ReportAppHealth(ID, (("app-1", "healthy"), ("app-2", "healthy")))
    given(AGENT, CREATED).when(lambda s: decide_report_app_health(command, s)).then(AppHealthChanged(WORKSPACE, BUILD, "app-1", "healthy"))


@pytest.mark.parametrize(("healths", "field"), [((("nobody", "healthy"),), "id"), ((("app-1", "fine"),), "health")])
def test_health_that_makes_no_sense_is_refused(healths: tuple[tuple[str, str], ...], field: str) -> None:
    given(AGENT, CREATED).when(lambda s: decide_report_app_health(ReportAppHealth(ID, healths), s)).then_raises(Invalid, field=field)


def test_every_status_of_an_app_is_kept() -> None:
    command = ReportAppStatus(ID, "status-2", "code", "working", "on it", "")
    event = AppStatusReported(WORKSPACE, BUILD, "status-2", "app-1", "working", "on it", "")
    before = AppStatusReported(WORKSPACE, BUILD, "status-1", "app-1", "working", "on it", "")
    given(AGENT, CREATED, before).when(lambda s: decide_report_app_status(command, s)).then(event)


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (ReportAppStatus(ID, "s", "code", "busy", "", ""), "state"),
        (ReportAppStatus(ID, "s", "code", "idle", "é" * 81, ""), "message"),
        (ReportAppStatus(ID, "s", "none", "idle", "", ""), "app_slug"),
    ],
)
def test_a_status_that_makes_no_sense_is_refused(command: ReportAppStatus, field: str) -> None:
    given(AGENT, CREATED).when(lambda s: decide_report_app_status(command, s)).then_raises(Invalid, field=field)


def test_a_script_result_names_every_field_that_is_wrong() -> None:
    command = ReportScript(ID, "other", NOON, NOON - timedelta(seconds=1), 0, "noon", "fine")
    refusal = given(AGENT, CREATED).when(lambda s: decide_report_script(command, s)).then_raises(Invalid)
    assert [v.field for v in refusal.validations] == ["script_id", "end", "stage", "status"]


def test_a_script_result_is_kept() -> None:
    command = ReportScript(ID, "up", NOON, NOON, 3, "start", "exit_failure")
    given(AGENT, CREATED).when(lambda s: decide_report_script(command, s)).then(
        ScriptCompleted(WORKSPACE, BUILD, "up", NOON, NOON, 3, "start", "exit_failure")
    )


def test_a_known_log_source_is_no_news() -> None:
    given(AGENT, CREATED).when(lambda s: decide_add_log_source(AddLogSource(ID, "source-1", "n", ""), s)).then_nothing()
    given(AGENT, CREATED).when(lambda s: decide_add_log_source(AddLogSource(ID, "source-9", "n", "i"), s)).then(
        AgentLogSourceAdded(WORKSPACE, BUILD, "source-9", "n", "i")
    )


def test_first_lines_and_a_full_log_are_said_once() -> None:
    started, full = AgentLogsStarted(WORKSPACE, BUILD), AgentLogsOverflowed(WORKSPACE, BUILD)
    given(AGENT, CREATED).when(lambda s: decide_note_logs(NoteAgentLogs(ID), s)).then(started)
    given(AGENT, CREATED, started).when(lambda s: decide_note_logs(NoteAgentLogs(ID, overflowed=True), s)).then(full)
    given(AGENT, CREATED, started, full).when(lambda s: decide_note_logs(NoteAgentLogs(ID, overflowed=True), s)).then_nothing()


def test_an_agent_that_does_not_exist_reports_nothing() -> None:
    given(AGENT).when(lambda s: decide_connect_agent(ConnectAgent(ID), s)).then_raises(NotFound)
