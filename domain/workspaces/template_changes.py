"""What a changed template means for a workspace that was made from it. Source: contract/lifecycle.md A8, last paragraph.

Decided from what is, not from what changed: asking again changes nothing, so whoever applies a change may start over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.kernel.context import Context
from domain.kernel.decider import NOTHING, Append, Decision, append
from domain.kernel.events import Event
from domain.schedules.deadlines import DeadlineRules, later, recomputed
from domain.schedules.requirements import next_allowed
from domain.workspaces.decisions import deadline_set
from domain.workspaces.events import (
    WorkspaceDeletionScheduled,
    WorkspaceDormancySet,
    WorkspaceNextStartSet,
    WorkspaceTTLSet,
    WorkspaceUsed,
)
from domain.workspaces.state import WORKSPACE, Workspace
from domain.workspaces.values import BuildFacts, TemplateFacts

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class FollowTemplate:
    """Bring a workspace in line with its template."""

    workspace_id: str


@dataclass(frozen=True, slots=True)
class Restarts:
    """From when on time counts that has run under older rules: since the last use, and as a dormant workspace. None: all of it."""

    idle_from: datetime | None = None
    dormant_from: datetime | None = None


def decide_follow_template(
    state: Workspace, template: TemplateFacts, restarts: Restarts, rules: DeadlineRules, build: BuildFacts | None, context: Context
) -> Decision:
    """TTL, next start, deletion and deadline as the template now wants them. Prebuilds and what is deleted stay as they are."""
    if not state.id or state.deleted or state.is_prebuild:
        return NOTHING
    events: list[Event] = []
    if not template.allow_user_autostop:
        ttl_ms = template.default_ttl_ms or None
        if ttl_ms != state.ttl_ms:
            events.append(WorkspaceTTLSet(ttl_ms))
    if restarts.idle_from is not None and (state.last_used_at is None or state.last_used_at < restarts.idle_from):
        events.append(WorkspaceUsed(restarts.idle_from))
    events += _dormant(state, template, restarts) if state.dormant_at is not None else _next_start(state, template, rules, context)
    parts: list[Append] = [append(WORKSPACE.stream(state.id), *events)] if events else []
    latest = state.latest_build
    is_running = latest is not None and latest.transition == "start" and latest.status == "succeeded"
    if build is not None and build.completed_at is not None and is_running:
        moved = recomputed(build.deadlines, build.completed_at, rules, context.time)
        if moved != build.deadlines:
            parts.append(deadline_set(state, build, moved.deadline, moved.max_deadline, "template"))
    return tuple(parts)


def _dormant(state: Workspace, template: TemplateFacts, restarts: Restarts) -> list[Event]:
    assert state.dormant_at is not None  # the caller has seen to it
    since = state.dormant_at if restarts.dormant_from is None else max(state.dormant_at, restarts.dormant_from)
    span = template.time_til_dormant_autodelete_ms
    deleting_at = later(since, span) if span > 0 else None
    if since != state.dormant_at:
        return [WorkspaceDormancySet(since, deleting_at)]
    return [] if deleting_at == state.deleting_at else [WorkspaceDeletionScheduled(deleting_at)]


def _next_start(state: Workspace, template: TemplateFacts, rules: DeadlineRules, context: Context) -> list[Event]:
    """A start that is due but has not been carried out yet stays the next one, if its day is still allowed."""
    if rules.schedule is None:
        return []
    known = state.next_start_at
    after = context.time if known is None else min(context.time, known - _INSTANT)
    next_start_at = next_allowed(rules.schedule, template.autostart_days, after)
    return [] if next_start_at == known else [WorkspaceNextStartSet(next_start_at)]
