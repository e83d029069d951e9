"""Decisions about agents: reports that change nothing append nothing. Source: contract/lifecycle.md D2 to D9."""

from __future__ import annotations

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
from domain.agents.events import (
    AgentConnected,
    AgentConnectionTimedOut,
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
from domain.agents.state import AGENT, Agent
from domain.agents.values import APP_HEALTH, APP_STATES, LIFECYCLE_STATES, MAX_STATUS_MESSAGE_BYTES, SCRIPT_STAGES, SCRIPT_STATUSES
from domain.kernel.context import Context
from domain.kernel.decider import NOTHING, Decision, append
from domain.kernel.errors import Invalid, NotFound, Violation
from domain.kernel.events import Event


def _on(agent_id: str, *events: Event) -> Decision:
    return (append(AGENT.stream(agent_id), *events),) if events else NOTHING


def _existing(state: Agent) -> Agent:
    if not state.exists:
        raise NotFound
    return state


def decide_connect_agent(command: ConnectAgent, state: Agent) -> Decision:
    """A connection opened; a second one of a connected agent changes nothing."""
    agent = _existing(state)
    return NOTHING if agent.connected or agent.deleted else _on(command.agent_id, AgentConnected(agent.workspace_id, agent.build_id))


def decide_disconnect_agent(command: DisconnectAgent, state: Agent) -> Decision:
    """A connection closed or fell silent."""
    agent = _existing(state)
    if not agent.connected:
        return NOTHING
    return _on(command.agent_id, AgentDisconnected(agent.workspace_id, agent.build_id, command.last_connected_at))


def decide_time_out_agent(command: TimeOutAgent, state: Agent, context: Context) -> Decision:
    """Only an agent that never connected, has a timeout, and is older than it."""
    agent = _existing(state)
    if agent.ever_connected or agent.timed_out or agent.deleted or agent.connection_timeout_seconds <= 0 or agent.created_at is None:
        return NOTHING
    if (context.time - agent.created_at).total_seconds() <= agent.connection_timeout_seconds:
        return NOTHING
    return _on(command.agent_id, AgentConnectionTimedOut(agent.workspace_id, agent.build_id))


def decide_report_startup(command: ReportStartup, state: Agent) -> Decision:
    """Version and directory, if they are news."""
    agent = _existing(state)
    if agent.startup == (command.version, command.api_version, command.expanded_directory, command.subsystems):
        return NOTHING
    event = AgentStartupReported(
        agent.workspace_id, agent.build_id, command.version, command.api_version, command.expanded_directory, list(command.subsystems)
    )
    return _on(command.agent_id, event)


def decide_report_lifecycle(command: ReportLifecycle, state: Agent, context: Context) -> Decision:
    """The order of states is a hint, not a rule. Raises `Invalid` for an unknown state."""
    agent = _existing(state)
    if command.state not in LIFECYCLE_STATES:
        raise Invalid(
            "The lifecycle state is not known.", validations=(Violation("state", f"must be one of {', '.join(LIFECYCLE_STATES)}"),)
        )
    if command.state == agent.lifecycle_state:
        return NOTHING
    return _on(
        command.agent_id, AgentLifecycleChanged(agent.workspace_id, agent.build_id, command.state, command.changed_at or context.time)
    )


def decide_report_app_health(command: ReportAppHealth, state: Agent) -> Decision:
    """Raises `Invalid` for an unknown app or health, with nothing reported."""
    agent = _existing(state)
    events: list[Event] = []
    for app_id, health in command.healths:
        if health not in APP_HEALTH:
            raise Invalid(
                "The health of an app is not known.", validations=(Violation("health", f"must be one of {', '.join(APP_HEALTH)}"),)
            )
        app = agent.apps.get(app_id)
        if app is None:
            raise Invalid("The agent has no such app.", validations=(Violation("id", f"no app has the id {app_id}"),))
        if app.health not in ("disabled", health):
            events.append(AppHealthChanged(agent.workspace_id, agent.build_id, app_id, health))
    return _on(command.agent_id, *events)


def decide_report_app_status(command: ReportAppStatus, state: Agent) -> Decision:
    """Each report is kept. Raises `Invalid` for an unknown app or state, or a message that is too long."""
    agent = _existing(state)
    if command.state not in APP_STATES:
        raise Invalid("The state of the app is not known.", validations=(Violation("state", f"must be one of {', '.join(APP_STATES)}"),))
    if len(command.message.encode()) > MAX_STATUS_MESSAGE_BYTES:
        detail = f"must be at most {MAX_STATUS_MESSAGE_BYTES} bytes long"
        raise Invalid("The message is too long.", validations=(Violation("message", detail),))
    app = next((a for a in agent.apps.values() if a.slug == command.app_slug), None)
    if app is None:
        raise Invalid("The agent has no such app.", validations=(Violation("app_slug", f"no app has the slug {command.app_slug!r}"),))
    event = AppStatusReported(agent.workspace_id, agent.build_id, command.status_id, app.id, command.state, command.message, command.uri)
    return _on(command.agent_id, event)


def decide_report_script(command: ReportScript, state: Agent) -> Decision:
    """Raises `Invalid` unless script, times, stage and status make sense."""
    agent = _existing(state)
    wrong = []
    if command.script_id not in agent.script_ids:
        wrong.append(Violation("script_id", "the agent has no such script"))
    if command.ended_at < command.started_at:
        wrong.append(Violation("end", "must not be before start"))
    if command.stage not in SCRIPT_STAGES:
        wrong.append(Violation("stage", f"must be one of {', '.join(SCRIPT_STAGES)}"))
    if command.status not in SCRIPT_STATUSES:
        wrong.append(Violation("status", f"must be one of {', '.join(SCRIPT_STATUSES)}"))
    if wrong:
        raise Invalid("The report about a script is not valid.", validations=wrong)
    event = ScriptCompleted(
        agent.workspace_id,
        agent.build_id,
        command.script_id,
        command.started_at,
        command.ended_at,
        command.exit_code,
        command.stage,
        command.status,
    )
    return _on(command.agent_id, event)


def decide_add_log_source(command: AddLogSource, state: Agent) -> Decision:
    """A repeated id is no error."""
    agent = _existing(state)
    if command.source_id in agent.log_sources:
        return NOTHING
    event = AgentLogSourceAdded(agent.workspace_id, agent.build_id, command.source_id, command.display_name, command.icon)
    return _on(command.agent_id, event)


def decide_note_logs(command: NoteAgentLogs, state: Agent) -> Decision:
    """Said once each: that there are lines, that the log is full."""
    agent = _existing(state)
    events: list[Event] = []
    if not agent.logs_started:
        events.append(AgentLogsStarted(agent.workspace_id, agent.build_id))
    if command.overflowed and not agent.logs_overflowed:
        events.append(AgentLogsOverflowed(agent.workspace_id, agent.build_id))
    return _on(command.agent_id, *events)
