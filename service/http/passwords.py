"""Passwords: changed, judged, asked for by whoever forgot one (contract/identity.md 3 and 3.3)."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from domain.api_keys.commands import NotePasscodeRequest
from domain.kernel.errors import Forbidden, Invalid, NotFound, Violation
from domain.roles import objects
from domain.roles.builtin import SiteRole
from domain.roles.permissions import Action
from domain.roles.policy import allows
from domain.users.commands import ChangePassword
from domain.users.values import LoginType
from projections.users.queries import user_by_email
from projections.users.render import UserRow
from service.auth.password_strength import weakness
from service.auth.secrets import password_hash_written, stored_password
from service.http.call import Call
from service.http.fields import TEXT, wire
from service.http.limits import limit_sign_ins
from service.http.parsing import decode_body
from service.http.people import path_user, user_in_path
from service.http.responses import json_response, no_content
from service.http.routing import Access, Route
from service.http.rules import EMAIL, REQUIRED
from service.http.sessions import verified_login


@dataclass(frozen=True, slots=True)
class PasswordRequest:
    """`old_password` may be left out by whoever changes somebody else's."""

    old_password: str = wire(TEXT)
    password: str = wire(TEXT, REQUIRED)


@dataclass(frozen=True, slots=True)
class JudgedPassword:
    """A password that somebody thinks of using."""

    password: str = wire(TEXT, REQUIRED)


@dataclass(frozen=True, slots=True)
class PasscodeRequest:
    """Where a one-time passcode is to go."""

    email: str = wire(TEXT, REQUIRED, EMAIL)


@dataclass(frozen=True, slots=True)
class PasscodePassword:
    """Another password, on the strength of a one-time passcode."""

    email: str = wire(TEXT, REQUIRED, EMAIL)
    password: str = wire(TEXT, REQUIRED)
    one_time_passcode: str = wire(TEXT, REQUIRED)


@dataclass(frozen=True, slots=True)
class ConversionRequest:
    """Another way to sign in."""

    to_type: str = wire(TEXT, REQUIRED)
    password: str = wire(TEXT, REQUIRED)


async def change(call: Call) -> web.Response:
    """Another password; all keys of the person end, the caller's own included."""
    limit_sign_ins(call)
    async with call.pool.connection() as connection:
        user = await path_user(call, connection)
        if not allows(call.caller.subject, Action.UPDATE_PERSONAL, objects.user(user.id)):
            raise NotFound  # before the body is looked at: nobody probes passwords of people they merely see
        stored = await stored_password(connection, user.id)
    request = decode_body(await call.body(), PasswordRequest)
    _check_may_change(call, user, request)
    passwords = call.services.passwords
    if request.old_password and not await passwords.verify(request.old_password, stored.hash):
        raise Invalid("Old password is incorrect.", validations=[Violation("old_password", "Old password is incorrect.")])
    # The old password was right, so only the same one again equals the stored one.
    is_same = request.password == request.old_password if request.old_password else await passwords.verify(request.password, stored.hash)
    if is_same:
        raise Invalid("New password cannot match old password.")
    if not allows(call.caller.subject, Action.DELETE, objects.api_key(id="", owner_id=user.id)):
        raise Forbidden
    hash = await passwords.hash(request.password)
    await call.execute(ChangePassword(user.id, stored.revision), side_writes=(password_hash_written(user.id, hash, stored.revision + 1),))
    return no_content()


def _check_may_change(call: Call, user: UserRow, request: PasswordRequest) -> None:
    caller = call.caller
    is_own = caller.user_id == user.id
    if SiteRole.OWNER in user.roles and not is_own and SiteRole.OWNER not in caller.site_roles:
        raise Invalid("Only owners can change the password of an owner.")
    if user.login_type != LoginType.PASSWORD:
        raise Invalid("Users without password login type cannot change their password.")
    if is_own and not request.old_password:
        raise Invalid("Old password is required.")
    reason = weakness(request.password)
    if reason:
        raise Invalid("Invalid password.", validations=[Violation("password", reason)])


async def judge(call: Call) -> web.Response:
    """Whether a password would do, and if not, why."""
    limit_sign_ins(call)
    reason = weakness(decode_body(await call.body(), JudgedPassword).password)
    return json_response({"valid": not reason, "details": reason})


async def request_passcode(call: Call) -> web.Response:
    """The same answer for every address, and auditors are told of each. This service sends no mail, so no passcode is ever made."""
    limit_sign_ins(call)
    request = decode_body(await call.body(), PasscodeRequest)
    async with call.pool.connection() as connection:
        user = await user_by_email(connection, request.email)
    user_id = user.id if user is not None else None
    context = call.context
    await call.execute(NotePasscodeRequest(user_id or context.ip or "unknown", context.time.date().isoformat(), user_id))
    return no_content()


async def change_by_passcode(call: Call) -> web.Response:
    """No passcode is ever right, because none was ever sent."""
    limit_sign_ins(call)
    request = decode_body(await call.body(), PasscodePassword)
    reason = weakness(request.password)
    if reason:
        raise Invalid("Invalid password.", validations=[Violation("password", reason)])
    raise Invalid("Incorrect email or one-time passcode.")


async def login_type(call: Call) -> web.Response:
    """How the caller signs in; nobody else's is told."""
    user = await user_in_path(call)
    if user.id != call.caller.user_id:
        raise Forbidden
    return json_response({"login_type": user.login_type})


async def convert_login(call: Call) -> web.Response:
    """Refused once the password was right: no other way to sign in is configured."""
    limit_sign_ins(call)
    user = await user_in_path(call)
    request = decode_body(await call.body(), ConversionRequest)
    if user.id != call.caller.user_id:
        raise Forbidden
    await verified_login(call, user.email, request.password)
    if request.to_type not in (LoginType.GITHUB, LoginType.OIDC):
        raise Invalid("Conversion is possible to github and oidc only.", validations=[Violation("to_type", "Must be github or oidc.")])
    raise Invalid(f'Signing in with "{request.to_type}" is not configured.', validations=[Violation("to_type", "Not configured.")])


_TAG = "Passwords"
_OWN = "the user themselves"

ROUTES = (
    Route(
        "PUT",
        "/users/{user}/password",
        change,
        access=Access.SESSION,
        permission="user:update_personal; api_key:delete on the user's keys",
        summary="Change a password",
        request="UpdateUserPasswordRequest",
        responses={204: None},
        tag=_TAG,
    ),
    Route(
        "POST",
        "/users/validate-password",
        judge,
        access=Access.OPTIONAL,
        permission="none",
        summary="Judge a password",
        request="ValidateUserPasswordRequest",
        responses={200: "ValidateUserPasswordResponse"},
        tag=_TAG,
    ),
    Route(
        "POST",
        "/users/otp/request",
        request_passcode,
        access=Access.OPTIONAL,
        permission="none",
        summary="Ask for a one-time passcode",
        request="RequestOneTimePasscodeRequest",
        responses={204: None},
        tag=_TAG,
    ),
    Route(
        "POST",
        "/users/otp/change-password",
        change_by_passcode,
        access=Access.OPTIONAL,
        permission="a one-time passcode",
        summary="Change a password by passcode",
        request="ChangePasswordWithOneTimePasscodeRequest",
        responses={204: None},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/users/{user}/login-type",
        login_type,
        access=Access.SESSION,
        permission=_OWN,
        summary="Get the own login type",
        responses={200: "UserLoginType"},
        tag=_TAG,
    ),
    Route(
        "POST",
        "/users/{user}/convert-login",
        convert_login,
        access=Access.SESSION,
        permission=_OWN,
        summary="Change the own login type",
        request="ConvertLoginRequest",
        responses={201: "OAuthConversionResponse"},
        tag=_TAG,
    ),
)
