"""Arms and disarms timers. Those of agents and people follow from single events; those of workspaces from their rows.

No clock is asked: each timer says from which instant on something is due, past or not. Every event that can move a rule of a
workspace is named here, so that timers never depend on how other read models fold. Sources: contract/lifecycle.md D2, E;
contract/identity.md 5.4.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from domain.agents.events import AgentConnected, AgentConnectionTimedOut, AgentCreated, AgentDeleted
from domain.automation.values import DORMANT_AFTER
from domain.builds.events import BuildCanceled, BuildCompleted, BuildDeadlineSet, BuildFailed, BuildQueued
from domain.kernel.events import Event, Recorded
from domain.templates.events import TemplateDeleted, TemplateUpdated
from domain.users.events import UserCreated, UserDeleted, UserSeen, UserStatusSet
from domain.users.values import UserStatus
from domain.workspaces.events import (
    WorkspaceAutostartSet,
    WorkspaceDeleted,
    WorkspaceDeletionScheduled,
    WorkspaceDormancySet,
    WorkspaceNextStartSet,
    WorkspaceUsed,
)
from projections.engine.model import ReadModel
from projections.engine.tables import Key, Rows, Table
from projections.timers.tables import AGENT_CONNECTION, TIMERS, USER_DORMANCY

MODEL = ReadModel("timers", (TIMERS,))

#: Kinds of `Rows.touch` that only this model's `finish` reads.
WORKSPACE = "timers of workspace"
TEMPLATE = "timers of template"
OWNER = "timers of owner"

_INSTANT = timedelta(microseconds=1)


def _nothing(_event: Event, _recorded: Recorded) -> Iterable[tuple[Table, Key]]:
    return ()


def _arm(rows: Rows, kind: str, recorded: Recorded, due_at: datetime) -> None:
    rows.put(TIMERS, {"kind": kind, "subject_id": recorded.stream.id, "due_at": due_at, "position": recorded.position})


@MODEL.on(AgentCreated, reads=_nothing)
def on_agent_created(rows: Rows, event: AgentCreated, recorded: Recorded) -> None:
    """An agent has so much time to connect; 0 is for ever."""
    if event.connection_timeout_seconds > 0:
        _arm(rows, AGENT_CONNECTION, recorded, recorded.time + timedelta(seconds=event.connection_timeout_seconds) + _INSTANT)


@MODEL.on(AgentConnected, AgentConnectionTimedOut, AgentDeleted, reads=_nothing)
def on_agent_decided(rows: Rows, _event: Event, recorded: Recorded) -> None:
    """It connected, or nobody waits for it any more."""
    rows.delete(TIMERS, AGENT_CONNECTION, recorded.stream.id)


@MODEL.on(UserCreated, reads=_nothing)
def on_user_created(rows: Rows, event: UserCreated, recorded: Recorded) -> None:
    """Somebody who is active counts as seen."""
    if event.status == UserStatus.ACTIVE and not event.is_system:
        _arm(rows, USER_DORMANCY, recorded, recorded.time + DORMANT_AFTER)


def _dormancy(_event: Event, recorded: Recorded) -> Iterable[tuple[Table, Key]]:
    return ((TIMERS, (USER_DORMANCY, recorded.stream.id)),)


@MODEL.on(UserSeen, reads=_dormancy)
def on_user_seen(rows: Rows, _event: UserSeen, recorded: Recorded) -> None:
    """The time begins anew for whom it runs."""
    if rows.get(TIMERS, USER_DORMANCY, recorded.stream.id) is not None:
        _arm(rows, USER_DORMANCY, recorded, recorded.time + DORMANT_AFTER)


@MODEL.on(UserStatusSet, reads=_nothing)
def on_user_status_set(rows: Rows, event: UserStatusSet, recorded: Recorded) -> None:
    """Only active people fall dormant; workspaces of suspended ones stop, those of active ones start."""
    if event.status == UserStatus.ACTIVE:
        _arm(rows, USER_DORMANCY, recorded, recorded.time + DORMANT_AFTER)
    else:
        rows.delete(TIMERS, USER_DORMANCY, recorded.stream.id)
    rows.touch(OWNER, recorded.stream.id, recorded.position)


@MODEL.on(UserDeleted, reads=_nothing)
def on_user_deleted(rows: Rows, _event: UserDeleted, recorded: Recorded) -> None:
    """Nobody falls dormant."""
    rows.delete(TIMERS, USER_DORMANCY, recorded.stream.id)


@MODEL.on(
    WorkspaceAutostartSet,
    WorkspaceNextStartSet,
    WorkspaceDormancySet,
    WorkspaceDeletionScheduled,
    WorkspaceUsed,
    WorkspaceDeleted,
    reads=_nothing,
)
def on_workspace(rows: Rows, _event: Event, recorded: Recorded) -> None:
    """Something that its rules look at is different."""
    rows.touch(WORKSPACE, recorded.stream.id, recorded.position)


@MODEL.on(BuildQueued, BuildCompleted, BuildFailed, BuildCanceled, BuildDeadlineSet, reads=_nothing)
def on_build(rows: Rows, event: Any, recorded: Recorded) -> None:
    """There is another latest build, it ended, or it has another deadline."""
    rows.touch(WORKSPACE, event.workspace_id, recorded.position)


@MODEL.on(TemplateUpdated, TemplateDeleted, reads=_nothing)
def on_template(rows: Rows, _event: Event, recorded: Recorded) -> None:
    """Its spans and days rule all its workspaces."""
    rows.touch(TEMPLATE, recorded.stream.id, recorded.position)
