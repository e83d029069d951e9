"""What others may know of builds: job states, the facts that a decision about a build needs from its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.templates.values import Preset, RichParameter


class JobStatus(StrEnum):
    """State of a provisioner job (contract/lifecycle.md C2)."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    CANCELING = "canceling"
    CANCELED = "canceled"
    FAILED = "failed"

    @property
    def is_active(self) -> bool:
        """Whether the job has not ended."""
        return self in (JobStatus.PENDING, JobStatus.RUNNING, JobStatus.CANCELING)


TRANSITIONS = ("start", "stop", "delete")

#: Reasons that a caller may give (contract/lifecycle.md B1); the scheduler has others.
CALLER_REASONS = frozenset({"dashboard", "cli", "ssh_connection", "vscode_connection", "jetbrains_connection", "task_manual_pause"})


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """A template version as a build sees it; `template_id` is None while it belongs to no template, `provisioner` the kind that
    imported it and builds it."""

    id: str
    template_id: str | None
    name: str
    import_status: JobStatus
    import_error: str
    file_id: str
    tags: Mapping[str, str] = field(default_factory=dict)
    parameters: tuple[RichParameter, ...] = ()
    presets: tuple[Preset, ...] = ()
    provisioner: str = "echo"


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """A template as a build sees it."""

    id: str
    organization_id: str
    active_version_id: str
    use_classic_parameter_flow: bool
    require_active_version: bool


@dataclass(frozen=True, slots=True)
class WorkspaceFacts:
    """A workspace as a new build sees it: `latest_number` is 0 before the first build."""

    id: str
    owner_id: str
    deleted: bool
    latest_number: int
    build_is_active: bool
    is_dormant: bool = False


@dataclass(frozen=True, slots=True)
class PreviousBuild:
    """The build before: its version, the values that it used, and whether its workspace was an AI task when it ended."""

    template_version_id: str
    parameters: Mapping[str, str]
    of_task: bool = False


@dataclass(frozen=True, slots=True)
class OlderAgent:
    """An agent of an earlier build that has not been deleted yet."""

    id: str
    build_id: str


@dataclass(frozen=True, slots=True)
class EndFacts:
    """The workspace as the end of its build sees it; both `next_start_at` are None for one that never starts by itself.

    `next_start_at` is what the workspace says now, `computed_start_at` what its schedule yields at the end of the build.
    """

    owner_id: str
    name: str
    deleted: bool
    next_start_at: datetime | None = None
    computed_start_at: datetime | None = None
    older_agents: tuple[OlderAgent, ...] = ()
