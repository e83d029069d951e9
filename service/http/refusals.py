"""Which refused changes auditors are told of: those of resources whose successful changes are audited (contract/identity.md 9).

Left out is what says nothing about a resource: no session, too many requests, a stale tag, a resource that the caller may not
know of; and what was refused only to be shown, after it was done. Nothing of a request's body is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

import psycopg
from aiohttp import web
from psycopg_pool import PoolTimeout

from domain.audit.commands import NoteRefusal
from domain.kernel.errors import DomainError, Invalid, NotFound
from service.http.audited import (
    Subject,
    build,
    group,
    key,
    membership,
    new,
    new_membership,
    organization,
    person,
    role,
    template,
    version,
    webhook,
    workspace,
)
from service.http.call import Call
from service.http.idempotency import REPLAYED

log = logging.getLogger(__name__)

_TOLD = frozenset({400, 403, 404, 409, 410, 413, 417, 422})


class _Audited(NamedTuple):
    """What a route changes. `find` looks for the resource with the caller's eyes; an `action` that only the body names is said by
    the handler (`Call.attempted`) as soon as it knows, this one stands until then."""

    resource_type: str
    action: str
    find: Callable[[Call], Awaitable[Subject]]


_WORKSPACE = _Audited("workspace", "write", workspace)
_NEW_WORKSPACE = _Audited("workspace", "create", new)
_USER = _Audited("user", "write", person)
_ORGANIZATION = _Audited("organization", "write", organization)
_NEW_KEY = _Audited("api_key", "create", new)
_TEMPLATE = _Audited("template", "write", template)
_VERSION = _Audited("template_version", "write", version)
_BUILD = _Audited("workspace_build", "write", build)
_WEBHOOK = _Audited("webhook", "write", webhook)
AUDITED: Mapping[str, _Audited] = {
    "POST /users": _Audited("user", "create", new),
    "DELETE /users/{user}": _Audited("user", "delete", person),
    "PUT /users/{user}/profile": _USER,
    "PUT /users/{user}/status/suspend": _USER,
    "PUT /users/{user}/status/activate": _USER,
    "PUT /users/{user}/roles": _USER,
    "PUT /users/{user}/password": _USER,
    "PUT /users/{user}/appearance": _USER,
    "PUT /users/{user}/preferences": _USER,
    "PUT /users/{user}/quiet-hours": _USER,
    "PUT /users/{user}/gitsshkey": _Audited("git_ssh_key", "write", person),
    "POST /users/{user}/convert-login": _Audited("convert_login", "create", person),
    "POST /users/{user}/keys": _NEW_KEY,
    "POST /users/{user}/keys/tokens": _NEW_KEY,
    "DELETE /users/{user}/keys/{keyid}": _Audited("api_key", "delete", key),
    "PUT /users/{user}/keys/{keyid}/expire": _Audited("api_key", "write", key),
    "POST /organizations": _Audited("organization", "create", new),
    "PATCH /organizations/{organization}": _ORGANIZATION,
    "DELETE /organizations/{organization}": _Audited("organization", "delete", organization),
    "PATCH /organizations/{organization}/settings/workspace-sharing": _ORGANIZATION,
    "POST /organizations/{organization}/members/roles": _Audited("custom_role", "create", new),
    "PUT /organizations/{organization}/members/roles": _Audited("custom_role", "write", new),
    "DELETE /organizations/{organization}/members/roles/{roleName}": _Audited("custom_role", "delete", role),
    "POST /organizations/{organization}/members/{user}": _Audited("organization_member", "create", new_membership),
    "DELETE /organizations/{organization}/members/{user}": _Audited("organization_member", "delete", membership),
    "PUT /organizations/{organization}/members/{user}/roles": _Audited("organization_member", "write", membership),
    "POST /organizations/{organization}/groups": _Audited("group", "create", new),
    "PATCH /groups/{group}": _Audited("group", "write", group),
    "DELETE /groups/{group}": _Audited("group", "delete", group),
    "POST /organizations/{organization}/templates": _Audited("template", "create", new),
    "PATCH /templates/{template}": _TEMPLATE,
    "DELETE /templates/{template}": _Audited("template", "delete", template),
    "PATCH /templates/{template}/acl": _TEMPLATE,
    "PATCH /templates/{template}/versions": _TEMPLATE,
    "POST /templates/{template}/versions/archive": _TEMPLATE,
    "POST /organizations/{organization}/templateversions": _Audited("template_version", "create", new),
    "PATCH /templateversions/{templateversion}": _VERSION,
    "PATCH /templateversions/{templateversion}/cancel": _VERSION,
    "POST /templateversions/{templateversion}/archive": _VERSION,
    "POST /templateversions/{templateversion}/unarchive": _VERSION,
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
    # There is no build: it is the workspace that was to be started, stopped or deleted.
    "POST /workspaces/{workspace}/builds": _WORKSPACE,
    "PATCH /workspacebuilds/{workspacebuild}/cancel": _BUILD,
    "PUT /workspacebuilds/{workspacebuild}/state": _BUILD,
    "POST /webhooks": _Audited("webhook", "create", new),
    "PATCH /webhooks/{webhook}": _WEBHOOK,
    "POST /webhooks/{webhook}/replay": _WEBHOOK,
    "DELETE /webhooks/{webhook}": _Audited("webhook", "delete", webhook),
}


async def note_refusal(call: Call, response: web.StreamResponse) -> None:
    """Leave a note of a refused change, if auditors want one; a note that cannot be left never changes the answer."""
    audited = AUDITED.get(call.route.key)
    if audited is None or response.status not in _TOLD:
        return
    if call.anonymous or call.has_changed or REPLAYED in response.headers:
        return
    try:
        subject = await audited.find(call)
    except (NotFound, Invalid):
        return  # not to be known of, or nothing that could be
    except _UNAVAILABLE as error:
        _not_noted(call, error)
        return
    note = NoteRefusal(
        user_id=call.caller.user_id,
        day=call.context.time.date().isoformat(),
        resource_type=audited.resource_type,
        resource_id=subject.id,
        action=call.attempted or audited.action,
        route=call.route.key,
        status_code=response.status,
        organization_id=subject.organization_id,
    )
    try:
        await call.execute(note)
    except _UNAVAILABLE as error:
        _not_noted(call, error)


_UNAVAILABLE = (DomainError, psycopg.OperationalError, PoolTimeout)


def _not_noted(call: Call, error: Exception) -> None:
    log.warning("a refusal could not be noted", extra={"route": call.route.path, "reason": type(error).__name__})
