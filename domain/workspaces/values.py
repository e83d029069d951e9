"""What others may know of workspaces: the words of their fields, sharing roles, and the facts that their decisions need.

A decision about a workspace never reads another aggregate's state: `TemplateFacts` and `BuildFacts` carry what it must know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.roles import acl
from domain.schedules.cron import EVERY_DAY
from domain.schedules.deadlines import Deadlines
from domain.schedules.requirements import days_of

ALWAYS = "always"
NEVER = "never"
AUTOMATIC_UPDATES = (ALWAYS, NEVER)

#: Words of `latest_build.status` (contract/workspaces.md 9.1), in the order of the API's enum.
STATUSES = ("pending", "starting", "running", "stopping", "stopped", "failed", "canceling", "canceled", "deleting", "deleted")

#: The kind under which workspace names are reserved; the scope is the owner.
NAME_KIND = "workspace"

#: Uses that follow one another within this time count as one (contract/workspaces.md 6).
USE_INTERVAL_SECONDS = 60


def actions_of(role: str) -> tuple[str, ...]:
    """The actions that a sharing role (`admin`, `use`) stores in the access list of a workspace."""
    return acl.workspace_actions(role)


def role_of(actions: Iterable[str]) -> str:
    """The sharing role whose actions these are, or ""."""
    return acl.workspace_role(actions)


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """What a template says about its workspaces. Spans in milliseconds, 0 = off; `autostart_days` is a bitmap (bit 0 = Monday)."""

    id: str
    organization_id: str
    name: str = ""
    is_deleted: bool = False
    default_ttl_ms: int = 0
    activity_bump_ms: int = 0
    autostart_days: int = EVERY_DAY
    allow_user_autostart: bool = True
    allow_user_autostop: bool = True
    time_til_dormant_autodelete_ms: int = 0


def template_facts(id: str, organization_id: str, name: str, is_deleted: bool, settings: Mapping[str, Any]) -> TemplateFacts:
    """The facts of a template as stored; a setting that an old event lacks has its default (contract/lifecycle.md A8)."""
    days = (settings.get("autostart_requirement") or {}).get("days_of_week")
    return TemplateFacts(
        id,
        organization_id,
        name,
        is_deleted,
        default_ttl_ms=settings.get("default_ttl_ms", 0),
        activity_bump_ms=settings.get("activity_bump_ms", 0),
        autostart_days=EVERY_DAY if days is None else days_of(days),
        allow_user_autostart=settings.get("allow_user_autostart", True),
        allow_user_autostop=settings.get("allow_user_autostop", True),
        time_til_dormant_autodelete_ms=settings.get("time_til_dormant_autodelete_ms", 0),
    )


@dataclass(frozen=True, slots=True)
class BuildFacts:
    """The latest build as far as deadlines are concerned; `completed_at` is when its job ended, None while it is active."""

    id: str
    transition: str
    completed_at: datetime | None
    deadlines: Deadlines
