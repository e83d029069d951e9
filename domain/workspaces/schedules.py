"""Autostart, TTL and deadline of a workspace. Source: contract/workspaces.md 5.2, 5.3, 5.5."""

from __future__ import annotations

from datetime import datetime

from domain.kernel.context import Context
from domain.kernel.decider import NOTHING, Append, Decision, append
from domain.kernel.errors import Conflict, Invalid, Violation
from domain.schedules.deadlines import extended, normal_ttl_ms, without_ttl
from domain.schedules.requirements import next_allowed
from domain.workspaces.commands import ExtendDeadline, SetAutostart, SetTTL
from domain.workspaces.decisions import deadline_set, existing, read_schedule, read_ttl, refuse_prebuild
from domain.workspaces.events import WorkspaceAutostartSet, WorkspaceTTLSet
from domain.workspaces.state import WORKSPACE, Workspace
from domain.workspaces.values import BuildFacts, TemplateFacts

_NO_AUTOSTART = "Autostart is not allowed for workspaces using this template"
_NO_TTL = "Custom autostop TTL is not allowed for workspaces using this template"
_BAD_TTL = "The time until shutdown of the workspace cannot be changed."


def decide_set_autostart(command: SetAutostart, state: Workspace, template: TemplateFacts, context: Context) -> Decision:
    """Another schedule, or none. A template that forbids schedules forbids taking one away as well."""
    workspace = existing(state)
    refuse_prebuild(workspace, "Autostart is not supported for prebuilt workspaces")
    schedule = read_schedule(command.schedule, "The autostart schedule is not valid.")
    if not template.allow_user_autostart:
        raise Invalid(_NO_AUTOSTART, validations=[Violation("schedule", _NO_AUTOSTART)])
    next_start_at: datetime | None = None
    if schedule is not None:
        next_start_at = next_allowed(schedule, template.autostart_days, context.time)
        if next_start_at is None:
            detail = "no start of this schedule falls on a day within a week on which the template allows autostart"
            raise Invalid("The autostart schedule never starts the workspace.", validations=[Violation("schedule", detail)])
    if workspace.dormant_at is not None:
        next_start_at = None
    text = command.schedule or None
    if (text, next_start_at) == (workspace.autostart_schedule, workspace.next_start_at):
        return NOTHING
    return (append(WORKSPACE.stream(workspace.id), WorkspaceAutostartSet(text, next_start_at)),)


def decide_set_ttl(command: SetTTL, state: Workspace, template: TemplateFacts, build: BuildFacts | None) -> Decision:
    """Another TTL for the next start. Taking it away also lets a started build run on, to its maximum if it has one."""
    workspace = existing(state)
    refuse_prebuild(workspace, "TTL updates are not supported for prebuilt workspaces")
    if not template.allow_user_autostop:
        raise Invalid(_BAD_TTL, validations=[Violation("ttl_ms", _NO_TTL)])
    ttl_ms = read_ttl(lambda: normal_ttl_ms(command.ttl_ms), _BAD_TTL)
    parts: list[Append] = []
    if ttl_ms != workspace.ttl_ms:
        parts.append(append(WORKSPACE.stream(workspace.id), WorkspaceTTLSet(ttl_ms)))
    if ttl_ms is None and build is not None:
        left = without_ttl(build.deadlines, build.transition)
        if left != build.deadlines:
            parts.append(deadline_set(workspace, build, left.deadline, left.max_deadline, "ttl_removed"))
    return tuple(parts)


def decide_extend(command: ExtendDeadline, state: Workspace, build: BuildFacts | None, context: Context) -> Decision:
    """Another deadline for the running build."""
    workspace = existing(state)
    refuse_prebuild(workspace, "Deadline extension is not supported for prebuilt workspaces")
    if build is None:
        raise Conflict("Cannot extend workspace: it has no build.")
    moved = extended(build.deadlines, build.transition, build.completed_at, command.deadline, context.time)
    if moved == build.deadlines:
        return NOTHING
    return (deadline_set(workspace, build, moved.deadline, moved.max_deadline, "extend"),)
