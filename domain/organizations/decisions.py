"""Decisions about an organization itself: found, change, close. Source: contract/identity.md 6."""

from __future__ import annotations

from dataclasses import dataclass

from domain.kernel.context import Context
from domain.kernel.decider import NOTHING, Append, Decision, append
from domain.kernel.errors import Conflict, Forbidden, Invalid, NameTaken, NotFound, Violation
from domain.kernel.names import fold
from domain.organizations.commands import CreateOrganization, DeleteOrganization, UpdateEveryoneGroup, UpdateOrganization
from domain.organizations.events import (
    EveryoneGroupUpdated,
    MemberAdded,
    OrganizationCreated,
    OrganizationDeleted,
    OrganizationUpdated,
)
from domain.organizations.state import ORGANIZATION, Everyone, Organization, Settings
from domain.organizations.values import NAME_KIND, RESERVED_NAME, organization_name_stream
from domain.reservations.values import Reservation, release, reserve
from domain.roles import objects
from domain.roles.assignment import check_default_roles
from domain.roles.builtin import DEFAULT_ORG_MEMBER_ROLES
from domain.roles.permissions import Action
from domain.roles.policy import allows


@dataclass(frozen=True, slots=True)
class Contents:
    """How much an organization still holds: Everyone is not among `groups`; `members` are the living ones, the asker included."""

    workspaces: int
    templates: int
    groups: int
    members: int
    provisioner_keys: int = 0


def decide_create_organization(command: CreateOrganization, state: Organization, holder: Reservation, _context: Context) -> Decision:
    """`holder` of the wanted name. Raises `Invalid`, `NameTaken`, `Forbidden`; nothing when that id exists already."""
    if state.is_live:
        return NOTHING
    _check_name(command.name)
    if holder.holder is not None:
        raise _taken(command.name)
    if command.subject is not None and not allows(command.subject, Action.CREATE, objects.organizations()):
        raise Forbidden()
    display_name = command.display_name or command.name
    return (
        reserve(organization_name_stream(command.name), NAME_KIND, command.id),
        append(
            ORGANIZATION.stream(command.id),
            OrganizationCreated(command.name, display_name, command.description, command.icon, command.is_default),
            MemberAdded(command.founder_id, []),
        ),
    )


def decide_update_organization(command: UpdateOrganization, state: Organization, holder: Reservation, _context: Context) -> Decision:
    """`holder` of the new name (whatever it is when the name stays).

    Raises `Invalid` for a reserved name, `NotFound` without the right to update, `NameTaken`, `Forbidden` for other default
    roles than the standard ones.
    """
    _check_name(command.name)
    if not state.is_live or not allows(command.subject, Action.UPDATE, objects.organization(command.organization_id)):
        raise NotFound()
    known = state.settings
    wanted = Settings(
        command.name or known.name,
        command.display_name or known.display_name,
        known.description if command.description is None else command.description,
        known.icon if command.icon is None else command.icon,
        known.default_org_member_roles if command.default_org_member_roles is None else command.default_org_member_roles,
    )
    if holder.holder not in (None, command.organization_id):
        raise _taken(wanted.name)
    if wanted.default_org_member_roles != DEFAULT_ORG_MEMBER_ROLES:
        raise Forbidden("Default roles of members can only be changed with the minimum-implicit-member experiment.", "It is not enabled.")
    check_default_roles(command.subject, command.organization_id, known.default_org_member_roles, wanted.default_org_member_roles)
    if wanted == known:
        return NOTHING
    updated = OrganizationUpdated(wanted.name, wanted.display_name, wanted.description, wanted.icon, list(wanted.default_org_member_roles))
    return (*_moved_name(command.organization_id, known.name, wanted.name), append(ORGANIZATION.stream(command.organization_id), updated))


def decide_delete_organization(command: DeleteOrganization, state: Organization, contents: Contents, _context: Context) -> Decision:
    """Raises `Invalid` for the default organization, `Forbidden`, and `Conflict` naming what is still in it."""
    if not state.is_live:
        raise NotFound()
    if state.is_default:
        raise Invalid("Default organization cannot be deleted.")
    if not allows(command.subject, Action.DELETE, objects.organization(command.organization_id)):
        raise Forbidden()
    rest = _remaining(contents)
    if rest:
        raise Conflict("Error deleting organization.", f"This organization has {', '.join(rest)} that must be deleted first.")
    return (
        release(organization_name_stream(state.settings.name), NAME_KIND, command.organization_id),
        append(ORGANIZATION.stream(command.organization_id), OrganizationDeleted()),
    )


def decide_update_everyone_group(command: UpdateEveryoneGroup, state: Organization, _context: Context) -> Decision:
    """Raises `Forbidden` without `group:update`."""
    if not state.is_live or not allows(
        command.subject, Action.UPDATE, objects.group(id=command.organization_id, organization_id=command.organization_id)
    ):
        raise Forbidden()
    known = state.everyone
    wanted = Everyone(
        known.avatar_url if command.avatar_url is None else command.avatar_url,
        known.quota_allowance if command.quota_allowance is None else command.quota_allowance,
    )
    if wanted == known:
        return NOTHING
    return (append(ORGANIZATION.stream(command.organization_id), EveryoneGroupUpdated(wanted.avatar_url, wanted.quota_allowance)),)


def _moved_name(organization_id: str, old: str, new: str) -> tuple[Append, ...]:
    if fold(old) == fold(new):
        return ()
    return (
        release(organization_name_stream(old), NAME_KIND, organization_id),
        reserve(organization_name_stream(new), NAME_KIND, organization_id),
    )


def _check_name(name: str) -> None:
    if name == RESERVED_NAME:
        raise Invalid(f'Organization name "{RESERVED_NAME}" is reserved.', validations=(Violation("name", "This name is reserved."),))


def _taken(name: str) -> NameTaken:
    detail = "This value is already in use and should be unique."
    return NameTaken("Organization already exists with the provided name.", f'"{name}" is taken.', (Violation("name", detail),))


def _remaining(contents: Contents) -> list[str]:
    """What stands in the way, each as "2 templates"; the last member and the Everyone group do not."""
    counts = (
        (contents.workspaces, "workspace"),
        (contents.templates, "template"),
        (contents.provisioner_keys, "provisioner key"),
        (contents.groups, "group"),
        (max(contents.members - 1, 0), "member"),
    )
    return [f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts if count]
