"""What a workspace is, as far as its decisions ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.kernel.decider import Decider
from domain.kernel.events import Recorded
from domain.kernel.ids import PREBUILDS_USER
from domain.workspaces.events import (
    WorkspaceACLCleared,
    WorkspaceACLUpdated,
    WorkspaceAutomaticUpdatesSet,
    WorkspaceAutostartSet,
    WorkspaceBuildEnded,
    WorkspaceBuildQueued,
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


@dataclass(frozen=True, slots=True)
class LatestBuild:
    """The build with the highest number; `status` is "" while it is active, then succeeded, failed or canceled."""

    id: str
    number: int
    transition: str
    status: str = ""

    @property
    def is_active(self) -> bool:
        """Whether its job has not ended: no other build can be queued."""
        return not self.status


@dataclass(frozen=True, slots=True)
class Workspace:
    """`id` is "" before the workspace exists. Access lists map user or group ids to roles."""

    id: str = ""
    owner_id: str = ""
    organization_id: str = ""
    template_id: str = ""
    name: str = ""
    autostart_schedule: str | None = None
    next_start_at: datetime | None = None
    ttl_ms: int | None = None
    automatic_updates: str = ""
    favorite: bool = False
    deleted: bool = False
    last_used_at: datetime | None = None
    dormant_at: datetime | None = None
    deleting_at: datetime | None = None
    user_roles: Mapping[str, str] = field(default_factory=dict)
    group_roles: Mapping[str, str] = field(default_factory=dict)
    latest_build: LatestBuild | None = None

    @property
    def is_prebuild(self) -> bool:
        """Whether nobody has claimed it yet."""
        return self.owner_id == PREBUILDS_USER

    @property
    def build_number(self) -> int:
        """The number of the latest build, 0 when there is none."""
        return self.latest_build.number if self.latest_build else 0


def evolve(state: Workspace, recorded: Recorded) -> Workspace:
    """Fold one event of a workspace stream."""
    match recorded.event:
        case WorkspaceCreated() as e:
            return Workspace(
                id=recorded.stream.id,
                owner_id=e.owner_id,
                organization_id=e.organization_id,
                template_id=e.template_id,
                name=e.name,
                autostart_schedule=e.autostart_schedule,
                next_start_at=e.next_start_at,
                ttl_ms=e.ttl_ms,
                automatic_updates=e.automatic_updates,
                last_used_at=recorded.time,
            )
        case WorkspaceBuildQueued(build_id=id, number=number, transition=transition):
            return replace(state, latest_build=LatestBuild(id, number, transition))
        case WorkspaceBuildEnded(build_id=id, number=number, transition=transition, status=status):
            return replace(state, latest_build=LatestBuild(id, number, transition, status))
        case WorkspaceRenamed(name=name):
            return replace(state, name=name)
        case WorkspaceAutostartSet(autostart_schedule=schedule, next_start_at=next_start_at):
            return replace(state, autostart_schedule=schedule, next_start_at=None if state.dormant_at else next_start_at)
        case WorkspaceNextStartSet(next_start_at=next_start_at):
            return replace(state, next_start_at=None if state.dormant_at else next_start_at)
        case WorkspaceTTLSet(ttl_ms=ttl_ms):
            return replace(state, ttl_ms=ttl_ms)
        case WorkspaceAutomaticUpdatesSet(automatic_updates=automatic_updates):
            return replace(state, automatic_updates=automatic_updates)
        case WorkspaceDormancySet(dormant_at=None):
            return replace(state, dormant_at=None, deleting_at=None, last_used_at=recorded.time)
        case WorkspaceDormancySet(dormant_at=dormant_at, deleting_at=deleting_at):
            return replace(state, dormant_at=dormant_at, deleting_at=deleting_at, next_start_at=None)
        case WorkspaceDeletionScheduled(deleting_at=deleting_at):
            return replace(state, deleting_at=deleting_at)
        case WorkspaceFavorited():
            return replace(state, favorite=True)
        case WorkspaceUnfavorited():
            return replace(state, favorite=False)
        case WorkspaceACLUpdated(user_roles=users, group_roles=groups):
            return replace(state, user_roles=merged(state.user_roles, users), group_roles=merged(state.group_roles, groups))
        case WorkspaceACLCleared():
            return replace(state, user_roles={}, group_roles={})
        case WorkspaceUsed(used_at=used_at):
            return replace(state, last_used_at=used_at if state.last_used_at is None else max(state.last_used_at, used_at))
        case WorkspaceDeleted():
            return replace(state, deleted=True)
    return state


def merged(roles: Mapping[str, str], changes: Mapping[str, str]) -> Mapping[str, str]:
    """Roles with `changes` applied; an empty role takes its entry away."""
    return {id: role for id, role in {**roles, **changes}.items() if role}


WORKSPACE: Decider[Workspace] = Decider("workspace", Workspace(), evolve)
