"""What can be asked of a workspace. Ids are UUID text drawn by the caller; times and actor come with the context."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CreateWorkspace:
    """A new workspace with its first build. `template_version_id` "" means the active one, `preset_id` "" none.

    `automatic_updates` as sent: "" stands for never. `parameters` are (name, value) as sent.
    """

    workspace_id: str
    build_id: str
    job_id: str
    owner_id: str
    template_id: str
    template_version_id: str
    name: str
    autostart_schedule: str | None = None
    ttl_ms: int | None = None
    automatic_updates: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    preset_id: str = ""
    may_use_any_version: bool = False


@dataclass(frozen=True, slots=True)
class RenameWorkspace:
    """`owner_id` scopes the name."""

    workspace_id: str
    owner_id: str
    name: str


@dataclass(frozen=True, slots=True)
class SetAutostart:
    """None or "" switches autostart off."""

    workspace_id: str
    schedule: str | None


@dataclass(frozen=True, slots=True)
class SetTTL:
    """None or 0 removes the TTL; milliseconds."""

    workspace_id: str
    ttl_ms: int | None


@dataclass(frozen=True, slots=True)
class SetAutomaticUpdates:
    """`always` or `never`."""

    workspace_id: str
    automatic_updates: str


@dataclass(frozen=True, slots=True)
class SetDormancy:
    """Make it dormant, or wake it."""

    workspace_id: str
    dormant: bool


@dataclass(frozen=True, slots=True)
class ExtendDeadline:
    """Move the running build's deadline, later or earlier."""

    workspace_id: str
    deadline: datetime


@dataclass(frozen=True, slots=True)
class FavoriteWorkspace:
    """Mark it as its owner's favourite."""

    workspace_id: str


@dataclass(frozen=True, slots=True)
class UnfavoriteWorkspace:
    """Take the mark away."""

    workspace_id: str


@dataclass(frozen=True, slots=True)
class UpdateACL:
    """Merge entries (canonical id -> `admin`, `use`, or "" to remove) into the access lists. `shares_any`: who does it may share
    whatever workspace of the organization."""

    workspace_id: str
    user_roles: Mapping[str, str] = field(default_factory=dict)
    group_roles: Mapping[str, str] = field(default_factory=dict)
    shares_any: bool = False


@dataclass(frozen=True, slots=True)
class ClearACL:
    """Share it with nobody."""

    workspace_id: str


@dataclass(frozen=True, slots=True)
class WithdrawSharing:
    """Share none of these with anybody: their organization stopped sharing."""

    workspace_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordUsage:
    """Somebody works with it; `bumps_deadline` when the work is proven by a connection (contract/workspaces.md 2.6)."""

    workspace_id: str
    bumps_deadline: bool = False
