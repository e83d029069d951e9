"""What happens to a workspace. The stream's id is the workspace's id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.kernel.events import Event, event


@event("WorkspaceCreated", category="workspace")
@dataclass(frozen=True, slots=True)
class WorkspaceCreated(Event):
    """`ttl_ms` in milliseconds; `next_start_at` is the schedule's next allowed occurrence."""

    owner_id: str
    organization_id: str
    template_id: str
    name: str
    autostart_schedule: str | None
    ttl_ms: int | None
    automatic_updates: str
    next_start_at: datetime | None


@event("WorkspaceBuildQueued", category="workspace", follows=True)
@dataclass(frozen=True, slots=True)
class WorkspaceBuildQueued(Event):
    """From now on this build is the latest, and active."""

    build_id: str
    number: int
    transition: str


@event("WorkspaceBuildEnded", category="workspace")
@dataclass(frozen=True, slots=True)
class WorkspaceBuildEnded(Event):
    """The latest build is no longer active; `status` is succeeded, failed or canceled."""

    build_id: str
    number: int
    transition: str
    status: str


@event("WorkspaceRenamed", category="workspace")
@dataclass(frozen=True, slots=True)
class WorkspaceRenamed(Event):
    """The name from now on."""

    owner_id: str
    name: str


@event("WorkspaceAutostartSet", category="workspace")
@dataclass(frozen=True, slots=True)
class WorkspaceAutostartSet(Event):
    """None switches autostart off."""

    autostart_schedule: str | None
    next_start_at: datetime | None


@event("WorkspaceNextStartSet", category="workspace")
@dataclass(frozen=True, slots=True)
class WorkspaceNextStartSet(Event):
    """The next occurrence was computed anew."""

    next_start_at: datetime | None


@event("WorkspaceTTLSet", category="workspace")
@dataclass(frozen=True, slots=True)
class WorkspaceTTLSet(Event):
    """Milliseconds, None for no autostop."""

    ttl_ms: int | None


@event("WorkspaceAutomaticUpdatesSet", category="workspace")
@dataclass(frozen=True, slots=True)
class WorkspaceAutomaticUpdatesSet(Event):
    """`always` or `never`."""

    automatic_updates: str


@event("WorkspaceDormancySet", category="workspace")
@dataclass(frozen=True, slots=True)
class WorkspaceDormancySet(Event):
    """Dormant since `dormant_at`, or awake (None); to be deleted at `deleting_at` if set."""

    dormant_at: datetime | None
    deleting_at: datetime | None


@event("WorkspaceDeletionScheduled", category="workspace")
@dataclass(frozen=True, slots=True)
class WorkspaceDeletionScheduled(Event):
    """Only the time of deletion of a dormant workspace changed."""

    deleting_at: datetime | None


@event("WorkspaceFavorited", category="workspace")
@dataclass(frozen=True, slots=True)
class WorkspaceFavorited(Event):
    """The owner's favourite."""


@event("WorkspaceUnfavorited", category="workspace")
@dataclass(frozen=True, slots=True)
class WorkspaceUnfavorited(Event):
    """No favourite any more."""


@event("WorkspaceACLUpdated", category="workspace")
@dataclass(frozen=True, slots=True)
class WorkspaceACLUpdated(Event):
    """Changed entries only; an empty role removes the entry."""

    user_roles: dict[str, str]
    group_roles: dict[str, str]


@event("WorkspaceACLCleared", category="workspace")
@dataclass(frozen=True, slots=True)
class WorkspaceACLCleared(Event):
    """Shared with nobody."""


@event("WorkspaceUsed", category="workspace")
@dataclass(frozen=True, slots=True)
class WorkspaceUsed(Event):
    """Somebody worked with it at `used_at`; at most once a minute."""

    used_at: datetime


@event("WorkspaceDeleted", category="workspace")
@dataclass(frozen=True, slots=True)
class WorkspaceDeleted(Event):
    """A delete build, `build_id`, succeeded: gone from lists, its name is free."""

    owner_id: str
    name: str
    build_id: str = ""
