"""How builds end, and what the end of one means for workspace, name and agents: one append, all or nothing.

A job that has ended, or is another worker's, is left alone. Sources: contract/lifecycle.md B1, B6, B9, C2, C5.
"""

from __future__ import annotations

from domain.agents.events import AgentCreated, AgentDeleted
from domain.builds.commands import BuiltAgent, CompleteBuild, EndCanceledBuild, FailBuild, QueueBuild
from domain.builds.events import BuildCanceled, BuildCompleted, BuildFailed, BuildQueued
from domain.builds.state import BUILD, Build
from domain.builds.values import EndFacts, JobStatus
from domain.kernel.decider import NOTHING, Append, Decision, append
from domain.kernel.events import Event, Stream
from domain.kernel.names import fold
from domain.reservations.values import name_stream, release
from domain.schedules.deadlines import Deadlines
from domain.workspaces.events import WorkspaceBuildEnded, WorkspaceDeleted, WorkspaceNextStartSet
from domain.workspaces.values import NAME_KIND


def decide_complete_build(command: CompleteBuild, state: Build, deadlines: Deadlines, workspace: EndFacts) -> Decision:
    """Success, also of a build that was asked to stop too late; `deadlines` were computed from the completion time.

    Agents of earlier builds go, this build's agents come, and a delete takes the workspace with it.
    """
    if not state.exists or state.worker_id != command.worker_id or state.status not in (JobStatus.RUNNING, JobStatus.CANCELING):
        return NOTHING
    completed = BuildCompleted(
        workspace_id=state.workspace_id,
        job_id=state.job_id,
        transition=state.transition,
        resources=list(command.resources),
        timings=list(command.timings),
        daily_cost=command.daily_cost,
        deadline=deadlines.deadline,
        max_deadline=deadlines.max_deadline,
        has_ai_task=command.has_ai_task or state.of_task,
        has_external_agent=command.has_external_agent,
    )
    return (
        append(BUILD.stream(command.build_id), completed),
        *_gone(state.workspace_id, workspace),
        *(_made(agent, state.workspace_id, command.build_id) for agent in command.agents),
        *_succeeded(command.build_id, state.workspace_id, state.number, state.transition, workspace),
    )


def orphaned(command: QueueBuild, queued: BuildQueued, workspace: EndFacts) -> Decision:
    """What follows the queueing of an orphan delete for which nobody is there: it needs no provisioner and ends at once."""
    completed = BuildCompleted(command.workspace_id, command.job_id, command.transition, [], [], 0, None, None, has_ai_task=queued.of_task)
    return (
        append(BUILD.stream(command.build_id), completed),
        *_gone(command.workspace_id, workspace),
        *_succeeded(command.build_id, command.workspace_id, queued.number, command.transition, workspace),
    )


def decide_fail_build(command: FailBuild, state: Build) -> Decision:
    """Failure with a text for the reader; also of a job that never started (reaped)."""
    if not state.exists or not state.status.is_active or (command.worker_id is not None and state.worker_id != command.worker_id):
        return NOTHING
    failed = BuildFailed(state.workspace_id, state.job_id, state.transition, command.error, command.error_code)
    return (append(BUILD.stream(command.build_id), failed), _ended(command.build_id, state, JobStatus.FAILED))


def decide_end_canceled_build(command: EndCanceledBuild, state: Build) -> Decision:
    """The worker stopped as it was asked to."""
    if state.status is not JobStatus.CANCELING or state.worker_id != command.worker_id:
        return NOTHING
    return canceled(command.build_id, state)


def canceled(build_id: str, state: Build) -> Decision:
    """The end of a cancelled build."""
    event = BuildCanceled(state.workspace_id, state.job_id, state.transition)
    return (append(BUILD.stream(build_id), event), _ended(build_id, state, JobStatus.CANCELED))


def _ended(build_id: str, state: Build, status: JobStatus) -> Append:
    return append(_workspace(state.workspace_id), WorkspaceBuildEnded(build_id, state.number, state.transition, status.value))


def _succeeded(build_id: str, workspace_id: str, number: int, transition: str, workspace: EndFacts) -> tuple[Append, ...]:
    events: list[Event] = [WorkspaceBuildEnded(build_id, number, transition, JobStatus.SUCCEEDED.value)]
    if transition != "delete" or workspace.deleted:
        if workspace.computed_start_at != workspace.next_start_at and not workspace.deleted:
            events.append(WorkspaceNextStartSet(workspace.computed_start_at))
        return (append(_workspace(workspace_id), *events),)
    events.append(WorkspaceDeleted(workspace.owner_id, workspace.name, build_id))
    name = name_stream(NAME_KIND, workspace.owner_id, fold(workspace.name))
    return append(_workspace(workspace_id), *events), release(name, NAME_KIND, workspace_id)


def _gone(workspace_id: str, workspace: EndFacts) -> tuple[Append, ...]:
    return tuple(append(Stream("agent", a.id), AgentDeleted(workspace_id, a.build_id)) for a in workspace.older_agents)


def _made(agent: BuiltAgent, workspace_id: str, build_id: str) -> Append:
    created = AgentCreated(
        workspace_id, build_id, agent.resource_id, agent.name, agent.parent_id, agent.connection_timeout_seconds, agent.spec
    )
    return append(Stream("agent", agent.id), created)


def _workspace(id: str) -> Stream:
    return Stream("workspace", id)
