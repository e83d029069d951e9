"""Keys of provisioners that attach to an organization over HTTP: made, listed, ended, by who may administer its daemons."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from psycopg import AsyncConnection

from domain.kernel.errors import Forbidden, Invalid, NameTaken, NotFound, Violation
from domain.kernel.names import is_name
from domain.roles import objects
from domain.roles.permissions import Action
from domain.roles.policy import allows
from projections.documents import rfc3339
from service.auth.provisioner_keys import new_secret, secret_digest
from service.http.call import Call
from service.http.fields import TEXT, map_of, wire
from service.http.organization_paths import path_organization
from service.http.parsing import decode_body
from service.http.responses import json_response, no_content
from service.http.routing import Access, Body, Handler, Route
from service.store.provisioner_keys import ProvisionerKey, add_key, organization_keys, remove_key

#: Jobs for everybody in an organization carry these.
_TAGS = {"scope": "organization", "owner": ""}


@dataclass(frozen=True, slots=True)
class NewKey:
    """`tags` of the daemons that will use it; `scope` and `owner` are set by the service."""

    name: str = wire(TEXT)
    tags: Mapping[str, str] = wire(map_of(TEXT))


async def _administered(call: Call, connection: AsyncConnection[Any], action: Action) -> str:
    """The organization of the path. Raises `NotFound`, or `Forbidden` to who may only read its daemons."""
    organization = await path_organization(call, connection)
    daemons = objects.provisioner_daemon(organization_id=organization.id)
    if not allows(call.caller.subject, Action.READ, daemons):
        raise NotFound
    if not allows(call.caller.subject, action, daemons):
        raise Forbidden
    return organization.id


async def create_key(call: Call) -> web.Response:
    """A new key; its secret is shown this once."""
    async with call.pool.connection() as connection:
        organization_id = await _administered(call, connection, Action.CREATE)
        request = decode_body(await call.body(), NewKey)
        if not is_name(request.name):
            raise Invalid("The key needs a name.", validations=[Violation("name", "must be a name of letters, digits and single hyphens")])
        secret = new_secret()
        id = str(uuid.uuid4())
        if not await add_key(connection, id, organization_id, request.name, {**request.tags, **_TAGS}, secret_digest(secret)):
            raise NameTaken(f"The organization has a provisioner key named {request.name!r}.", validations=[Violation("name", "is taken")])
    return json_response({"key": secret}, 201)


async def list_keys(call: Call) -> web.Response:
    """The organization's keys without their secrets, newest first."""
    async with call.pool.connection() as connection:
        organization_id = await _administered(call, connection, Action.READ)
        return json_response([_document(key) for key in await organization_keys(connection, organization_id)])


async def delete_key(call: Call) -> web.Response:
    """Whoever uses the key is turned away from the next request on."""
    async with call.pool.connection() as connection:
        organization_id = await _administered(call, connection, Action.DELETE)
        if not await remove_key(connection, organization_id, call.path["provisionerkey"]):
            raise NotFound
    return no_content()


def _document(key: ProvisionerKey) -> dict[str, Any]:
    return {
        "created_at": rfc3339(key.created_at),
        "id": key.id,
        "name": key.name,
        "organization": key.organization_id,
        "tags": key.tags,
    }


def _route(method: str, below: str, handler: Handler, action: str, summary: str, responses: Mapping[int, Body], request: Body) -> Route:
    return Route(
        method,
        f"/organizations/{{organization}}/provisionerkeys{below}",
        handler,
        access=Access.SESSION,
        permission=f"provisioner_daemon:{action} in the organization; else 403 to readers, 404 to others",
        summary=summary,
        request=request,
        responses=responses,
        tag="Provisioning",
    )


ROUTES: tuple[Route, ...] = (
    _route(
        "POST", "", create_key, "create", "Make a provisioner key", {201: "CreateProvisionerKeyResponse"}, "CreateProvisionerKeyRequest"
    ),
    _route("GET", "", list_keys, "read", "List provisioner keys", {200: ["ProvisionerKey"]}, None),
    _route("DELETE", "/{provisionerkey}", delete_key, "delete", "End a provisioner key", {204: None}, None),
)
