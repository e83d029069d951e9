"""Decisions about who belongs to an organization, and with which roles. Source: contract/identity.md 7, authorization.md 8."""

from __future__ import annotations

from domain.kernel.context import Context
from domain.kernel.decider import NOTHING, Decision, append
from domain.kernel.errors import Forbidden, Invalid, NotFound
from domain.organizations.commands import AddMember, RemoveMember, SetMemberRoles
from domain.organizations.events import MemberAdded, MemberRemoved, MemberRolesSet
from domain.organizations.state import ORGANIZATION, Organization
from domain.roles import objects
from domain.roles.assignment import check_organization_roles
from domain.roles.permissions import Action
from domain.roles.policy import Subject, allows


def decide_add_member(command: AddMember, state: Organization, _context: Context) -> Decision:
    """The person joins without stored roles; earlier ones do not come back.

    Raises `NotFound` when the organization is gone or the subject may not add members (`organization_member:create` and
    `assign_org_role:assign`), `Forbidden` when the subject may not give the roles that membership implies, `Invalid` for who
    is a member already.
    """
    if not state.is_live:
        raise NotFound()
    if command.subject is not None:
        _check_may_add(command.subject, command, state)
    if command.user_id in state.members:
        raise Invalid("User is already an organization member", "Nothing was changed.")
    return (append(ORGANIZATION.stream(command.organization_id), MemberAdded(command.user_id, [])),)


def decide_remove_member(command: RemoveMember, state: Organization, _context: Context) -> Decision:
    """Raises `Invalid` for oneself, `NotFound` for who is no member or may not be removed by the subject."""
    if command.user_id == command.subject.id:
        raise Invalid("cannot remove self from an organization")
    target = objects.member(user_id=command.user_id, organization_id=command.organization_id)
    if not state.is_live or command.user_id not in state.members or not allows(command.subject, Action.DELETE, target):
        raise NotFound()
    return (append(ORGANIZATION.stream(command.organization_id), MemberRemoved(command.user_id)),)


def decide_set_member_roles(command: SetMemberRoles, state: Organization, _context: Context) -> Decision:
    """Nothing when the stored roles are these already.

    Raises `Invalid` for oneself, `Forbidden` for who is no member (the path was readable a moment ago) and for a missing
    right, `Invalid` for names that are no roles here or that the subject's roles may not move.
    """
    refuse_own_roles(command.subject, command.user_id)
    member = state.members.get(command.user_id) if state.is_live else None
    if member is None:
        raise Forbidden()
    roles = check_organization_roles(
        command.subject,
        command.organization_id,
        member.roles,
        command.roles,
        default_roles=state.settings.default_org_member_roles,
        custom_roles=state.custom_roles.keys(),
    )
    if roles == member.roles:
        return NOTHING
    return (append(ORGANIZATION.stream(command.organization_id), MemberRolesSet(command.user_id, list(roles))),)


def refuse_own_roles(subject: Subject, user_id: str) -> None:
    """Raises `Invalid` when somebody changes what they hold themselves: asked even before the new roles are read."""
    if user_id == subject.id:
        raise Invalid("You cannot change your own organization roles.", "Another organization admin can change them.")


def _check_may_add(subject: Subject, command: AddMember, state: Organization) -> None:
    newcomer = objects.new_member(user_id=command.user_id, organization_id=command.organization_id)
    may_assign = allows(subject, Action.ASSIGN, objects.organization_roles(command.organization_id))
    if not (may_assign and allows(subject, Action.CREATE, newcomer)):
        raise NotFound()
    try:
        check_organization_roles(
            subject,
            command.organization_id,
            (),
            (),
            default_roles=state.settings.default_org_member_roles,
            custom_roles=state.custom_roles.keys(),
        )
    except Invalid as refusal:
        raise Forbidden("Forbidden.", refusal.message) from None
