"""What happens to workspaces by itself: rules are looked at again on the very states that the append is checked against."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

from domain.automation.commands import ApplyLifecycle
from domain.automation.decisions import decide_apply_lifecycle
from domain.automation.values import WorkspaceFacts, candidate
from domain.builds.commands import QueueBuild
from domain.builds.events import BuildQueued
from domain.builds.state import BUILD, Build
from domain.kernel.context import Context
from domain.kernel.decider import NOTHING, Decision
from domain.schedules.automation import LatestBuild, due
from domain.templates.state import TEMPLATE, Template
from domain.users.state import USER
from domain.workspaces.state import WORKSPACE, Workspace
from domain.workspaces.values import ALWAYS
from projections.jobs.render import WORKSPACE_BUILD
from service.commands import builds
from service.commands.unit import CommandRoute, Unit
from service.store.provisioner_daemons import matched

#: The build is queued as if its owner had asked for it, with a reason that says who did.
_queue_build = next(route.run for route in builds.COMMANDS if route.command is QueueBuild)


async def _apply_lifecycle(command: ApplyLifecycle, unit: Unit, context: Context) -> Decision:
    workspace = await unit.load(WORKSPACE, command.workspace_id)
    if workspace.latest_build is None or workspace.last_used_at is None:
        return NOTHING
    build = await unit.load(BUILD, workspace.latest_build.id)
    template = await unit.load(TEMPLATE, workspace.template_id, hold=False)
    owner = await unit.load(USER, workspace.owner_id, hold=False)
    latest = _latest(build)
    if latest is None:
        return NOTHING
    facts = WorkspaceFacts(
        workspace.owner_id,
        workspace.deleted,
        workspace.autostart_schedule,
        workspace.last_used_at,
        workspace.dormant_at,
        workspace.deleting_at,
    )
    found = candidate(facts, latest, template.settings, owner.status, build.of_task)
    action = due(found, context.time)
    queued: Decision = NOTHING
    if action is not None and action.transition is not None:
        queued = await _queue_build(_build(command, workspace, template, action.transition, action.reason), unit, context)
        if not await unit.query(lambda connection: _somebody_is_there(connection, queued, context)):
            # A build that nobody takes would be reaped as failed, and a failed start or stop is never tried again.
            return NOTHING
    return decide_apply_lifecycle(command, found, workspace.next_start_at, queued, context)


def _latest(build: Build) -> LatestBuild | None:
    if build.created_at is None:
        return None
    return LatestBuild(build.transition, build.created_at, build.status.value, build.completed_at, build.deadline)


def _build(command: ApplyLifecycle, workspace: Workspace, template: Template, transition: str, reason: str) -> QueueBuild:
    """A start takes the active version where workspace or template ask for it; all else stays with the last one."""
    takes_active = workspace.automatic_updates == ALWAYS or bool(template.settings.get("require_active_version", False))
    version = template.active_version_id if transition == "start" and takes_active else None
    return QueueBuild(
        command.build_id, command.job_id, workspace.id, transition, workspace.owner_id, reason=reason, template_version_id=version
    )


async def _somebody_is_there(connection: AsyncConnection[Any], queued: Decision, context: Context) -> bool:
    """Whether a live provisioner may take the build, busy or not (contract/lifecycle.md E)."""
    build = next(event for part in queued for event in part.events if isinstance(event, BuildQueued))
    job = {
        "id": build.job_id,
        "organization_id": build.organization_id,
        "tags": build.tags,
        "type": WORKSPACE_BUILD,
        "provisioner": build.provisioner,
        "created_at": context.time,
    }
    found = (await matched(connection, (job,))).get(build.job_id)
    return found is not None and found.available > 0


COMMANDS: tuple[CommandRoute[Any], ...] = (CommandRoute(ApplyLifecycle, lambda c: (c.workspace_id,), _apply_lifecycle),)
