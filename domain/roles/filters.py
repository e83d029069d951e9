"""The policy for whole tables: compiles a subject's rights on one type into a `Predicate` over rows.

For every row, `holds(visible(...), row)` equals `allows(...)` on the object that the row describes; a property test holds
the two together. One type per list: dormant workspaces are listed as `workspace` (contract/authorization.md 10).
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.kernel.predicate import ALWAYS, NEVER, Grants, GrantsOwnOrganization, In, IsEmpty, Predicate, all_of, any_of
from domain.roles.permissions import Action, Resource
from domain.roles.policy import Subject
from domain.roles.votes import GRANTED, SILENT, vote


@dataclass(frozen=True, slots=True)
class Columns:
    """Under which names rows offer what the policy asks about; "" where the type has no such thing.

    `groups_read_themselves`: rows are groups, whose access list is their own members reading them.
    """

    id: str = "id"
    owner: str = ""
    organization: str = ""
    user_acl: str = ""
    group_acl: str = ""
    groups_read_themselves: bool = False


WORKSPACES = Columns(owner="owner_id", organization="organization_id", user_acl="user_acl", group_acl="group_acl")
#: Where sharing is disabled deployment-wide, access lists count for nothing (contract/authorization.md 11, last line).
WORKSPACES_UNSHARED = Columns(owner="owner_id", organization="organization_id")
TEMPLATES = Columns(organization="organization_id", user_acl="user_acl", group_acl="group_acl")
USERS = Columns(owner="id")
ORGANIZATIONS = Columns(organization="id")
MEMBERS = Columns(id="user_id", owner="user_id", organization="organization_id")
GROUPS = Columns(organization="organization_id", groups_read_themselves=True)
API_KEYS = Columns(owner="user_id")
AUDIT_ENTRIES = Columns(organization="organization_id")
PROVISIONER_DAEMONS = Columns(organization="organization_id")


def visible(subject: Subject, action: str, resource_type: str, columns: Columns) -> Predicate:
    """The rows of `resource_type` on which `subject` may do `action`, its key's scope and allow list included."""
    resource_type, action = str(resource_type), str(action)
    if vote(subject.scope, resource_type, action) != GRANTED:
        return NEVER
    granted = any_of(_by_roles(subject, action, resource_type, columns), *_by_acl(subject, action, columns))
    return all_of(granted, _by_allow_list(subject, resource_type, columns))


def readable_workspaces(subject: Subject, *, sharing_disabled: bool = False) -> Predicate:
    """The rows of workspace lists: `id`, `owner_id`, `organization_id`, `user_acl`, `group_acl` (contract/listing.md 11)."""
    columns = WORKSPACES_UNSHARED if sharing_disabled else WORKSPACES
    return visible(subject, Action.READ, Resource.WORKSPACE, columns)


def listed_templates(subject: Subject) -> Predicate:
    """The templates whose workspaces a list shows and does not only count: `id`, `organization_id`, `user_acl`, `group_acl`."""
    return visible(subject, Action.READ, Resource.TEMPLATE, TEMPLATES) if subject.lists_workspaces else NEVER


def _by_allow_list(subject: Subject, resource_type: str, columns: Columns) -> Predicate:
    if subject.allow_list.allows_type(resource_type):
        return ALWAYS
    return _one_of(columns.id, subject.allow_list.ids_of(resource_type))


def _by_roles(subject: Subject, action: str, resource_type: str, columns: Columns) -> Predicate:
    at_site = vote(subject.site, resource_type, action)
    if at_site != SILENT:
        return ALWAYS if at_site == GRANTED else NEVER
    whole: set[str] = set()
    own: set[str] = set()
    for organization_id, votes in subject.organizations.items():
        in_organization = vote(votes.organization, resource_type, action)
        if in_organization == GRANTED:
            whole.add(organization_id)
        elif in_organization == SILENT and vote(votes.member, resource_type, action) == GRANTED:
            own.add(organization_id)
    parts = [
        _one_of(columns.organization, frozenset(whole)),
        all_of(_owned(subject, columns), _one_of(columns.organization, frozenset(own))),
    ]
    if vote(subject.user, resource_type, action) == GRANTED:
        parts.append(all_of(_owned(subject, columns), _in_no_organization(columns)))
    return any_of(*parts)


def _by_acl(subject: Subject, action: str, columns: Columns) -> list[Predicate]:
    parts: list[Predicate] = []
    if columns.user_acl:
        parts.append(Grants(columns.user_acl, frozenset({subject.id}), action))
    among_members = _one_of(columns.organization, subject.organization_ids)
    if columns.group_acl:
        to_groups = Grants(columns.group_acl, subject.group_ids, action) if subject.group_ids else NEVER
        to_everyone = GrantsOwnOrganization(columns.group_acl, columns.organization, action)
        parts.append(all_of(among_members, any_of(to_groups, to_everyone)))
    if columns.groups_read_themselves and action == Action.READ:
        parts.append(all_of(among_members, _one_of(columns.id, subject.group_ids)))
        parts.extend(all_of(_one_of(columns.organization, one), _one_of(columns.id, one)) for one in map(_single, subject.organizations))
    return parts


def _one_of(column: str, values: frozenset[str]) -> Predicate:
    """The column has one of `values`; a row without the column has none."""
    return In(column, values) if column and values else NEVER


def _owned(subject: Subject, columns: Columns) -> Predicate:
    return _one_of(columns.owner, frozenset({subject.id}))


def _in_no_organization(columns: Columns) -> Predicate:
    return IsEmpty(columns.organization) if columns.organization else ALWAYS


def _single(value: str) -> frozenset[str]:
    return frozenset({value})
