"""The `q` of the workspace list, with the names in it resolved to what the caller may read. Source: contract/listing.md 5."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

from domain.kernel.names import MAX_GROUP_NAME, is_name
from domain.roles import objects
from domain.roles.permissions import Action
from domain.roles.policy import Subject, allows
from projections.groups.queries import group_by_name
from projections.organizations.queries import organization_by_handle, organization_by_name
from projections.organizations.render import OrganizationRow
from projections.querylang import Problems
from projections.queryvalues import ById, GroupByName, GroupRef, Me, OrganizationRef, Person, quoted
from projections.users.queries import user_by_name
from projections.workspaces.search import BAD_QUERY, KEYS, Filters

_ORGANIZATION = "either does not exist, or you are unauthorized to view it"
_USER = "either does not exist, or you are unauthorized to view them"


async def read_query(connection: AsyncConnection[Any], subject: Subject, text: str) -> Filters:
    """What `text` asks for. Raises `Invalid` with every error of it at once."""
    parsed = KEYS.parse(text, BAD_QUERY)
    query, problems = parsed.values, parsed.problems
    filters = Filters(
        query,
        subject.id,
        await _organization(connection, subject, query.organization, problems),
        await _user(connection, subject, query.shared_with_user, problems),
        await _group(connection, subject, query.shared_with_group, problems),
    )
    problems.check()
    return filters


async def _organization(connection: AsyncConnection[Any], subject: Subject, asked: OrganizationRef | None, problems: Problems) -> str:
    if asked is None:
        return ""
    if isinstance(asked, ById):
        return asked.id
    found = _readable(subject, await organization_by_name(connection, asked.name))
    if found is None:
        problems.reject("organization", f"organization {quoted(asked.name)} {_ORGANIZATION}")
    return found.id if found else ""


def _readable(subject: Subject, organization: OrganizationRow | None) -> OrganizationRow | None:
    if organization is None or not allows(subject, Action.READ, objects.organization(organization.id)):
        return None
    return organization


async def _user(connection: AsyncConnection[Any], subject: Subject, asked: Person | None, problems: Problems) -> str:
    if asked is None:
        return ""
    if isinstance(asked, Me):
        return subject.id
    if isinstance(asked, ById):
        return asked.id
    user = await user_by_name(connection, asked.name)
    if user is None or not allows(subject, Action.READ, objects.user(user.id)):
        problems.reject("shared_with_user", f"user {quoted(asked.name)} {_USER}")
        return ""
    return user.id


async def _group(connection: AsyncConnection[Any], subject: Subject, asked: GroupRef | None, problems: Problems) -> str:
    if asked is None:
        return ""
    if isinstance(asked, ById):
        return asked.id
    why, found = await _group_by_name(connection, subject, asked)
    if why:
        problems.reject("shared_with_group", why)
    return found


async def _group_by_name(connection: AsyncConnection[Any], subject: Subject, asked: GroupByName) -> tuple[str, str]:
    """(why not, the group's id). The organization is looked for before the group's name is judged."""
    if asked.organization:
        organization = _readable(subject, await organization_by_name(connection, asked.organization))
        if organization is None:
            return f"organization {quoted(asked.organization)} {_ORGANIZATION}", ""
    else:
        organization = await organization_by_handle(connection, "default")
    if not is_name(asked.group, longest=MAX_GROUP_NAME):
        return f"invalid group name {quoted(asked.group)}", ""
    group = None if organization is None else await group_by_name(connection, organization.id, asked.group)
    if group is None or not allows(subject, Action.READ, objects.group(id=group.id, organization_id=group.organization_id)):
        return f"group {quoted(asked.group)} does not exist, is not of this organization, or is not visible to you", ""
    return "", group.id
