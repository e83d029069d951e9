"""Commands about workspaces: which streams they change, what their decisions are told."""

from __future__ import annotations

from typing import Any

from domain.builds.commands import QueueBuild
from domain.builds.decisions import decide_queue_build
from domain.builds.state import BUILD
from domain.builds.values import WorkspaceFacts
from domain.kernel.context import Context
from domain.kernel.decider import Decision
from domain.organizations.state import ORGANIZATION
from domain.reservations.values import RESERVATION
from domain.templates.state import TEMPLATE
from domain.templates.versions import TEMPLATE_VERSION
from domain.users.state import USER
from domain.workspaces.acl import decide_clear_acl, decide_update_acl, decide_withdraw_sharing, may_be_shared
from domain.workspaces.commands import (
    ClearACL,
    CreateWorkspace,
    ExtendDeadline,
    FavoriteWorkspace,
    RecordUsage,
    RenameWorkspace,
    SetAutomaticUpdates,
    SetAutostart,
    SetDormancy,
    SetTTL,
    UnfavoriteWorkspace,
    UpdateACL,
    WithdrawSharing,
)
from domain.workspaces.decisions import (
    decide_create,
    decide_record_usage,
    decide_rename,
    decide_set_automatic_updates,
    reservation_of,
)
from domain.workspaces.dormancy import decide_set_dormancy
from domain.workspaces.favorites import decide_favorite, decide_unfavorite
from domain.workspaces.schedules import decide_extend, decide_set_autostart, decide_set_ttl
from domain.workspaces.state import WORKSPACE, Workspace
from domain.workspaces.values import TemplateFacts
from service.commands.facts.templates import build_template_facts, version_facts, workspace_template_facts
from service.commands.facts.workspaces import latest_build
from service.commands.unit import CommandRoute, Unit


async def _create(command: CreateWorkspace, unit: Unit, context: Context) -> Decision:
    unit.new(WORKSPACE, command.workspace_id)
    unit.new(BUILD, command.build_id)
    name = await unit.load(RESERVATION, reservation_of(command.owner_id, command.name).id)
    # Held, like the template: neither can be deleted between this decision and its append. The organization needs no look of its
    # own, for it cannot be deleted before its last template is.
    owner = await unit.load(USER, command.owner_id)
    template = await unit.load(TEMPLATE, command.template_id)
    version_id = command.template_version_id or template.active_version_id
    # Advisory: a version's import does not go back once it has ended, and its name or archiving do not matter here.
    version = await unit.load(TEMPLATE_VERSION, version_id, hold=False)

    def queue_build() -> Decision:
        queue = QueueBuild(
            command.build_id,
            command.job_id,
            command.workspace_id,
            "start",
            initiator_id=context.actor.id or command.owner_id,
            template_version_id=version_id,
            parameters=command.parameters,
            preset_id=command.preset_id or None,
            may_update_template=command.may_use_any_version,
        )
        workspace = WorkspaceFacts(command.workspace_id, command.owner_id, deleted=False, latest_number=0, build_is_active=False)
        return decide_queue_build(queue, workspace, build_template_facts(template), version_facts(version), None)

    return decide_create(command, name, workspace_template_facts(template), queue_build, context, owner_is_live=owner.is_live)


async def _template(unit: Unit, workspace: Workspace) -> TemplateFacts:
    """The workspace's template; advisory, because a changed template does not make a setting made just before wrong."""
    return workspace_template_facts(await unit.load(TEMPLATE, workspace.template_id, hold=False))


async def _rename(command: RenameWorkspace, unit: Unit, _context: Context) -> Decision:
    workspace = await unit.load(WORKSPACE, command.workspace_id)
    name = await unit.load(RESERVATION, reservation_of(command.owner_id, command.name).id)
    await unit.load(RESERVATION, reservation_of(command.owner_id, workspace.name).id)
    return decide_rename(command, workspace, name)


async def _set_autostart(command: SetAutostart, unit: Unit, context: Context) -> Decision:
    workspace = await unit.load(WORKSPACE, command.workspace_id)
    return decide_set_autostart(command, workspace, await _template(unit, workspace), context)


async def _set_ttl(command: SetTTL, unit: Unit, _context: Context) -> Decision:
    workspace = await unit.load(WORKSPACE, command.workspace_id)
    return decide_set_ttl(command, workspace, await _template(unit, workspace), await latest_build(unit, workspace))


async def _set_automatic_updates(command: SetAutomaticUpdates, unit: Unit, _context: Context) -> Decision:
    return decide_set_automatic_updates(command, await unit.load(WORKSPACE, command.workspace_id))


async def _set_dormancy(command: SetDormancy, unit: Unit, context: Context) -> Decision:
    workspace = await unit.load(WORKSPACE, command.workspace_id)
    return decide_set_dormancy(command, workspace, await _template(unit, workspace), context)


async def _extend(command: ExtendDeadline, unit: Unit, context: Context) -> Decision:
    workspace = await unit.load(WORKSPACE, command.workspace_id)
    return decide_extend(command, workspace, await latest_build(unit, workspace), context)


async def _favorite(command: FavoriteWorkspace, unit: Unit, _context: Context) -> Decision:
    return decide_favorite(command, await unit.load(WORKSPACE, command.workspace_id))


async def _unfavorite(command: UnfavoriteWorkspace, unit: Unit, _context: Context) -> Decision:
    return decide_unfavorite(command, await unit.load(WORKSPACE, command.workspace_id))


async def _update_acl(command: UpdateACL, unit: Unit, _context: Context) -> Decision:
    """The organization is held: whoever switches its sharing off clears the lists that they see, and nothing may be added to one
    after that."""
    workspace = await unit.load(WORKSPACE, command.workspace_id)
    organization = await unit.load(ORGANIZATION, workspace.organization_id)
    owner = await unit.load(USER, workspace.owner_id, hold=False)
    shareable = may_be_shared(
        organization.shareable_workspace_owners, owner_is_service_account=owner.is_service_account, shares_any=command.shares_any
    )
    return decide_update_acl(command, workspace, may_be_shared=shareable)


async def _clear_acl(command: ClearACL, unit: Unit, _context: Context) -> Decision:
    return decide_clear_acl(command, await unit.load(WORKSPACE, command.workspace_id))


async def _withdraw_sharing(command: WithdrawSharing, unit: Unit, _context: Context) -> Decision:
    return decide_withdraw_sharing(command, [await unit.load(WORKSPACE, id) for id in command.workspace_ids])


async def _record_usage(command: RecordUsage, unit: Unit, context: Context) -> Decision:
    workspace = await unit.load(WORKSPACE, command.workspace_id)
    build = await latest_build(unit, workspace) if command.bumps_deadline else None
    return decide_record_usage(command, workspace, build, await _template(unit, workspace), context)


def _workspace(command: Any) -> tuple[str]:
    return (command.workspace_id,)


COMMANDS: tuple[CommandRoute[Any], ...] = (
    CommandRoute(CreateWorkspace, lambda c: (c.workspace_id, reservation_of(c.owner_id, c.name).id), _create),
    CommandRoute(RenameWorkspace, lambda c: (c.workspace_id, reservation_of(c.owner_id, c.name).id), _rename),
    CommandRoute(SetAutostart, _workspace, _set_autostart),
    CommandRoute(SetTTL, _workspace, _set_ttl),
    CommandRoute(SetAutomaticUpdates, _workspace, _set_automatic_updates),
    CommandRoute(SetDormancy, _workspace, _set_dormancy),
    CommandRoute(ExtendDeadline, _workspace, _extend),
    CommandRoute(FavoriteWorkspace, _workspace, _favorite),
    CommandRoute(UnfavoriteWorkspace, _workspace, _unfavorite),
    CommandRoute(UpdateACL, _workspace, _update_acl),
    CommandRoute(ClearACL, _workspace, _clear_acl),
    CommandRoute(WithdrawSharing, lambda c: c.workspace_ids, _withdraw_sharing),
    CommandRoute(RecordUsage, _workspace, _record_usage),
)
