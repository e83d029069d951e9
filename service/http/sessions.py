"""How a session begins and ends: the first user, signing in, signing out (contract/identity.md 3)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from aiohttp import web

from domain.api_keys.commands import DeleteApiKeys, NoteFailedLogin, SignIn
from domain.api_keys.decisions import BAD_LOGIN, SUSPENDED
from domain.kernel.errors import Conflict, Forbidden, NotFound, Unauthenticated
from domain.users.values import LoginType, UserStatus
from projections.api_keys.queries import application_keys
from projections.users.queries import anybody, user_by_email
from projections.users.render import UserRow
from service.auth.first_user import create_first_user
from service.auth.secrets import StoredPassword, digest_written, stored_password
from service.auth.tokens import SESSION_COOKIE, new_token
from service.http.call import Call
from service.http.fields import FLAG, TEXT, wire
from service.http.limits import limit_sign_ins
from service.http.parsing import decode_body
from service.http.responses import json_response, message
from service.http.routing import Access, Route
from service.http.rules import EMAIL, REQUIRED, USER_REAL_NAME, USERNAME
from service.store.group_commit import Busy

_YEAR_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class FirstUserRequest:
    """`trial` and what belongs to it are read and ignored: nothing is licensed here."""

    email: str = wire(TEXT, REQUIRED, EMAIL)
    username: str = wire(TEXT, REQUIRED, USERNAME)
    name: str = wire(TEXT, USER_REAL_NAME)
    password: str = wire(TEXT, REQUIRED)
    trial: bool = wire(FLAG)


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """Who signs in, and with what."""

    email: str = wire(TEXT, REQUIRED, EMAIL)
    password: str = wire(TEXT, REQUIRED)


async def sign_in_methods(_call: Call) -> web.Response:
    """Passwords, and nothing else."""
    return json_response(
        {
            "password": {"enabled": True},
            "github": {"enabled": False, "default_provider_configured": False},
            "oidc": {"enabled": False, "signInText": "", "iconUrl": ""},
        }
    )


async def first_user(call: Call) -> web.Response:
    """Whether the deployment was founded."""
    async with call.pool.connection() as connection:
        exists = await anybody(connection)
    if not exists:
        raise NotFound("The initial user has not been created!")
    return message("The initial user has already been created!")


async def create_first(call: Call) -> web.Response:
    """Found the deployment."""
    request = decode_body(await call.body(), FirstUserRequest)
    async with call.pool.connection() as connection:
        if await anybody(connection):
            raise Conflict("The initial user has already been created.")
    services = call.services
    founded = await create_first_user(
        services.bus,
        services.passwords,
        call.context,
        email=request.email,
        username=request.username,
        name=request.name,
        password=request.password,
    )
    await call.shown(founded.position)
    return json_response({"user_id": founded.user_id, "organization_id": founded.organization_id}, 201)


async def login(call: Call) -> web.Response:
    """Sign in with address and password; whoever fails learns nothing about the account."""
    limit_sign_ins(call)
    request = decode_body(await call.body(), LoginRequest)
    limit_sign_ins(call, account=request.email)
    user, password = await verified_login(call, request.email, request.password)
    token = new_token()
    sign_in = SignIn(token.id, user.id, password.revision)
    await call.execute(sign_in, context=call.acting_as(user.id), side_writes=(digest_written(user.id, token),))
    response = json_response({"session_token": token.text}, 201)
    response.set_cookie(
        SESSION_COOKIE,
        token.text,
        path="/",
        max_age=_YEAR_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=call.services.access_url.startswith("https:"),
    )
    return response


async def verified_login(call: Call, email: str, password: str) -> tuple[UserRow, StoredPassword]:
    """The person whose password this is. Raises `Unauthenticated` or `Forbidden` and leaves a note of the attempt."""
    async with call.pool.connection() as connection:
        user = await user_by_email(connection, email)
        stored = await stored_password(connection, user.id) if user is not None else StoredPassword()
    is_right = await call.services.passwords.verify(password, stored.hash)
    if user is None or not is_right:
        await _note_failure(call, user, "password" if user is not None else "address")
        raise Unauthenticated(BAD_LOGIN)
    if user.login_type != LoginType.PASSWORD:
        await _note_failure(call, user, "login type")
        raise Forbidden(f'Incorrect login type, attempting to use "password" but user is of login type "{user.login_type}"', "")
    if user.status == UserStatus.SUSPENDED:
        await _note_failure(call, user, "suspended")
        raise Unauthenticated(SUSPENDED)
    return user, stored


async def _note_failure(call: Call, user: UserRow | None, reason: str) -> None:
    context = call.context
    subject = user.id if user is not None else context.ip or "unknown"
    note = NoteFailedLogin(subject, context.time.date().isoformat(), user.id if user is not None else None, reason)
    outcome = await call.services.bus.execute(note, context)
    with contextlib.suppress(Busy):  # whoever is refused is told so, whether auditors can see it yet or not
        await call.shown(outcome.position)


async def logout(call: Call) -> web.Response:
    """End the key that was used, and those that only open applications."""
    caller = call.caller
    async with call.pool.connection() as connection:
        others = await application_keys(connection, caller.user_id)
    await call.execute(DeleteApiKeys(tuple(dict.fromkeys((caller.key_id, *others))), signed_out=caller.key_id))
    response = message("Logged out!")
    response.set_cookie(SESSION_COOKIE, "", path="/", max_age=-1, httponly=True, samesite="Lax")
    return response


_TAG = "Sessions"

ROUTES = (
    Route(
        "GET",
        "/users/authmethods",
        sign_in_methods,
        access=Access.PUBLIC,
        permission="none",
        summary="Get the ways to sign in",
        responses={200: "AuthMethods"},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/users/first",
        first_user,
        access=Access.PUBLIC,
        permission="none",
        summary="Whether the first user exists",
        responses={200: "Response", 404: "Response"},
        tag=_TAG,
    ),
    Route(
        "POST",
        "/users/first",
        create_first,
        access=Access.PUBLIC,
        permission="none",
        summary="Create the first user",
        request="CreateFirstUserRequest",
        responses={201: "CreateFirstUserResponse"},
        tag=_TAG,
    ),
    Route(
        "POST",
        "/users/login",
        login,
        access=Access.OPTIONAL,
        permission="none",
        summary="Sign in with a password",
        request="LoginWithPasswordRequest",
        responses={201: "LoginWithPasswordResponse"},
        tag=_TAG,
    ),
    Route(
        "POST",
        "/users/logout",
        logout,
        access=Access.SESSION,
        permission="own session",
        summary="Sign out",
        responses={200: "Response"},
        tag=_TAG,
    ),
)
