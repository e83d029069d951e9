"""Session keys and tokens: made, shown without their secrets, ended (contract/identity.md 4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from domain.api_keys.commands import CreateApiKey, DeleteApiKeys, ExpireApiKey
from domain.api_keys.values import DEFAULT_TOKEN_LIFETIME, SESSION, TOKEN, max_token_lifetime
from domain.kernel.errors import Forbidden, Invalid, NotFound
from domain.roles import allow_list, objects, scopes
from domain.roles.builtin import SiteRole
from domain.roles.permissions import Action
from domain.roles.policy import allows
from projections.api_keys.queries import key_by_id, token_by_name, tokens
from projections.api_keys.render import ApiKeyRow, api_key_document, owned_api_key_document
from projections.queryvalues import FLAG
from projections.users.render import UserRow
from service.auth.secrets import digest_written
from service.auth.token_names import random_token_name
from service.auth.tokens import new_token
from service.http.call import Call
from service.http.fields import INT64, TEXT, list_of, wire
from service.http.parsing import decode_body
from service.http.people import path_user, user_in_path
from service.http.queries import QueryReader
from service.http.responses import json_response, no_content
from service.http.routing import Access, Body, Handler, Parameter, Route

_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """`lifetime` in nanoseconds, 0 for the default; `scopes` win over the single `scope` of old clients."""

    lifetime: int = wire(INT64)
    scope: str = wire(TEXT)
    scopes: tuple[str, ...] = wire(list_of(TEXT))
    token_name: str = wire(TEXT)
    allow_list: tuple[str, ...] = wire(list_of(TEXT))


async def create_session_key(call: Call) -> web.Response:
    """A further session key, as if signed in, that lives as long as a token does by default."""
    user = await user_in_path(call)
    return await _created(call, user, SESSION, DEFAULT_TOKEN_LIFETIME, (scopes.ALL,), ("*:*",), "")


async def create_token(call: Call) -> web.Response:
    """A token for programs; its text is shown this once."""
    user = await user_in_path(call)
    request = decode_body(await call.body(), TokenRequest)
    wanted = scopes.requested(request.scopes, request.scope)
    allowed = tuple(str(entry) for entry in allow_list.requested(request.allow_list))
    longest = max_token_lifetime(SiteRole.OWNER in user.roles)
    if request.lifetime < 0 or request.lifetime > _nanoseconds(longest):
        detail = (
            "lifetime must be positive"
            if request.lifetime < 0
            else f"lifetime must be less than {int(longest.total_seconds()) // 3600} hours"
        )
        raise Invalid("Failed to validate create API key request.", detail)
    lifetime = timedelta(microseconds=request.lifetime // 1000) if request.lifetime else min(DEFAULT_TOKEN_LIFETIME, longest)
    return await _created(call, user, TOKEN, lifetime, wanted, allowed, request.token_name or random_token_name())


async def _created(
    call: Call, user: UserRow, login_type: str, lifetime: timedelta, wanted: tuple[str, ...], allowed: tuple[str, ...], name: str
) -> web.Response:
    if not allows(call.caller.subject, Action.CREATE, objects.api_key(id="", owner_id=user.id)):
        raise Forbidden
    token = new_token()
    command = CreateApiKey(token.id, user.id, login_type, lifetime, wanted, allowed, name)
    await call.execute(command, side_writes=(digest_written(user.id, token),))
    return json_response({"key": token.text}, 201)


async def index(call: Call) -> web.Response:
    """Tokens of a person or, with `include_all`, of everybody whose tokens the caller may read; null when there are none."""
    reader = QueryReader(call.request.query)
    include_all = reader.read("include_all", FLAG)
    include_expired = reader.read("include_expired", FLAG)
    async with call.pool.connection() as connection:
        user = await path_user(call, connection)
        reader.check()
        alive_at = None if include_expired else call.context.time
        rows = await tokens(connection, None if include_all else user.id, alive_at=alive_at)
    subject = call.caller.subject
    shown = [
        owned_api_key_document(row, shows_owner=allows(subject, Action.READ, objects.user(row.user_id)))
        for row in rows
        if _may(call, Action.READ, row)
    ]
    return json_response(shown or None)


async def token_config(call: Call) -> web.Response:
    """How long a token of this person may live, in nanoseconds."""
    user = await user_in_path(call)
    return json_response({"max_token_lifetime": _nanoseconds(max_token_lifetime(SiteRole.OWNER in user.roles))})


async def show_by_name(call: Call) -> web.Response:
    """A token by its name."""
    async with call.pool.connection() as connection:
        user = await path_user(call, connection)
        row = await token_by_name(connection, user.id, _storable(call.path["keyname"]))
    return json_response(api_key_document(_required(row, lambda key: _may(call, Action.READ, key))))


async def show(call: Call) -> web.Response:
    """A key by its public id; it need not belong to the person of the path."""
    return json_response(api_key_document(await key_in_path(call, Action.READ)))


async def delete(call: Call) -> web.Response:
    """Revoke a key, ended ones too."""
    row = await key_in_path(call, Action.DELETE)
    await call.execute(DeleteApiKeys((row.id,)))
    return no_content()


async def expire(call: Call) -> web.Response:
    """End a key now and keep it to look at."""
    row = await key_in_path(call, Action.UPDATE)
    await call.execute(ExpireApiKey(row.id))
    return no_content()


async def external_scopes(_call: Call) -> web.Response:
    """The scope names that a token may ask for."""
    return json_response({"external": list(scopes.EXTERNAL)})


async def key_in_path(call: Call, action: Action) -> ApiKeyRow:
    """The key of the path, to which the caller may do `action`. Raises `NotFound`, whether it is absent or not to be known of."""
    async with call.pool.connection() as connection:
        await path_user(call, connection)
        row = await key_by_id(connection, _storable(call.path["keyid"]))
    return _required(row, lambda key: _may(call, action, key))


def _required(row: ApiKeyRow | None, may: Callable[[ApiKeyRow], bool]) -> ApiKeyRow:
    if row is None or not may(row):
        raise NotFound
    return row


def _may(call: Call, action: Action, row: ApiKeyRow) -> bool:
    return allows(call.caller.subject, action, objects.api_key(id=row.id, owner_id=row.user_id))


def _storable(text: str) -> str:
    if "\0" in text:
        raise NotFound
    return text


def _nanoseconds(span: timedelta) -> int:
    return int(span.total_seconds()) * _NANOSECONDS


_TAG = "Keys"
_KEYS = "/users/{user}/keys"
_FLAGS = (
    Parameter("include_all", "bool", "Those of everybody.", default=False),
    Parameter("include_expired", "bool", "Those that have ended, too.", default=False),
)


def _route(
    method: str,
    path: str,
    handler: Handler,
    permission: str,
    summary: str,
    responses: dict[int, Body],
    *,
    query: tuple[Parameter, ...] = (),
    request: str | None = None,
) -> Route:
    return Route(method, path, handler, Access.SESSION, permission, summary, request=request, responses=responses, query=query, tag=_TAG)


_CREATE, _READ = "user:read; api_key:create on the user's keys", "user:read; api_key:read"

# Fixed segments stand before the key's id: the first row that matches is taken.
ROUTES = (
    _route("POST", _KEYS, create_session_key, _CREATE, "Create a session key", {201: "GenerateAPIKeyResponse"}),
    _route(
        "POST", f"{_KEYS}/tokens", create_token, _CREATE, "Create a token", {201: "GenerateAPIKeyResponse"}, request="CreateTokenRequest"
    ),
    _route("GET", f"{_KEYS}/tokens", index, _READ + " per row", "List tokens", {200: "[APIKeyWithOwner]|null"}, query=_FLAGS),
    _route("GET", f"{_KEYS}/tokens/tokenconfig", token_config, "user:read", "Get the longest lifetime of tokens", {200: "TokenConfig"}),
    _route("GET", f"{_KEYS}/tokens/{{keyname}}", show_by_name, _READ, "Get a token by name", {200: "APIKey"}),
    _route("GET", f"{_KEYS}/{{keyid}}", show, _READ, "Get a key", {200: "APIKey"}),
    _route("DELETE", f"{_KEYS}/{{keyid}}", delete, "user:read; api_key:delete", "Delete a key", {204: None}),
    _route("PUT", f"{_KEYS}/{{keyid}}/expire", expire, "user:read; api_key:update", "End a key", {204: None}),
    Route(
        "GET",
        "/auth/scopes",
        external_scopes,
        access=Access.PUBLIC,
        permission="none",
        summary="List the scopes that tokens may have",
        responses={200: "ExternalAPIKeyScopes"},
        tag=_TAG,
    ),
)
