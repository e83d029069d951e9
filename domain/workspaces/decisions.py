"""Creating and renaming workspaces, automatic updates and usage. Order of checks: contract/workspaces.md 3.1, 5.1."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from domain.builds.events import BuildDeadlineSet
from domain.kernel.context import Context
from domain.kernel.decider import NOTHING, Append, Decision, append
from domain.kernel.errors import Conflict, Invalid, MethodRefused, NameTaken, NotFound, Violation
from domain.kernel.events import Stream
from domain.kernel.names import fold
from domain.reservations.values import Reservation, name_stream, release, reserve
from domain.schedules.cron import BadSchedule, Schedule, parse_optional
from domain.schedules.deadlines import BadTTL, DeadlineRules, bumped, effective_ttl_ms, initial_ttl_ms
from domain.schedules.requirements import next_allowed
from domain.workspaces.commands import CreateWorkspace, RecordUsage, RenameWorkspace, SetAutomaticUpdates
from domain.workspaces.events import WorkspaceAutomaticUpdatesSet, WorkspaceCreated, WorkspaceRenamed, WorkspaceUsed
from domain.workspaces.state import WORKSPACE, Workspace
from domain.workspaces.values import (
    AUTOMATIC_UPDATES,
    NAME_KIND,
    NEVER,
    USE_INTERVAL_SECONDS,
    BuildFacts,
    TemplateFacts,
)

_IN_USE = "Another workspace of this owner has this name; upper and lower case count as the same."


def existing(state: Workspace) -> Workspace:
    """The workspace, if there is one. Raises `NotFound`."""
    if not state.id:
        raise NotFound
    return state


def reservation_of(owner_id: str, name: str) -> Stream:
    """The stream that stands for a workspace name of this owner."""
    return name_stream(NAME_KIND, owner_id, fold(name))


def read_schedule(text: str | None, message: str) -> Schedule | None:
    """The schedule in a request's text, None for no autostart. Raises `Invalid(message)` with the field `schedule`."""
    try:
        return parse_optional(text)
    except BadSchedule as error:
        raise Invalid(message, validations=[Violation("schedule", error.text)]) from None


def read_ttl(convert: Callable[[], int | None], message: str) -> int | None:
    """What `convert` makes of a TTL. Raises `Invalid(message)` with the field `ttl_ms`."""
    try:
        return convert()
    except BadTTL as error:
        raise Invalid(message, validations=[Violation("ttl_ms", error.text)]) from None


def decide_create(
    command: CreateWorkspace,
    name: Reservation,
    template: TemplateFacts,
    queue_build: Callable[[], Decision],
    context: Context,
    *,
    owner_is_live: bool,
) -> Decision:
    """A workspace, its name reserved, its first build queued: one append, all or nothing.

    `queue_build` decides about the build (contract/workspaces.md 3.2); it is asked last, because its refusals come last.
    """
    if not owner_is_live:
        raise NotFound("The owner of the workspace has been deleted.")
    refuse_deleted_template(template.name, template.is_deleted)
    schedule = read_schedule(command.autostart_schedule, "The autostart schedule of the workspace is not valid.")
    ttl_ms = read_ttl(
        lambda: initial_ttl_ms(command.ttl_ms, template.default_ttl_ms), "The time until shutdown of the workspace is not valid."
    )
    automatic_updates = read_automatic_updates(command.automatic_updates or NEVER)
    if name.holder is not None:
        raise _name_taken(command.name)
    created = WorkspaceCreated(
        command.owner_id,
        template.organization_id,
        template.id,
        command.name,
        command.autostart_schedule or None,
        ttl_ms,
        automatic_updates,
        None if schedule is None else next_allowed(schedule, template.autostart_days, context.time),
    )
    return (
        reserve(reservation_of(command.owner_id, command.name), NAME_KIND, command.workspace_id),
        append(WORKSPACE.stream(command.workspace_id), created),
        *queue_build(),
    )


def refuse_deleted_template(name: str, is_deleted: bool) -> None:
    """Raises `NotFound`, naming the template that nobody can create workspaces from any more."""
    if is_deleted:
        raise NotFound(f'Template "{name}" has been deleted.')


def read_automatic_updates(word: str) -> str:
    """`always` or `never`. Raises `Invalid` with the field `automatic_updates` for any other word."""
    if word not in AUTOMATIC_UPDATES:
        detail = f"must be one of {' or '.join(AUTOMATIC_UPDATES)}"
        raise Invalid("The automatic updates setting is not valid.", validations=[Violation("automatic_updates", detail)])
    return word


def decide_rename(command: RenameWorkspace, state: Workspace, name: Reservation) -> Decision:
    """A new name; another case of the old one keeps the reservation. `name` is the reservation of the new name."""
    workspace = existing(state)
    if command.name == workspace.name:
        return NOTHING
    if workspace.deleted:
        raise MethodRefused("A deleted workspace cannot be renamed.")
    renamed = append(WORKSPACE.stream(workspace.id), WorkspaceRenamed(workspace.owner_id, command.name))
    if fold(command.name) == fold(workspace.name):
        return (renamed,)
    if name.holder is not None:
        raise _name_taken(command.name)
    return (
        release(reservation_of(workspace.owner_id, workspace.name), NAME_KIND, workspace.id),
        reserve(reservation_of(workspace.owner_id, command.name), NAME_KIND, workspace.id),
        renamed,
    )


def _name_taken(name: str) -> NameTaken:
    return NameTaken(f'The workspace name "{name}" is already in use.', validations=[Violation("name", _IN_USE)])


def decide_set_automatic_updates(command: SetAutomaticUpdates, state: Workspace) -> Decision:
    """Whether autostart takes the template's active version."""
    workspace = existing(state)
    word = read_automatic_updates(command.automatic_updates)
    if word == workspace.automatic_updates:
        return NOTHING
    return (append(WORKSPACE.stream(workspace.id), WorkspaceAutomaticUpdatesSet(word)),)


def decide_record_usage(
    command: RecordUsage, state: Workspace, build: BuildFacts | None, template: TemplateFacts, context: Context
) -> Decision:
    """Note the use, unless one was noted within the last minute; move the deadline if that is asked for and due.

    A suspended clock never moves `last_used_at` backwards. Source: contract/workspaces.md 2.6 and 6.
    """
    workspace = existing(state)
    parts: list[Append] = []
    if workspace.last_used_at is None or context.time - workspace.last_used_at >= timedelta(seconds=USE_INTERVAL_SECONDS):
        parts.append(append(WORKSPACE.stream(workspace.id), WorkspaceUsed(context.time)))
    if command.bumps_deadline and build is not None:
        rules = deadline_rules(workspace, template)
        moved = bumped(build.deadlines, build.transition, build.completed_at, rules, template.activity_bump_ms, context.time)
        if moved is not None:
            parts.append(deadline_set(workspace, build, moved.deadline, moved.max_deadline, "activity"))
    return tuple(parts)


def deadline_rules(workspace: Workspace, template: TemplateFacts) -> DeadlineRules:
    """What workspace and template say about stopping, as far as an activity bump asks."""
    return DeadlineRules(
        ttl_ms=effective_ttl_ms(workspace.ttl_ms, template.default_ttl_ms, allow_user_autostop=template.allow_user_autostop),
        schedule=parse_optional(workspace.autostart_schedule),
        autostart_days=template.autostart_days,
        is_prebuild=workspace.is_prebuild,
    )


def deadline_set(workspace: Workspace, build: BuildFacts, deadline: datetime | None, max_deadline: datetime | None, cause: str) -> Append:
    """The part of a decision that moves the deadline of the latest build."""
    return append(Stream("build", build.id), BuildDeadlineSet(workspace.id, deadline, max_deadline, cause))


def refuse_prebuild(workspace: Workspace, message: str) -> None:
    """Raises `Conflict(message)` for a workspace that nobody has claimed (contract/workspaces.md 5)."""
    if workspace.is_prebuild:
        raise Conflict(message)
