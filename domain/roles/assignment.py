"""Who may give which role to whom, and take it away again.

Two gates, both needed: the permission `assign` or `unassign`, and a fixed table of which role may move which.
Source: contract/authorization.md 8.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domain.kernel.errors import Forbidden, Invalid
from domain.roles import objects
from domain.roles.builtin import LISTED_ORGANIZATION_ROLES, OrganizationRole, SiteRole, organization_role, site_role
from domain.roles.objects import Object
from domain.roles.permissions import Action
from domain.roles.policy import Subject, allows

_CUSTOM = "custom role"  # one entry of the table for all of them; the blank keeps it apart from every role name

_ORGANIZATION_MEMBERS = frozenset(
    {OrganizationRole.MEMBER.value, OrganizationRole.WORKSPACE_ACCESS.value, OrganizationRole.AGENTS_ACCESS.value}
)
_ORGANIZATION_ALL = frozenset(role.value for role in LISTED_ORGANIZATION_ROLES) | {OrganizationRole.MEMBER.value, _CUSTOM}

#: Site role of the actor -> roles they may move, in any organization.
_BY_SITE_ROLE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        SiteRole.OWNER.value: frozenset(role.value for role in SiteRole) | _ORGANIZATION_ALL,
        SiteRole.USER_ADMIN.value: _ORGANIZATION_MEMBERS | {SiteRole.MEMBER.value},
    }
)

#: Organization role of the actor -> roles they may move in that organization.
_BY_ORGANIZATION_ROLE: Mapping[str, frozenset[str]] = MappingProxyType(
    {OrganizationRole.ADMIN.value: _ORGANIZATION_ALL, OrganizationRole.USER_ADMIN.value: _ORGANIZATION_MEMBERS}
)


@dataclass(frozen=True, slots=True)
class RoleChange:
    """Role names that would be given and taken, each sorted, implied ones included."""

    added: tuple[str, ...]
    removed: tuple[str, ...]


def site_change(stored: Iterable[str], wanted: Iterable[str]) -> RoleChange:
    """What differs between a user's stored site roles and `wanted` with the implied one, which counts as added every time."""
    return _change(stored, (*wanted, SiteRole.MEMBER.value))


def organization_change(stored: Iterable[str], wanted: Iterable[str], default_roles: Iterable[str]) -> RoleChange:
    """The same in an organization, whose `default_org_member_roles` are implied as well."""
    return _change(stored, (*wanted, OrganizationRole.MEMBER.value, *default_roles))


def may_assign_site_role(subject: Subject, name: str) -> bool:
    """Whether the table lets `subject` give and take the built-in site role `name`."""
    return site_role(name) is not None and any(name in _BY_SITE_ROLE.get(held, ()) for held in subject.site_roles)


def may_assign_organization_role(subject: Subject, organization_id: str, name: str) -> bool:
    """Whether the table lets `subject` give and take the organization role `name`, built-in or custom, in that organization."""
    entry = _entry(name)
    held_there = subject.organization_roles.get(organization_id, frozenset())
    by_site = any(entry in _BY_SITE_ROLE.get(held, ()) for held in subject.site_roles)
    return by_site or any(entry in _BY_ORGANIZATION_ROLE.get(held, ()) for held in held_there)


def check_site_roles(subject: Subject, stored: Iterable[str], wanted: Iterable[str]) -> tuple[str, ...]:
    """The roles to store, each once, when `subject` may make this change to another user: `member` too, if it is named, though
    everybody is one (contract/identity.md 5.1).

    Raises `Invalid` for names that are no site role, `Forbidden` without the permission, `Invalid` against the table.
    """
    kept = tuple(dict.fromkeys(wanted))
    for name in kept:
        if site_role(name) is None:
            raise Invalid(f'"{name}" is not a supported role')
    change = site_change(stored, kept)
    _check_gates(subject, change, objects.site_roles(), lambda name: may_assign_site_role(subject, name))
    return kept


def check_organization_roles(
    subject: Subject,
    organization_id: str,
    stored: Iterable[str],
    wanted: Iterable[str],
    *,
    default_roles: Iterable[str],
    custom_roles: Collection[str],
) -> tuple[str, ...]:
    """The roles to store for a member, each once, when `subject` may make this change.

    `custom_roles`: names of the organization's own roles. Raises like `check_site_roles`.
    """
    kept = tuple(dict.fromkeys(wanted))
    for name in kept:
        if ":" in name:
            raise Invalid(f'"{name}" is not a role name: it must not contain ":"')
        if not _is_organization_role(name, custom_roles):
            raise Invalid(f'"{name}:{organization_id}" is not a supported role')
    change = organization_change(stored, kept, default_roles)
    _check_gates(
        subject,
        change,
        objects.organization_roles(organization_id),
        lambda name: may_assign_organization_role(subject, organization_id, name),
    )
    return tuple(name for name in kept if name != OrganizationRole.MEMBER.value)


def check_default_roles(subject: Subject, organization_id: str, stored: Iterable[str], wanted: Iterable[str]) -> None:
    """Raises unless `subject` may change what every member of the organization gets: the gates apply to the difference.

    The names are built-in organization roles already (contract/identity.md 6).
    """
    _check_gates(
        subject,
        _change(stored, wanted),
        objects.organization_roles(organization_id),
        lambda name: may_assign_organization_role(subject, organization_id, name),
    )


def _check_gates(subject: Subject, change: RoleChange, target: Object, in_table: Callable[[str], bool]) -> None:
    needed = [(change.added, Action.ASSIGN), (change.removed, Action.UNASSIGN)]
    if not all(allows(subject, action, target) for names, action in needed if names):
        raise Forbidden()
    for name in (*change.added, *change.removed):
        if not in_table(name):
            raise Invalid(f'not authorized to assign role "{name}"')


def _is_organization_role(name: str, custom_roles: Collection[str]) -> bool:
    implied = name in (OrganizationRole.MEMBER.value, OrganizationRole.SERVICE_ACCOUNT.value)
    return implied or organization_role(name) is not None or name in custom_roles


def _entry(name: str) -> str:
    """The table's entry for a name: itself for the built-in ones, one for all the others."""
    if name in (OrganizationRole.MEMBER.value, OrganizationRole.SERVICE_ACCOUNT.value) or organization_role(name) is not None:
        return name
    return _CUSTOM


def _change(stored: Iterable[str], wanted: Iterable[str]) -> RoleChange:
    before, after = frozenset(stored), frozenset(wanted)
    return RoleChange(tuple(sorted(after - before)), tuple(sorted(before - after)))
