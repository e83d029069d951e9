"""From stored facts to what the rules look at. Sources: contract/lifecycle.md A8, E; contract/identity.md 5.4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.kernel.ids import PREBUILDS_USER
from domain.schedules.automation import Candidate, LatestBuild, TemplateRules
from domain.schedules.cron import EVERY_DAY, BadSchedule, Schedule, parse_optional
from domain.schedules.requirements import days_of

#: How long an active person may stay away before they count as dormant.
DORMANT_AFTER_DAYS = 90
DORMANT_AFTER = timedelta(days=DORMANT_AFTER_DAYS)


@dataclass(frozen=True, slots=True)
class WorkspaceFacts:
    """What a workspace itself brings along; `autostart_schedule` as stored."""

    owner_id: str
    deleted: bool
    autostart_schedule: str | None
    last_used_at: datetime
    dormant_at: datetime | None
    deleting_at: datetime | None


def template_rules(settings: Mapping[str, Any]) -> TemplateRules:
    """The rules among a template's settings; one that is absent is off, or allows everything."""
    days = (settings.get("autostart_requirement") or {}).get("days_of_week")
    return TemplateRules(
        allow_user_autostart=bool(settings.get("allow_user_autostart", True)),
        autostart_days=EVERY_DAY if days is None else days_of(days),
        failure_ttl_ms=settings.get("failure_ttl_ms", 0),
        time_til_dormant_ms=settings.get("time_til_dormant_ms", 0),
        time_til_dormant_autodelete_ms=settings.get("time_til_dormant_autodelete_ms", 0),
    )


def candidate(
    workspace: WorkspaceFacts, build: LatestBuild, settings: Mapping[str, Any], owner_status: str, is_task: bool = False
) -> Candidate:
    """All that the rules of `domain.schedules.automation` look at."""
    return Candidate(
        build=build,
        template=template_rules(settings),
        last_used_at=workspace.last_used_at,
        owner_status=owner_status,
        schedule=_readable(workspace.autostart_schedule),
        dormant_at=workspace.dormant_at,
        deleting_at=workspace.deleting_at,
        is_task=is_task,
        is_exempt=workspace.deleted or workspace.owner_id == PREBUILDS_USER,
    )


def _readable(text: str | None) -> Schedule | None:
    """The schedule; None for one that no longer reads: a zone may vanish from the zone tables, which must not stop all timers."""
    try:
        return parse_optional(text)
    except BadSchedule:
        return None
