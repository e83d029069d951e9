"""The one decision about access: may this subject do this to that object?

Knows roles, scopes and access lists as compiled values, never where they are stored. `filters.py` gives the same answers
for whole tables. Source: contract/authorization.md 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType

from domain.kernel.ids import NIL
from domain.roles import scopes as api_scopes
from domain.roles.allow_list import ALLOW_ALL, AllowEntry
from domain.roles.builtin import (
    DEFAULT_OPTIONS,
    DeploymentOptions,
    ShareableOwners,
    SiteRole,
    implied_organization_role,
    organization_role,
    site_role,
)
from domain.roles.objects import Acl, Object, as_prebuilt
from domain.roles.permissions import WILDCARD, Action, Resource
from domain.roles.role import Role
from domain.roles.votes import GRANTED, SILENT, Level, compile_level, vote

#: (organization id, role name) -> custom role.
CustomRoles = Mapping[tuple[str, str], Role]

_NO_CUSTOM_ROLES: CustomRoles = MappingProxyType({})
_NO_IDS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OrgMembership:
    """What membership in one organization depends on: the stored role names of the member and the organization's settings."""

    roles: tuple[str, ...] = ()
    sharing: ShareableOwners = ShareableOwners.EVERYONE
    is_service_account: bool = False
    default_roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrganizationVotes:
    """What a subject's roles say in one organization: about all objects in it, and about the subject's own."""

    organization: Level
    member: Level


@dataclass(frozen=True, slots=True)
class AllowList:
    """An API key's allow list, ready to be asked. `ids` maps a type, or `*`, to single ids."""

    everything: bool
    types: frozenset[str]
    ids: Mapping[str, frozenset[str]]

    def allows_type(self, resource_type: str) -> bool:
        """Whether all objects of the type are allowed, collections included."""
        return self.everything or resource_type in self.types

    def allows(self, resource_type: str, object_id: str) -> bool:
        """Whether the object is allowed; a collection (`object_id=""`) never is by single ids."""
        if self.allows_type(resource_type):
            return True
        return object_id in self.ids.get(resource_type, _NO_IDS) or object_id in self.ids.get(WILDCARD, _NO_IDS)

    def ids_of(self, resource_type: str) -> frozenset[str]:
        """The single objects of a type that are allowed; what `allows_type` opens is not repeated here."""
        return self.ids.get(resource_type, _NO_IDS) | self.ids.get(WILDCARD, _NO_IDS)


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """Who is asking, with all rights compiled. Immutable: when roles, groups or the key change, compile another.

    `site_roles` and `organization_roles` are the names in force, implied ones included; `organizations` holds the votes of
    each organization that the subject is a member of. `is_unscoped`: the key limits nothing. `lists_workspaces`: the key lets
    lists of workspaces have rows, which show templates too, and not their number alone (`scopes.expand_in_lists`).
    """

    id: str
    site: Level
    user: Level
    organizations: Mapping[str, OrganizationVotes]
    group_ids: frozenset[str]
    scope: Level
    allow_list: AllowList
    is_unscoped: bool
    lists_workspaces: bool
    site_roles: frozenset[str]
    organization_roles: Mapping[str, frozenset[str]]
    organization_ids: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "organization_ids", frozenset(self.organizations))


def compile_subject(
    user_id: str,
    site_roles: Iterable[str],
    organizations: Mapping[str, OrgMembership],
    *,
    groups: Iterable[str] = (),
    scopes: Iterable[str] = (api_scopes.ALL,),
    allow_list: Iterable[AllowEntry] = ALLOW_ALL,
    custom_roles: CustomRoles = _NO_CUSTOM_ROLES,
    options: DeploymentOptions = DEFAULT_OPTIONS,
) -> Subject:
    """Resolve role names, add the implied roles, pool permissions per level and compile them.

    `site_roles` are stored names, `organizations` maps organization ids to memberships, `groups` are ids of explicit group
    memberships (Everyone is implied). Unknown role names grant nothing; no scopes or an empty allow list deny everything.
    Raises `Invalid` for a scope that cannot be read. Source: contract/authorization.md 2 and 5.
    """
    at_site = _roles_at_site(site_roles, options)
    in_organizations = {o: _roles_in(o, membership, custom_roles, options) for o, membership in organizations.items()}
    everywhere = list(chain(at_site, *in_organizations.values()))
    scopes = tuple(scopes)
    scope = compile_level(api_scopes.expand(scopes))
    in_lists = compile_level(api_scopes.expand_in_lists(scopes))
    allowed = _compile_allow_list(allow_list)
    return Subject(
        id=user_id,
        site=compile_level(p for role in everywhere for p in role.site),
        user=compile_level(p for role in everywhere for p in role.user),
        organizations=MappingProxyType({o: _votes(roles) for o, roles in in_organizations.items()}),
        group_ids=frozenset(groups),
        scope=scope,
        allow_list=allowed,
        lists_workspaces=vote(in_lists, Resource.TEMPLATE, Action.READ) == GRANTED,
        is_unscoped=allowed.everything and scope[WILDCARD][WILDCARD] == GRANTED,
        site_roles=frozenset(role.name for role in at_site),
        organization_roles=MappingProxyType({o: frozenset(role.name for role in roles) for o, roles in in_organizations.items()}),
    )


def allows(subject: Subject, action: str, obj: Object) -> bool:
    """Whether `subject` may do `action` to `obj`: by a role or an access list, and within the key's scope.

    Unknown actions and types are compared as plain text, so only wildcards grant them.
    """
    if obj.any_organization and obj.organization_id and obj.organization_id != NIL:
        return False
    if not subject.is_unscoped and not _scope_allows(subject, action, obj):
        return False
    return _role_allows(subject, action, obj) or _acl_allows(subject, action, obj)


def allows_on_workspace(subject: Subject, action: str, workspace: Object) -> bool:
    """`allows` for a stored workspace, with the second chance that prebuilt ones give (contract/authorization.md 6)."""
    if allows(subject, action, workspace):
        return True
    prebuilt = as_prebuilt(workspace, action)
    return prebuilt is not None and allows(subject, action, prebuilt)


def _role_allows(subject: Subject, action: str, obj: Object) -> bool:
    resource_type, organization_id = obj.type, obj.organization_id
    at_site = vote(subject.site, resource_type, action)
    if at_site != SILENT:
        return at_site == GRANTED
    owns = obj.owner_id != "" and obj.owner_id == subject.id
    if obj.any_organization:
        return _somewhere(subject, resource_type, action, owns)
    if not organization_id:
        return owns and vote(subject.user, resource_type, action) == GRANTED
    votes = subject.organizations.get(organization_id)
    if votes is None:
        return False
    in_organization = vote(votes.organization, resource_type, action)
    if in_organization != SILENT:
        return in_organization == GRANTED
    return owns and vote(votes.member, resource_type, action) == GRANTED


def _somewhere(subject: Subject, resource_type: str, action: str, owns: bool) -> bool:
    """The levels of organizations when any will do: the best vote of all counts, level by level."""
    every = subject.organizations.values()
    best = max((vote(votes.organization, resource_type, action) for votes in every), default=SILENT)
    if best != SILENT:
        return best == GRANTED
    return owns and max((vote(votes.member, resource_type, action) for votes in every), default=SILENT) == GRANTED


def _acl_allows(subject: Subject, action: str, obj: Object) -> bool:
    """Access lists grant beside the roles: no denial cancels them. Groups count only for members of the organization."""
    if obj.user_acl and _granted(obj.user_acl, subject.id, action):
        return True
    if not obj.group_acl:
        return False
    is_member = bool(subject.organizations) if obj.any_organization else obj.organization_id in subject.organizations
    if not is_member:
        return False
    if _granted(obj.group_acl, obj.organization_id, action):
        return True
    return any(group_id in subject.group_ids and _granted(obj.group_acl, group_id, action) for group_id in obj.group_acl)


def _granted(acl: Acl, grantee_id: str, action: str) -> bool:
    actions = acl.get(grantee_id)
    return actions is not None and (action in actions or WILDCARD in actions)


def _scope_allows(subject: Subject, action: str, obj: Object) -> bool:
    """Scopes hold site-level permissions only, so one vote decides; the allow list has its say besides."""
    return vote(subject.scope, obj.type, action) == GRANTED and subject.allow_list.allows(obj.type, obj.id)


def _roles_at_site(names: Iterable[str], options: DeploymentOptions) -> tuple[Role, ...]:
    found = (site_role(name, options) for name in dict.fromkeys((*names, SiteRole.MEMBER.value)))
    return tuple(role for role in found if role is not None)


def _roles_in(organization_id: str, membership: OrgMembership, custom_roles: CustomRoles, options: DeploymentOptions) -> tuple[Role, ...]:
    """The roles in force in one organization. A custom role may share its name with a site role without becoming it."""
    implied = implied_organization_role(membership.sharing, is_service_account=membership.is_service_account, options=options)
    named = dict.fromkeys((*membership.roles, *membership.default_roles))
    found = (organization_role(name) or custom_roles.get((organization_id, name)) for name in named)
    return (implied, *(role for role in found if role is not None))


def _votes(roles: Iterable[Role]) -> OrganizationVotes:
    pooled = tuple(roles)
    return OrganizationVotes(
        organization=compile_level(p for role in pooled for p in role.organization),
        member=compile_level(p for role in pooled for p in role.member),
    )


def _compile_allow_list(entries: Iterable[AllowEntry]) -> AllowList:
    types: set[str] = set()
    ids: dict[str, set[str]] = {}
    for entry in entries:
        if entry.id == WILDCARD:
            types.add(entry.resource_type)
        elif entry.id:
            ids.setdefault(entry.resource_type, set()).add(entry.id)
    return AllowList(WILDCARD in types, frozenset(types), MappingProxyType({t: frozenset(found) for t, found in ids.items()}))
