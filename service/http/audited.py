"""What a change was to be made to, as the caller may know of it: found by the path alone, for those who are told of refusals.

Each function raises `NotFound` or `Invalid`, like the handler of such a path does, for what the caller may not read.
"""

from __future__ import annotations

from typing import NamedTuple

from domain.kernel.ids import NIL, api_key_stream_id
from domain.roles.permissions import Action
from projections.audit_log.changes import custom_role_id
from service.http.build_documents import build_in_path
from service.http.call import Call
from service.http.group_paths import path_group
from service.http.keys import key_in_path
from service.http.organization_paths import path_member, path_organization
from service.http.template_access import path_template, version_in_path
from service.http.webhooks import webhook_in_path
from service.http.workspaces.access import workspace_in_path
from service.http.workspaces.people import person_in_path


class Subject(NamedTuple):
    """The resource of an entry; the nil UUID stands for one that would have been made."""

    id: str
    organization_id: str | None = None


async def new(call: Call) -> Subject:
    """Something that would have been made, where the path says: in an organization, for a person, or neither."""
    organization_id = None
    async with call.pool.connection() as connection:
        if "organization" in call.path:
            organization_id = (await path_organization(call, connection)).id
        if "user" in call.path:
            await person_in_path(call, connection)
    return Subject(NIL, organization_id)


async def person(call: Call) -> Subject:
    """A person whom the caller may read, or meets in some organization."""
    async with call.pool.connection() as connection:
        return Subject((await person_in_path(call, connection)).id)


async def organization(call: Call) -> Subject:
    """An organization."""
    async with call.pool.connection() as connection:
        id = (await path_organization(call, connection)).id
    return Subject(id, id)


async def new_membership(call: Call) -> Subject:
    """Of a person who need not be a member yet: entries about members name the person."""
    async with call.pool.connection() as connection:
        organization_id = (await path_organization(call, connection)).id
        return Subject((await person_in_path(call, connection)).id, organization_id)


async def membership(call: Call) -> Subject:
    """Of a member."""
    async with call.pool.connection() as connection:
        organization_id = (await path_organization(call, connection)).id
        return Subject((await path_member(call, connection, organization_id)).user_id, organization_id)


async def role(call: Call) -> Subject:
    """A custom role, told by its organization and name. One that is not there is no secret either."""
    async with call.pool.connection() as connection:
        organization_id = (await path_organization(call, connection)).id
    return Subject(custom_role_id(organization_id, call.path["roleName"]), organization_id)


async def key(call: Call) -> Subject:
    """A session or token."""
    return Subject(api_key_stream_id((await key_in_path(call, Action.READ)).id))


async def group(call: Call) -> Subject:
    """A group."""
    async with call.pool.connection() as connection:
        row = await path_group(call, connection)
    return Subject(row.id, row.organization_id)


async def template(call: Call) -> Subject:
    """A living template."""
    async with call.pool.connection() as connection:
        row = await path_template(call, connection)
    return Subject(row["id"], row["organization_id"])


async def version(call: Call) -> Subject:
    """A template version."""
    row = await version_in_path(call)
    return Subject(row["id"], row["organization_id"])


async def workspace(call: Call) -> Subject:
    """A workspace, deleted ones included."""
    document = await workspace_in_path(call)
    return Subject(document.id, document.workspace.organization_id)


async def build(call: Call) -> Subject:
    """A build of a workspace."""
    place, document = await build_in_path(call)
    return Subject(place.id, document.workspace.organization_id)


async def webhook(call: Call) -> Subject:
    """A webhook."""
    return Subject((await webhook_in_path(call)).id)
