"""Decisions about the roles that an organization defines for itself. Source: contract/authorization.md 9.

Names are unique without reservations: all of them live in the organization's own stream.
"""

from __future__ import annotations

from domain.kernel.context import Context
from domain.kernel.decider import NOTHING, Decision, append
from domain.kernel.errors import Forbidden, NotFound
from domain.organizations.commands import CreateCustomRole, DeleteCustomRole, UpdateCustomRole
from domain.organizations.events import CustomRoleCreated, CustomRoleDeleted, CustomRoleUpdated
from domain.organizations.state import ORGANIZATION, CustomRole, Organization
from domain.roles import objects
from domain.roles.custom import check_deletable, created_role, may_grant, updated_role
from domain.roles.permissions import Action, Permission
from domain.roles.policy import allows


def decide_create_custom_role(command: CreateCustomRole, state: Organization, _context: Context) -> Decision:
    """Raises `NotFound` without `assign_org_role:create`, `Invalid` for a definition that cannot be."""
    if not state.is_live or not allows(command.subject, Action.CREATE, objects.organization_roles(command.organization_id)):
        raise NotFound()
    role = created_role(command.definition, state.custom_roles.keys(), may_grant(command.subject, command.organization_id))
    event = CustomRoleCreated(role.name, role.display_name, [as_document(p) for p in role.organization])
    return (append(ORGANIZATION.stream(command.organization_id), event),)


def decide_update_custom_role(command: UpdateCustomRole, state: Organization, _context: Context) -> Decision:
    """Raises `NotFound` without `assign_org_role:update` and for an unknown role, `Invalid` for a definition that cannot be."""
    if not state.is_live or not allows(command.subject, Action.UPDATE, objects.organization_roles(command.organization_id)):
        raise NotFound()
    role = updated_role(command.definition, state.custom_roles.keys(), may_grant(command.subject, command.organization_id))
    permissions = [as_document(p) for p in role.organization]
    if state.custom_roles[role.name] == CustomRole(role.display_name, tuple(permissions)):
        return NOTHING
    return (append(ORGANIZATION.stream(command.organization_id), CustomRoleUpdated(role.name, role.display_name, permissions)),)


def decide_delete_custom_role(command: DeleteCustomRole, state: Organization, _context: Context) -> Decision:
    """Raises `NotFound` for an unknown or system role, `Forbidden` without `assign_org_role:delete`."""
    if not state.is_live:
        raise NotFound()
    check_deletable(command.name, state.custom_roles.keys())
    if not allows(command.subject, Action.DELETE, objects.organization_roles(command.organization_id)):
        raise Forbidden()
    return (append(ORGANIZATION.stream(command.organization_id), CustomRoleDeleted(command.name)),)


def as_document(permission: Permission) -> dict[str, object]:
    """The permission as events and answers hold it."""
    return {"negate": permission.negate, "resource_type": permission.resource_type, "action": permission.action}
