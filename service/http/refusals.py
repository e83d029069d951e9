"""Which refused changes auditors are told of: those of resources whose successful changes are audited (contract/identity.md 9).

Left out is what says nothing about a resource: no session, too many requests, a stale tag, a resource that the caller may not
know of. Nothing of a request's body is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import NamedTuple

import psycopg
from aiohttp import web
from psycopg_pool import PoolTimeout

from domain.audit.commands import NoteRefusal
from domain.kernel.errors import DomainError
from domain.kernel.ids import NIL
from domain.kernel.spellings import uuid_text
from projections.organizations.queries import organization_by_handle
from service.http.call import Call
from service.http.idempotency import REPLAYED
from service.http.people import find_user

log = logging.getLogger(__name__)

_TOLD = frozenset({400, 403, 409, 410, 417, 422})
_NOT_FOUND = 404


class _Audited(NamedTuple):
    """What a route changes. `parameter` names the resource in the path; "" for one that would have been made."""

    resource_type: str
    action: str
    parameter: str = ""


_WORKSPACE = _Audited("workspace", "write", "workspace")
_NEW_WORKSPACE = _Audited("workspace", "create")
_USER = _Audited("user", "write", "user")
_ORGANIZATION = _Audited("organization", "write", "organization")
_ROLE = "custom_role"
_WEBHOOK = _Audited("webhook", "write", "webhook")
AUDITED: Mapping[str, _Audited] = {
    "POST /users": _Audited("user", "create"),
    "DELETE /users/{user}": _Audited("user", "delete", "user"),
    "PUT /users/{user}/profile": _USER,
    "PUT /users/{user}/status/suspend": _USER,
    "PUT /users/{user}/status/activate": _USER,
    "PUT /users/{user}/roles": _USER,
    "PUT /users/{user}/password": _USER,
    "PUT /users/{user}/quiet-hours": _USER,
    "PUT /users/{user}/gitsshkey": _Audited("git_ssh_key", "write", "user"),
    "POST /users/{user}/keys": _Audited("api_key", "create"),
    "POST /users/{user}/keys/tokens": _Audited("api_key", "create"),
    "POST /organizations": _Audited("organization", "create"),
    "PATCH /organizations/{organization}": _ORGANIZATION,
    "DELETE /organizations/{organization}": _Audited("organization", "delete", "organization"),
    "PATCH /organizations/{organization}/settings/workspace-sharing": _ORGANIZATION,
    "POST /organizations/{organization}/members/roles": _Audited(_ROLE, "create"),
    "PUT /organizations/{organization}/members/roles": _Audited(_ROLE, "write"),
    "DELETE /organizations/{organization}/members/roles/{roleName}": _Audited(_ROLE, "delete"),
    "POST /organizations/{organization}/members/{user}": _Audited("organization_member", "create", "user"),
    "DELETE /organizations/{organization}/members/{user}": _Audited("organization_member", "delete", "user"),
    "PUT /organizations/{organization}/members/{user}/roles": _Audited("organization_member", "write", "user"),
    "POST /organizations/{organization}/groups": _Audited("group", "create"),
    "PATCH /groups/{group}": _Audited("group", "write", "group"),
    "DELETE /groups/{group}": _Audited("group", "delete", "group"),
    "POST /organizations/{organization}/templates": _Audited("template", "create"),
    "PATCH /templates/{template}": _Audited("template", "write", "template"),
    "DELETE /templates/{template}": _Audited("template", "delete", "template"),
    "PATCH /templates/{template}/acl": _Audited("template", "write", "template"),
    "PATCH /templates/{template}/versions": _Audited("template", "write", "template"),
    "POST /organizations/{organization}/templateversions": _Audited("template_version", "create"),
    "PATCH /templateversions/{templateversion}": _Audited("template_version", "write", "templateversion"),
    "POST /templateversions/{templateversion}/archive": _Audited("template_version", "write", "templateversion"),
    "POST /templateversions/{templateversion}/unarchive": _Audited("template_version", "write", "templateversion"),
    "POST /users/{user}/workspaces": _NEW_WORKSPACE,
    "POST /organizations/{organization}/members/{user}/workspaces": _NEW_WORKSPACE,
    "PATCH /workspaces/{workspace}": _WORKSPACE,
    "PUT /workspaces/{workspace}/autostart": _WORKSPACE,
    "PUT /workspaces/{workspace}/ttl": _WORKSPACE,
    "PUT /workspaces/{workspace}/autoupdates": _WORKSPACE,
    "PUT /workspaces/{workspace}/favorite": _WORKSPACE,
    "DELETE /workspaces/{workspace}/favorite": _WORKSPACE,
    "PUT /workspaces/{workspace}/dormant": _WORKSPACE,
    "PATCH /workspaces/{workspace}/acl": _WORKSPACE,
    "DELETE /workspaces/{workspace}/acl": _WORKSPACE,
    "POST /webhooks": _Audited("webhook", "create"),
    "PATCH /webhooks/{webhook}": _WEBHOOK,
    "POST /webhooks/{webhook}/replay": _WEBHOOK,
    "DELETE /webhooks/{webhook}": _Audited("webhook", "delete", "webhook"),
    "PATCH /workspacebuilds/{workspacebuild}/cancel": _Audited("workspace_build", "write", "workspacebuild"),
}


async def note_refusal(call: Call, response: web.StreamResponse) -> None:
    """Leave a note of a refused change, if auditors want one; a note that cannot be left never changes the answer."""
    audited = AUDITED.get(call.route.key)
    if audited is None or call.anonymous or REPLAYED in response.headers:
        return
    is_person = audited.parameter == "user"
    if response.status not in _TOLD and not (response.status == _NOT_FOUND and is_person):
        return
    try:
        resource_id = await _resource_id(call, audited)
        if resource_id:
            day = call.context.time.date().isoformat()
            user_id = call.caller.user_id
            await call.execute(
                NoteRefusal(user_id, day, audited.resource_type, resource_id, audited.action, call.route.key, response.status)
            )
    except (DomainError, psycopg.OperationalError, PoolTimeout) as error:
        log.warning("a refusal could not be noted", extra={"route": call.route.path, "reason": type(error).__name__})


async def _resource_id(call: Call, audited: _Audited) -> str:
    """The resource's id, the nil UUID for one that would have been made, "" for one that cannot be told."""
    if not audited.parameter:
        return NIL
    handle = call.path[audited.parameter]
    if audited.parameter == "user":
        async with call.pool.connection() as connection:
            person = await find_user(connection, handle, call.caller.user_id)
        return person.id if person is not None else ""
    if audited.parameter == "organization":
        async with call.pool.connection() as connection:
            organization = await organization_by_handle(connection, handle)
        return organization.id if organization is not None else ""
    try:
        return uuid_text(handle)
    except ValueError:
        return ""
