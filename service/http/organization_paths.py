"""The path parameters `{organization}` and `{user}` below it, for whoever may read them (contract/identity.md 1)."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

from domain.kernel.errors import NotFound
from domain.roles import objects
from domain.roles.permissions import Action
from domain.roles.policy import allows
from projections.organizations.members import member_by_handle
from projections.organizations.queries import organization_by_handle
from projections.organizations.render import MemberRow, OrganizationRow
from service.http.call import Call


async def path_organization(call: Call, connection: AsyncConnection[Any]) -> OrganizationRow:
    """The organization of the path. Raises `NotFound`, whether absent or unreadable."""
    organization = await organization_by_handle(connection, call.path["organization"])
    if organization is None or not allows(call.caller.subject, Action.READ, objects.organization(organization.id)):
        raise NotFound
    return organization


async def path_member(call: Call, connection: AsyncConnection[Any], organization_id: str) -> MemberRow:
    """The member of the path: `me`, an id or a username, found with nobody's rights; the membership must be readable.

    Raises `NotFound` for everybody else, members of other organizations included.
    """
    handle = call.path["user"]
    member = await member_by_handle(connection, organization_id, call.caller.user_id if handle == "me" else handle)
    if member is None or not allows(
        call.caller.subject, Action.READ, objects.member(user_id=member.user_id, organization_id=organization_id)
    ):
        raise NotFound
    return member
