"""Which automatic build or dormancy is due for a workspace, and from when on.

Source: contract/lifecycle.md E, contract/workspaces.md 2.4 and 8. Each rule becomes due at one instant and stays due
until the workspace changes, so a timer is armed from `first_due` without any clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.schedules.cron import EVERY_DAY, Schedule
from domain.schedules.deadlines import later
from domain.schedules.requirements import next_allowed

_INSTANT = timedelta(microseconds=1)
_DELETE_RETRY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class TemplateRules:
    """A template's settings that rule over time; spans in milliseconds, 0 = off; `autostart_days` is a bitmap."""

    allow_user_autostart: bool = True
    autostart_days: int = EVERY_DAY
    failure_ttl_ms: int = 0
    time_til_dormant_ms: int = 0
    time_til_dormant_autodelete_ms: int = 0


@dataclass(frozen=True, slots=True)
class LatestBuild:
    """The workspace's latest build: `transition` is start, stop or delete, `job_status` one of the API's words."""

    transition: str
    created_at: datetime
    job_status: str
    job_completed_at: datetime | None = None
    deadline: datetime | None = None

    @property
    def has_failed(self) -> bool:
        """Whether the job failed; a canceled one did not."""
        return self.job_status == "failed"

    @property
    def is_active(self) -> bool:
        """Whether the job has not ended: until then nobody can queue another build."""
        return self.job_status in ("pending", "running", "canceling")


@dataclass(frozen=True, slots=True)
class Candidate:
    """All that the rules look at.

    `is_exempt`: deleted, or a prebuild that nobody has claimed. `owner_status`: active, dormant or suspended.
    """

    build: LatestBuild
    template: TemplateRules
    last_used_at: datetime
    owner_status: str = "active"
    schedule: Schedule | None = None
    dormant_at: datetime | None = None
    deleting_at: datetime | None = None
    is_task: bool = False
    is_exempt: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """What is due: a build (`transition`, None = no build) with its reason, and whether the workspace becomes dormant too."""

    transition: str | None
    reason: str
    becomes_dormant: bool = False


def due(candidate: Candidate, at: datetime) -> Due | None:
    """The action that is due at `at`: that of the first matching rule, unless it has to wait for the running build."""
    return _choose(candidate, _rules(candidate), at)


def first_due(candidate: Candidate) -> datetime | None:
    """The instant from which on something is due; it may be past. None if nothing will be unless the workspace changes.

    A rule that waits for the running build also holds back all rules after it, from its own instant on.
    """
    rules = _rules(candidate)
    first = min((instant for instant, action in rules if not _waits(candidate, action)), default=None)
    return None if first is None or _choose(candidate, rules, first) is None else first


def next_due(candidate: Candidate, after: datetime) -> datetime | None:
    """When to look at the workspace next: `after` itself if something is overdue, else the earliest later instant, or None.

    None also where everything overdue waits for the running build: its end is an event, no timer could speed it up.
    """
    first = first_due(candidate)
    if first is None or first > after:
        return first
    return None if due(candidate, after) is None else after


def dormancy_deletes_at(dormant_at: datetime | None, template: TemplateRules) -> datetime | None:
    """`deleting_at` of a workspace that is dormant since `dormant_at`, also after the template has changed."""
    if dormant_at is None or template.time_til_dormant_autodelete_ms <= 0:
        return None
    return later(dormant_at, template.time_til_dormant_autodelete_ms)


def missing_next_start(candidate: Candidate, next_start_at: datetime | None, at: datetime) -> datetime | None:
    """The `next_start_at` to fill in at `at` where it is absent and the workspace could autostart; None = leave it."""
    if next_start_at is not None or candidate.schedule is None or candidate.is_exempt or not _could_autostart(candidate):
        return None
    return next_allowed(candidate.schedule, candidate.template.autostart_days, at)


def _choose(candidate: Candidate, rules: list[tuple[datetime, Due]], at: datetime) -> Due | None:
    for instant, action in rules:
        if instant <= at:
            return None if _waits(candidate, action) else action
    return None


def _waits(candidate: Candidate, action: Due) -> bool:
    return action.transition is not None and candidate.build.is_active


def _could_autostart(candidate: Candidate) -> bool:
    build = candidate.build
    return candidate.owner_status == "active" and candidate.dormant_at is None and build.transition == "stop" and not build.has_failed


def _rules(candidate: Candidate) -> list[tuple[datetime, Due]]:
    """The rules that can match, in order of precedence, each with the instant from which on it does."""
    if candidate.is_exempt:
        return []
    build, template = candidate.build, candidate.template
    pause = Due("stop", "task_auto_pause" if candidate.is_task else "autostop")
    rules: list[tuple[datetime, Due]] = []

    if build.transition == "start" and not build.has_failed and candidate.dormant_at is None:
        if candidate.owner_status == "suspended":
            rules.append((build.created_at, pause))
        elif build.deadline is not None:
            rules.append((build.deadline, pause))

    if candidate.schedule is not None and template.allow_user_autostart and _could_autostart(candidate):
        start = next_allowed(candidate.schedule, template.autostart_days, build.created_at)
        if start is not None:
            rules.append((start, Due("start", "autostart")))

    if build.has_failed and build.job_completed_at is not None and template.failure_ttl_ms > 0 and build.transition != "delete":
        rules.append((_past(build.job_completed_at, template.failure_ttl_ms), pause))

    if candidate.dormant_at is None:
        if template.time_til_dormant_ms > 0:
            stop = "stop" if build.transition == "start" else None
            rules.append((_past(candidate.last_used_at, template.time_til_dormant_ms), Due(stop, "dormancy", becomes_dormant=True)))
    elif candidate.deleting_at is not None and template.time_til_dormant_autodelete_ms > 0:
        instant = candidate.deleting_at
        if build.transition == "delete" and build.has_failed and build.job_completed_at is not None:
            instant = max(instant, later(build.job_completed_at, _DELETE_RETRY_MS))
        rules.append((instant, Due("delete", "autodelete")))
    return rules


def _past(at: datetime, span_ms: int) -> datetime:
    """The first instant at which more than the span has passed."""
    return later(at, span_ms) + _INSTANT
