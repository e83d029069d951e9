"""Who may use and who may administer a template (contract/lifecycle.md A9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from psycopg import AsyncConnection

from domain.kernel.errors import Invalid, Violation
from domain.kernel.predicate import ALWAYS
from domain.kernel.spellings import uuid_text
from domain.roles.permissions import Action
from domain.templates.commands import UpdateTemplateACL
from domain.templates.values import role_of
from projections.available_users.pages import Selection
from projections.groups.queries import readable_groups, rosters
from projections.groups.render import group_document
from projections.templates.sharing import people_on_list
from projections.users.queries import list_users
from projections.users.render import reduced_user, user_document
from projections.users.search import parse_user_search
from service.http.call import Call
from service.http.fields import TEXT, map_of, wire
from service.http.parsing import decode_body
from service.http.queries import paging
from service.http.responses import json_response, message
from service.http.routing import LIMIT, Access, Parameter, Route
from service.http.template_access import path_template

_TAG = "Templates"


@dataclass(frozen=True, slots=True)
class ACLRequest:
    """`UpdateTemplateACL`: roles by id; the empty role takes an entry away."""

    user_perms: Mapping[str, str] = wire(map_of(TEXT))
    group_perms: Mapping[str, str] = wire(map_of(TEXT))


async def show(call: Call) -> web.Response:
    """The people and groups on the list with their roles."""
    async with call.pool.connection() as connection:
        template = await path_template(call, connection, Action.UPDATE)
        users = await people_on_list(connection, list(template["user_acl"]))
        groups = await _groups(connection, template["organization_id"], list(template["group_acl"]))
    document = {
        "users": [{**user_document(user), "role": role_of(template["user_acl"][user.id])} for user in users],
        "group": [{**group, "role": role_of(template["group_acl"][group["id"]])} for group in groups],
    }
    return json_response(document)


async def _groups(connection: AsyncConnection[Any], organization_id: str, ids: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Groups of the organization with all their members, whoever asks: sharing needs to know whom it reaches."""
    if ids is not None and not ids:
        return []
    rows = await readable_groups(connection, ALWAYS, organization_id=organization_id, ids=ids or ())
    members = await rosters(connection, [row.id for row in rows], ALWAYS)
    return [group_document(row, members.get(row.id, ())) for row in rows]


async def update(call: Call) -> web.Response:
    """Change entries of the list."""
    async with call.pool.connection() as connection:
        template = await path_template(call, connection, Action.UPDATE)
    request = decode_body(await call.body(), ACLRequest)
    bad: list[Violation] = []
    users = _by_id(request.user_perms, "user_perms", bad)
    groups = _by_id(request.group_perms, "group_perms", bad)
    if bad:
        raise Invalid("The access list cannot be changed like this.", validations=bad)
    await call.execute(UpdateTemplateACL(template["id"], users, groups))
    return message("Successfully updated template ACL list.")


def _by_id(roles: Mapping[str, str], field: str, bad: list[Violation]) -> dict[str, str]:
    found = {}
    for text, role in roles.items():
        try:
            found[uuid_text(text)] = role
        except ValueError as error:
            bad.append(Violation(field, f"{text!r} is no UUID: {error}"))
    return found


async def available(call: Call) -> web.Response:
    """Whom the template can be shared with."""
    async with call.pool.connection() as connection:
        template = await path_template(call, connection, Action.UPDATE)
        page = paging(call.request.query)
        search = parse_user_search(call.request.query.get("q", ""))
        users, _ = await list_users(connection, Selection(search, page.limit, page.offset, page.after_id), ALWAYS)
        groups = await _groups(connection, template["organization_id"])
    return json_response({"users": [reduced_user(user) for user in users], "groups": groups})


_ACL = "/templates/{template}/acl"

ROUTES = (
    Route("GET", _ACL, show, Access.SESSION, "template:update", "Read a template's access list", responses={200: "TemplateACL"}, tag=_TAG),
    Route(
        "PATCH",
        _ACL,
        update,
        Access.SESSION,
        "template:update",
        "Change a template's access list",
        request="UpdateTemplateACL",
        responses={200: "Response"},
        tag=_TAG,
    ),
    Route(
        "GET",
        f"{_ACL}/available",
        available,
        Access.SESSION,
        "template:update",
        "List whom a template can be shared with",
        responses={200: "ACLAvailable"},
        query=(Parameter("q", summary="Narrows the users, as in lists of users."), LIMIT),
        tag=_TAG,
    ),
)
