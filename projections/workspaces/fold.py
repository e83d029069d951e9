"""How events change workspace rows, and which events change what workspace documents show.

Every event that can change a document is named here, whichever feature it belongs to, so that a document's position never
depends on how other read models fold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from domain.agents import events as agents
from domain.builds import events as builds
from domain.builds.events import BuildQueued
from domain.groups.events import GroupDeleted, GroupUpdated
from domain.kernel.events import Event, Recorded
from domain.organizations.events import EveryoneGroupUpdated, OrganizationUpdated
from domain.templates.events import TemplateDeleted, TemplateUpdated, TemplateVersionPromoted
from domain.templates.version_events import TemplateVersionUpdated
from domain.users.events import UserDeleted, UserErased, UserProfileChanged
from domain.workspaces.events import (
    WorkspaceACLCleared,
    WorkspaceACLUpdated,
    WorkspaceAutomaticUpdatesSet,
    WorkspaceAutostartSet,
    WorkspaceCreated,
    WorkspaceDeleted,
    WorkspaceDeletionScheduled,
    WorkspaceDormancySet,
    WorkspaceFavorited,
    WorkspaceNextStartSet,
    WorkspaceRenamed,
    WorkspaceTTLSet,
    WorkspaceUnfavorited,
    WorkspaceUsed,
)
from domain.workspaces.values import actions_of
from projections.builds.render import workspace_status
from projections.engine.model import ReadModel
from projections.engine.tables import Key, Row, Rows, Table
from projections.workspaces.tables import WORKSPACES

MODEL = ReadModel("workspaces", (WORKSPACES,))


def _nothing(_event: Event, _recorded: Recorded) -> Iterable[tuple[Table, Key]]:
    return ()


def _changed(rows: Rows, recorded: Recorded) -> Row:
    """The workspace's row, to be changed and rendered anew. A stream begins with its creation, so the row is there."""
    rows.touch("workspace", recorded.stream.id, recorded.position)
    row = rows.edit(WORKSPACES, recorded.stream.id)
    if row is None:
        raise LookupError(f"{recorded.stream} changed before it was created")
    return row


@MODEL.on(WorkspaceCreated, reads=_nothing)
def on_workspace_created(rows: Rows, event: WorkspaceCreated, recorded: Recorded) -> None:
    """A new row; it has no build until `BuildQueued`, which follows in the same append."""
    row: Row = {
        "id": recorded.stream.id,
        "owner_id": event.owner_id,
        "organization_id": event.organization_id,
        "template_id": event.template_id,
        "name": event.name,
        "autostart_schedule": event.autostart_schedule,
        "ttl_ms": event.ttl_ms,
        "automatic_updates": event.automatic_updates,
        "favorite": False,
        "deleted": False,
        "user_acl": {},
        "group_acl": {},
        "parameters": [],
        "status": "",
        "transition": "",
        "has_ai_task": False,
        "created_at": recorded.time,
        "updated_at": recorded.time,
        "last_used_at": recorded.time,
        "next_start_at": event.next_start_at,
    }
    rows.put(WORKSPACES, row)
    rows.touch("workspace", recorded.stream.id, recorded.position)


def _of_workspace(event: Any, _recorded: Recorded) -> Iterable[tuple[Table, Key]]:
    return ((WORKSPACES, (event.workspace_id,)),)


@MODEL.on(BuildQueued, reads=_of_workspace)
def on_build_queued(rows: Rows, event: BuildQueued, recorded: Recorded) -> None:
    """The build is the latest from now on."""
    rows.touch("workspace", event.workspace_id, recorded.position)
    row = rows.edit(WORKSPACES, event.workspace_id)
    if row is not None:
        row["latest_build_id"] = recorded.stream.id
        row["initiator_id"] = event.initiator_id
        row["template_version_id"] = event.template_version_id
        row["parameters"] = [{"name": p["name"].lower(), "value": p["value"].lower()} for p in event.parameters]
        row["status"], row["transition"] = "pending", event.transition
        row["has_ai_task"], row["has_external_agent"] = event.of_task, None


@MODEL.on(
    builds.BuildStarted,
    builds.BuildCompleted,
    builds.BuildFailed,
    builds.BuildCancelRequested,
    builds.BuildCanceled,
    reads=_of_workspace,
)
def on_build_moved(rows: Rows, event: Any, recorded: Recorded) -> None:
    """How far the latest build has come, which lists filter and sort by."""
    rows.touch("workspace", event.workspace_id, recorded.position)
    shown = rows.get(WORKSPACES, event.workspace_id)
    if shown is None or shown["latest_build_id"] != recorded.stream.id:
        return
    row = rows.edit(WORKSPACES, event.workspace_id)
    assert row is not None  # it was just seen
    row["status"] = workspace_status(_job_status(event, row["status"]), row["transition"])
    if isinstance(event, builds.BuildCompleted):
        row["has_ai_task"], row["has_external_agent"] = event.has_ai_task, event.has_external_agent


def _job_status(event: Event, before: str) -> str:
    """What `job_status` (projections/jobs/render.py) says after the event; `before` is the workspace's status until then."""
    match event:
        case builds.BuildCancelRequested():
            return "canceling"
        case builds.BuildCanceled():
            return "canceled"
        case builds.BuildFailed(error=error) if error:
            return "failed"
        case builds.BuildStarted():
            return "canceling" if before == "canceling" else "running"
    return "canceled" if before == "canceling" else "succeeded"


@MODEL.on(WorkspaceRenamed)
def on_workspace_renamed(rows: Rows, event: WorkspaceRenamed, recorded: Recorded) -> None:
    """Another name."""
    _changed(rows, recorded)["name"] = event.name


@MODEL.on(WorkspaceAutostartSet)
def on_workspace_autostart_set(rows: Rows, event: WorkspaceAutostartSet, recorded: Recorded) -> None:
    """Another schedule; a dormant workspace has no next start."""
    row = _changed(rows, recorded)
    row["autostart_schedule"] = event.autostart_schedule
    row["next_start_at"] = None if row["dormant_at"] else event.next_start_at


@MODEL.on(WorkspaceNextStartSet)
def on_workspace_next_start_set(rows: Rows, event: WorkspaceNextStartSet, recorded: Recorded) -> None:
    """The next start was computed anew."""
    row = _changed(rows, recorded)
    row["next_start_at"] = None if row["dormant_at"] else event.next_start_at


@MODEL.on(WorkspaceTTLSet)
def on_workspace_ttl_set(rows: Rows, event: WorkspaceTTLSet, recorded: Recorded) -> None:
    """Another TTL."""
    _changed(rows, recorded)["ttl_ms"] = event.ttl_ms


@MODEL.on(WorkspaceAutomaticUpdatesSet)
def on_workspace_automatic_updates_set(rows: Rows, event: WorkspaceAutomaticUpdatesSet, recorded: Recorded) -> None:
    """Whether autostart updates."""
    _changed(rows, recorded)["automatic_updates"] = event.automatic_updates


@MODEL.on(WorkspaceDormancySet)
def on_workspace_dormancy_set(rows: Rows, event: WorkspaceDormancySet, recorded: Recorded) -> None:
    """Dormant workspaces do not start by themselves; waking one counts as using it (contract/workspaces.md 5.4)."""
    row = _changed(rows, recorded)
    row["dormant_at"] = event.dormant_at
    row["deleting_at"] = event.deleting_at
    if event.dormant_at is None:
        row["last_used_at"] = recorded.time
    else:
        row["next_start_at"] = None


@MODEL.on(WorkspaceDeletionScheduled)
def on_workspace_deletion_scheduled(rows: Rows, event: WorkspaceDeletionScheduled, recorded: Recorded) -> None:
    """Another time of deletion."""
    _changed(rows, recorded)["deleting_at"] = event.deleting_at


@MODEL.on(WorkspaceFavorited)
def on_workspace_favorited(rows: Rows, _event: WorkspaceFavorited, recorded: Recorded) -> None:
    """The owner's favourite."""
    _changed(rows, recorded)["favorite"] = True


@MODEL.on(WorkspaceUnfavorited)
def on_workspace_unfavorited(rows: Rows, _event: WorkspaceUnfavorited, recorded: Recorded) -> None:
    """No favourite any more."""
    _changed(rows, recorded)["favorite"] = False


@MODEL.on(WorkspaceACLUpdated)
def on_workspace_acl_updated(rows: Rows, event: WorkspaceACLUpdated, recorded: Recorded) -> None:
    """Entries added, changed, taken away."""
    row = _changed(rows, recorded)
    row["user_acl"] = _merged(row["user_acl"], event.user_roles)
    row["group_acl"] = _merged(row["group_acl"], event.group_roles)


def _merged(acl: Mapping[str, Any], roles: Mapping[str, str]) -> dict[str, Any]:
    merged = {id: actions for id, actions in acl.items() if id not in roles}
    merged.update((id, list(actions_of(role))) for id, role in roles.items() if role)
    return merged


@MODEL.on(WorkspaceACLCleared)
def on_workspace_acl_cleared(rows: Rows, _event: WorkspaceACLCleared, recorded: Recorded) -> None:
    """Shared with nobody."""
    row = _changed(rows, recorded)
    row["user_acl"], row["group_acl"] = {}, {}


@MODEL.on(WorkspaceUsed)
def on_workspace_used(rows: Rows, event: WorkspaceUsed, recorded: Recorded) -> None:
    """Used; never backwards."""
    row = _changed(rows, recorded)
    row["last_used_at"] = max(row["last_used_at"], event.used_at)


@MODEL.on(WorkspaceDeleted)
def on_workspace_deleted(rows: Rows, _event: WorkspaceDeleted, recorded: Recorded) -> None:
    """Readable still, but in no list."""
    _changed(rows, recorded)["deleted"] = True


@MODEL.on(
    builds.BuildDeadlineSet,
    builds.BuildLogsOverflowed,
    agents.AgentCreated,
    agents.AgentConnected,
    agents.AgentDisconnected,
    agents.AgentConnectionTimedOut,
    agents.AgentStartupReported,
    agents.AgentLifecycleChanged,
    agents.AppHealthChanged,
    agents.AppStatusReported,
    agents.ScriptCompleted,
    agents.AgentLogSourceAdded,
    agents.AgentLogsStarted,
    agents.AgentLogsOverflowed,
    agents.AgentDeleted,
    reads=_nothing,
)
def on_build_or_agent(rows: Rows, event: Any, recorded: Recorded) -> None:
    """The latest build or its agents show something else."""
    rows.touch("workspace", event.workspace_id, recorded.position)


@MODEL.on(TemplateUpdated, TemplateVersionPromoted, TemplateDeleted, reads=_nothing)
def on_template(rows: Rows, _event: Event, recorded: Recorded) -> None:
    """What workspaces show of their template."""
    rows.touch("template", recorded.stream.id, recorded.position)


@MODEL.on(TemplateVersionUpdated, reads=_nothing)
def on_template_version(rows: Rows, _event: Event, recorded: Recorded) -> None:
    """The version's name."""
    rows.touch("template_version", recorded.stream.id, recorded.position)


@MODEL.on(UserProfileChanged, UserDeleted, UserErased, reads=_nothing)
def on_user(rows: Rows, _event: Event, recorded: Recorded) -> None:
    """Names of owners, initiators and those with whom workspaces are shared."""
    rows.touch("user", recorded.stream.id, recorded.position)


@MODEL.on(OrganizationUpdated, reads=_nothing)
def on_organization(rows: Rows, _event: Event, recorded: Recorded) -> None:
    """The organization's name."""
    rows.touch("organization", recorded.stream.id, recorded.position)


@MODEL.on(GroupUpdated, GroupDeleted, EveryoneGroupUpdated, reads=_nothing)
def on_group(rows: Rows, _event: Event, recorded: Recorded) -> None:
    """Names and pictures of groups with whom workspaces are shared; Everyone has its organization's id."""
    rows.touch("group", recorded.stream.id, recorded.position)
