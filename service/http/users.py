"""People: made, found, listed, renamed, suspended, deleted (contract/identity.md 5)."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from domain.kernel.errors import Forbidden, Invalid, NotFound
from domain.kernel.predicate import ALWAYS
from domain.roles import objects
from domain.roles.filters import USERS, visible
from domain.roles.permissions import Action, Resource
from domain.roles.policy import allows
from domain.users.commands import ChangeProfile, DeleteUser, SetUserStatus
from domain.users.values import UserStatus
from projections.available_users.pages import Selection
from projections.users.queries import list_users
from projections.users.render import unreadable_user, user_document
from projections.users.search import parse_user_search
from service.http.call import Call
from service.http.fields import TEXT, wire
from service.http.new_users import CreateUserRequest, create
from service.http.parsing import decode_body
from service.http.people import user_after_change, user_in_path
from service.http.queries import paging
from service.http.responses import json_response, message
from service.http.routing import AFTER_ID, LIMIT, OFFSET, Access, Parameter, Route
from service.http.rules import REQUIRED, USER_REAL_NAME, USERNAME


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """Both names as they are to be."""

    username: str = wire(TEXT, REQUIRED, USERNAME)
    name: str = wire(TEXT, USER_REAL_NAME)


async def show(call: Call) -> web.Response:
    """One person, deleted ones by id."""
    return json_response(user_document(await user_in_path(call)))


async def index(call: Call) -> web.Response:
    """People by username. Whoever may make workspaces for anybody sees everybody, as much of them as that takes
    (contract/authorization.md 1.4)."""
    search = parse_user_search(call.request.query.get("q", ""))
    page = paging(call.request.query)
    subject = call.caller.subject
    sees_all = allows(subject, Action.CREATE, objects.workspaces_of_any_owner_anywhere())
    readable = ALWAYS if sees_all else visible(subject, Action.READ, Resource.USER, USERS)
    async with call.pool.connection() as connection:
        rows, count = await list_users(connection, Selection(search, page.limit, page.offset, page.after_id), readable)
    users = [user_document(row) if allows(subject, Action.READ, objects.user(row.id)) else unreadable_user(row) for row in rows]
    return json_response({"users": users, "count": count})


async def create_user(call: Call) -> web.Response:
    """Add somebody to organizations."""
    user_id = await create(call, decode_body(await call.body(), CreateUserRequest))
    return json_response(user_document(await user_after_change(call, user_id)), 201)


async def change_profile(call: Call) -> web.Response:
    """Another name; another username only for those who administer users."""
    user = await user_in_path(call)
    request = decode_body(await call.body(), ProfileRequest)
    subject, target = call.caller.subject, objects.user(user.id)
    if request.username != user.username and not allows(subject, Action.UPDATE, target):
        raise NotFound
    if request.name != user.name and not allows(subject, Action.UPDATE_PERSONAL, target):
        raise Forbidden
    await call.execute(ChangeProfile(user.id, request.username, request.name))
    return json_response(user_document(await user_after_change(call, user.id)))


async def suspend(call: Call) -> web.Response:
    """Keep somebody out until they are activated again; their keys stay."""
    return await _set_status(call, UserStatus.SUSPENDED)


async def activate(call: Call) -> web.Response:
    """Let a suspended or dormant person in."""
    return await _set_status(call, UserStatus.ACTIVE)


async def _set_status(call: Call, status: UserStatus) -> web.Response:
    user = await user_in_path(call)
    await call.execute(SetUserStatus(user.id, status.value, call.caller.subject))
    return json_response(user_document(await user_after_change(call, user.id)))


async def delete(call: Call) -> web.Response:
    """End an account; `erase=true` also takes the person out of history."""
    user = await user_in_path(call)
    erase = call.request.query.get("erase", "false")
    if erase not in ("true", "false"):
        raise Invalid("Query parameters have invalid values.", "erase is true or false.")
    await _caught_up(call)
    await call.execute(DeleteUser(user.id, call.caller.subject, erase == "true"))
    return message("User has been deleted!")


async def _caught_up(call: Call) -> None:
    """Wait for workspaces that were made a moment ago: they too keep their owner from being deleted."""
    async with call.pool.connection() as connection:
        cursor = await connection.execute("SELECT coalesce(max(notification_id), 0) FROM ledger_events")
        row = await cursor.fetchone()
    await call.shown(row[0] if row else 0)


_TAG = "Users"
_ERASE = Parameter("erase", "bool", "Drop the key that opens the person's data in history: it cannot be undone.", default=False)

ROUTES = (
    Route(
        "GET",
        "/users",
        index,
        access=Access.SESSION,
        permission="user:read per row; everybody, reduced, with workspace:create for any owner",
        summary="List users",
        responses={200: "GetUsersResponse"},
        query=(Parameter("q", "string", "Search."), AFTER_ID, LIMIT, OFFSET),
        tag=_TAG,
    ),
    Route(
        "POST",
        "/users",
        create_user,
        access=Access.SESSION,
        permission="user:create, assign_role:assign; organization_member:create and assign_org_role:assign in each organization",
        summary="Create a user",
        request="CreateUserRequestWithOrgs",
        responses={201: "User", 404: "Response"},
        tag=_TAG,
    ),
    Route(
        "GET", "/users/{user}", show, access=Access.SESSION, permission="user:read", summary="Get a user", responses={200: "User"}, tag=_TAG
    ),
    Route(
        "DELETE",
        "/users/{user}",
        delete,
        access=Access.SESSION,
        permission="user:delete",
        summary="Delete a user",
        responses={200: "Response"},
        query=(_ERASE,),
        tag=_TAG,
    ),
    Route(
        "PUT",
        "/users/{user}/profile",
        change_profile,
        access=Access.SESSION,
        permission="user:update_personal; user:update for the username",
        summary="Change a user's names",
        request="UpdateUserProfileRequest",
        responses={200: "User"},
        tag=_TAG,
    ),
    Route(
        "PUT",
        "/users/{user}/status/suspend",
        suspend,
        access=Access.SESSION,
        permission="user:update",
        summary="Suspend a user",
        responses={200: "User"},
        tag=_TAG,
    ),
    Route(
        "PUT",
        "/users/{user}/status/activate",
        activate,
        access=Access.SESSION,
        permission="user:update",
        summary="Activate a user",
        responses={200: "User"},
        tag=_TAG,
    ),
)
