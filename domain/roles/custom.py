"""Roles that an organization defines for itself: what a definition may say, and who may write it.

Source: contract/authorization.md 9. Whether the feature is on, and whether the organization is readable, is asked before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from domain.kernel.errors import Invalid, NotFound, Violation
from domain.kernel.names import fold, is_name
from domain.roles import objects
from domain.roles.builtin import RESERVED_NAMES, SYSTEM_ROLES
from domain.roles.permissions import WILDCARD, Permission
from domain.roles.policy import Subject, allows
from domain.roles.role import Role

_REFUSED = "Failed to update role permissions"


@dataclass(frozen=True, slots=True)
class CustomRoleDefinition:
    """A custom role as a client describes it, not yet checked."""

    name: str
    display_name: str = ""
    site_permissions: tuple[Permission, ...] = ()
    user_permissions: tuple[Permission, ...] = ()
    organization_permissions: tuple[Permission, ...] = ()
    organization_member_permissions: tuple[Permission, ...] = ()


#: Whether the caller may do the permission's action on all objects of its type in the organization.
MayGrant = Callable[[Permission], bool]


def may_grant(subject: Subject, organization_id: str) -> MayGrant:
    """The escalation rule: nobody grants what they may not do to *every* such object of the organization themselves.

    The object has no owner, so that holding something for one's own objects is not enough.
    """

    def check(permission: Permission) -> bool:
        return allows(subject, permission.action, objects.Object(permission.resource_type, organization_id=organization_id))

    return check


def created_role(definition: CustomRoleDefinition, taken: Iterable[str], grantable: MayGrant) -> Role:
    """The role that a new definition makes. `taken`: names of the organization's custom roles.

    Raises `Invalid` for the first check that fails, in the contract's order; the duplicate comes last.
    """
    role = _checked(definition, grantable)
    if fold(definition.name) in {fold(name) for name in taken} | SYSTEM_ROLES:
        detail = "This value is already in use and should be unique."
        raise Invalid(f'A role named "{definition.name}" already exists.', validations=(Violation("name", detail),))
    return role


def updated_role(definition: CustomRoleDefinition, stored: Iterable[str], grantable: MayGrant) -> Role:
    """The role that replaces the stored one of the same name; permissions that the table does not know are dropped.

    `stored`: names of the organization's custom roles. Raises `Invalid` as for a new one, `NotFound` when there is no such
    role or only a system role.
    """
    known = replace(
        definition,
        site_permissions=_known(definition.site_permissions),
        user_permissions=_known(definition.user_permissions),
        organization_permissions=_known(definition.organization_permissions),
        organization_member_permissions=_known(definition.organization_member_permissions),
    )
    if definition.name in SYSTEM_ROLES:
        raise NotFound()
    role = _checked(known, grantable)
    if definition.name not in stored:
        raise NotFound()
    return role


def check_deletable(name: str, stored: Iterable[str]) -> None:
    """Raises `NotFound`, naming the role, unless it is one of the organization's custom roles (names in `stored`)."""
    if name in SYSTEM_ROLES or name not in stored:
        raise NotFound(f'Custom role "{name}" not found or you do not have access to it.')


def _checked(definition: CustomRoleDefinition, grantable: MayGrant) -> Role:
    _check_name(definition.name)
    if definition.site_permissions:
        raise Invalid("Invalid request, not allowed to assign site wide permissions for an organization role.")
    if definition.user_permissions:
        raise Invalid("Invalid request, not allowed to assign user permissions for an organization role.")
    if definition.organization_member_permissions:
        raise Invalid("Invalid request, not allowed to assign organization member permissions for an organization role.")
    for permission in definition.organization_permissions:
        _check_form(permission)
    for permission in definition.organization_permissions:
        if not grantable(permission):
            raise Invalid(_REFUSED, f"{_shown(permission)}: not allowed to grant this permission")
    return Role(definition.name, definition.display_name, organization=definition.organization_permissions)


def _check_name(name: str) -> None:
    # Reserved names first: one of them is longer than a name may be, and "reserved" is what its user needs to hear.
    if name in RESERVED_NAMES:
        raise Invalid("Reserved role name", f'"{name}" is the name of a built-in role')
    if not is_name(name):
        rule = "username" if name else "required"
        detail = f'Validation failed for tag "{rule}" with value: "{name}"'
        raise Invalid("Validation failed.", validations=(Violation("name", detail),))


def _check_form(permission: Permission) -> None:
    if not permission.is_valid:
        raise Invalid(_REFUSED, f"{_shown(permission)}: no such resource type or action")
    if permission.negate:
        raise Invalid(_REFUSED, f"{_shown(permission)}: a custom role cannot take permissions away")
    if WILDCARD in (permission.resource_type, permission.action):
        raise Invalid(_REFUSED, f"{_shown(permission)}: a custom role names each type and action")


def _known(permissions: tuple[Permission, ...]) -> tuple[Permission, ...]:
    return tuple(permission for permission in permissions if permission.is_valid)


def _shown(permission: Permission) -> str:
    return f"{permission.resource_type}:{permission.action}"
