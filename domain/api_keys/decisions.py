"""What may happen to sessions and tokens. Sources: contract/identity.md 2.4, 2.5, 3.2 and 4.

A key belongs to the password revision in which it was made: a changed password ends all keys without naming one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.api_keys.commands import CreateApiKey, DeleteApiKeys, ExpireApiKey, NoteFailedLogin, NotePasscodeRequest, RecordKeyUse, SignIn
from domain.api_keys.events import ApiKeyCreated, ApiKeyDeleted, ApiKeyExpirySet, ApiKeyUsed, LoginFailed, PasscodeRequested
from domain.api_keys.state import API_KEY, FAILED_LOGINS, ApiKey
from domain.api_keys.values import ACTIVITY_INTERVAL, SESSION, SESSION_LIFETIME, TOKEN
from domain.kernel.context import Context
from domain.kernel.decider import NOTHING, Append, Decision, append
from domain.kernel.errors import Forbidden, NameTaken, NotFound, Unauthenticated, Violation
from domain.kernel.events import Stream
from domain.kernel.ids import api_key_stream_id
from domain.reservations.values import Reservation, name_stream, release, reserve
from domain.users.values import UserStatus, seen, woken

TOKEN_NAME = "token"
BAD_LOGIN = "Incorrect email or password."
SUSPENDED = "Your account is suspended. Contact an admin to reactivate your account."


@dataclass(frozen=True, slots=True)
class Holder:
    """What decisions about keys must know of the person: from the state of their stream, which the append checks."""

    is_live: bool
    is_system: bool
    status: str
    password_revision: int


def stored_lifetime_seconds(lifetime: timedelta) -> int:
    """Whole seconds; none at all reads as a day (contract/identity.md 2.5)."""
    return int(lifetime.total_seconds()) or int(SESSION_LIFETIME.total_seconds())


def token_name_stream(user_id: str, password_revision: int, name: str) -> Stream:
    """The reservation of a token's name: per user, in this spelling, for as long as the revision's keys live."""
    return name_stream(TOKEN_NAME, user_id, str(password_revision), name)


def decide_sign_in(command: SignIn, holder: Holder, context: Context) -> Decision:
    """A session; a dormant person wakes. Raises `Unauthenticated` for a suspended or deleted one, or another password by now."""
    if not holder.is_live or holder.password_revision != command.password_revision:
        raise Unauthenticated(BAD_LOGIN)
    if holder.status == UserStatus.SUSPENDED:
        raise Unauthenticated(SUSPENDED)
    scopes, allow_list = ("coder:all",), ("*:*",)
    key = _created(command.key_id, command.user_id, SESSION, SESSION_LIFETIME, scopes, allow_list, "", holder, context, signed_in=True)
    return (key, woken(command.user_id)) if holder.status == UserStatus.DORMANT else (key,)


def decide_create_api_key(command: CreateApiKey, holder: Holder, name: Reservation, context: Context) -> Decision:
    """A key. Raises `Forbidden` for a system or deleted user, `NameTaken` when a token of theirs has the name."""
    if holder.is_system or not holder.is_live:
        raise Forbidden("Forbidden.", "API keys cannot be made for this user.")
    named: tuple[Append, ...] = ()
    if command.login_type == TOKEN:
        stream = token_name_stream(command.user_id, holder.password_revision, command.token_name)
        if name.holder is not None:
            message = f'A token with name "{command.token_name}" already exists.'
            raise NameTaken(message, validations=[Violation("name", "This value is already in use and should be unique.")])
        named = (reserve(stream, TOKEN_NAME, api_key_stream_id(command.key_id)),)
    made = _created(
        command.key_id,
        command.user_id,
        command.login_type,
        command.lifetime,
        command.scopes,
        command.allow_list,
        command.token_name,
        holder,
        context,
    )
    return (made, *named)


def decide_record_use(command: RecordKeyUse, key: ApiKey, holder: Holder, context: Context) -> Decision:
    """What a use changes: last use and sliding expiry once an hour, and a dormant person wakes at once."""
    if not holder.is_live or not is_in_force(key, holder) or holder.status == UserStatus.SUSPENDED:
        return NOTHING
    expires_at = slid(key, context.time)
    is_due = key.used_at is None or context.time - key.used_at > ACTIVITY_INTERVAL or expires_at != key.expires_at
    is_dormant = holder.status == UserStatus.DORMANT
    if not is_due and not is_dormant:
        return NOTHING
    used = append(API_KEY.stream(api_key_stream_id(command.key_id)), ApiKeyUsed(command.key_id, command.user_id, expires_at))
    return (used, seen(command.user_id, is_dormant=is_dormant))


def slid(key: ApiKey, now: datetime) -> datetime:
    """When the key ends if it is used `now`: sessions slide by their lifetime, tokens never."""
    assert key.expires_at is not None, "a key that exists has an end"
    lifetime = timedelta(seconds=key.lifetime_seconds)
    if key.login_type == TOKEN or key.expires_at - now > lifetime - ACTIVITY_INTERVAL:
        return key.expires_at
    return now + lifetime


def decide_expire(command: ExpireApiKey, key: ApiKey, holder: Holder, context: Context) -> Decision:
    """The key ends now; one that has ended stays as it is. Raises `NotFound`."""
    if not is_in_force(key, holder):
        raise NotFound
    if key.expires_at is not None and key.expires_at <= context.time:
        return NOTHING
    event = ApiKeyExpirySet(command.key_id, key.user_id, context.time)
    return (append(API_KEY.stream(api_key_stream_id(command.key_id)), event),)


def decide_delete_api_keys(command: DeleteApiKeys, keys: Sequence[tuple[str, ApiKey, Holder]], context: Context) -> Decision:
    """Revoke keys, given with ids and holders; those that are gone already are passed over. A token's name is free again."""
    decision: list[Append] = []
    for key_id, key, holder in keys:
        if not is_in_force(key, holder):
            continue
        stream_id = api_key_stream_id(key_id)
        decision.append(append(API_KEY.stream(stream_id), ApiKeyDeleted(key_id, key.user_id, key_id == command.signed_out)))
        if key.login_type == TOKEN:
            decision.append(release(token_name_stream(key.user_id, key.password_revision, key.token_name), TOKEN_NAME, stream_id))
    return tuple(decision)


def decide_note_failed_login(command: NoteFailedLogin, stream_id: str, context: Context) -> Decision:
    """Nothing but the note."""
    return (append(FAILED_LOGINS.stream(stream_id), LoginFailed(command.user_id, command.reason)),)


def decide_note_passcode_request(command: NotePasscodeRequest, stream_id: str, _context: Context) -> Decision:
    """The same."""
    return (append(FAILED_LOGINS.stream(stream_id), PasscodeRequested(command.user_id)),)


def is_in_force(key: ApiKey, holder: Holder) -> bool:
    """Whether the key was made, not deleted, and not ended by a changed password or the end of its person; it may have expired."""
    return bool(key.user_id) and not key.is_deleted and holder.is_live and key.password_revision == holder.password_revision


def _created(
    key_id: str,
    user_id: str,
    login_type: str,
    lifetime: timedelta,
    scopes: Sequence[str],
    allow_list: Sequence[str],
    token_name: str,
    holder: Holder,
    context: Context,
    *,
    signed_in: bool = False,
) -> Append:
    event = ApiKeyCreated(
        key_id,
        user_id,
        login_type,
        list(scopes),
        list(allow_list),
        token_name,
        stored_lifetime_seconds(lifetime),
        context.time + lifetime,
        holder.password_revision,
        signed_in,
    )
    return append(API_KEY.stream(api_key_stream_id(key_id)), event)
