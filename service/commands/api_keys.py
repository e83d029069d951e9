"""Commands about sessions and tokens: which streams they change, what their decisions are told."""

from __future__ import annotations

import uuid
from typing import Any

from domain.api_keys.commands import (
    CreateApiKey,
    DeleteApiKeys,
    ExpireApiKey,
    NoteFailedLogin,
    NotePasscodeRequest,
    RecordKeyUse,
    SignIn,
)
from domain.api_keys.decisions import (
    Holder,
    decide_create_api_key,
    decide_delete_api_keys,
    decide_expire,
    decide_note_failed_login,
    decide_note_passcode_request,
    decide_record_use,
    decide_sign_in,
    token_name_stream,
)
from domain.api_keys.state import API_KEY, FAILED_LOGINS
from domain.api_keys.values import TOKEN
from domain.kernel.context import Context
from domain.kernel.decider import Decision
from domain.kernel.ids import api_key_stream_id
from domain.reservations.values import RESERVATION, Reservation
from domain.users.state import USER
from service.commands.unit import CommandRoute, Unit
from service.store.append import SideWrite

_FAILED_LOGINS = uuid.UUID("6a1f3a52-8f0e-5d8a-9a37-3f7c1e4f5d10")


async def _holder(unit: Unit, user_id: str) -> Holder:
    """Held: a key is made, used or ended only while what is known of its person is true."""
    user = await unit.load(USER, user_id)
    return Holder(user.is_live, user.is_system, user.status, user.password_revision)


async def _sign_in(command: SignIn, unit: Unit, context: Context) -> Decision:
    return decide_sign_in(command, await _holder(unit, command.user_id), context)


async def _create(command: CreateApiKey, unit: Unit, context: Context) -> Decision:
    holder = await _holder(unit, command.user_id)
    name = Reservation()
    if command.login_type == TOKEN:
        name = await unit.load(RESERVATION, token_name_stream(command.user_id, holder.password_revision, command.token_name).id)
    return decide_create_api_key(command, holder, name, context)


async def _record_use(command: RecordKeyUse, unit: Unit, context: Context) -> Decision:
    key = await unit.load(API_KEY, api_key_stream_id(command.key_id))
    return decide_record_use(command, key, await _holder(unit, command.user_id), context)


async def _expire(command: ExpireApiKey, unit: Unit, context: Context) -> Decision:
    key = await unit.load(API_KEY, api_key_stream_id(command.key_id))
    return decide_expire(command, key, await _holder(unit, key.user_id) if key.user_id else _NOBODY, context)


async def _delete(command: DeleteApiKeys, unit: Unit, context: Context) -> Decision:
    keys = []
    for key_id in command.key_ids:
        key = await unit.load(API_KEY, api_key_stream_id(key_id))
        keys.append((key_id, key, await _holder(unit, key.user_id) if key.user_id else _NOBODY))
        if key.login_type == TOKEN:
            await unit.load(RESERVATION, token_name_stream(key.user_id, key.password_revision, key.token_name).id)
    unit.write(SideWrite("DELETE FROM api_key_digests WHERE key_id = ANY(%s)", (list(command.key_ids),)))
    return decide_delete_api_keys(command, keys, context)


async def _note_failed_login(command: NoteFailedLogin, unit: Unit, context: Context) -> Decision:
    stream_id = failed_logins_stream_id(command.subject, command.day)
    await unit.load(FAILED_LOGINS, stream_id)
    return decide_note_failed_login(command, stream_id, context)


async def _note_passcode_request(command: NotePasscodeRequest, unit: Unit, context: Context) -> Decision:
    stream_id = failed_logins_stream_id(command.subject, command.day)
    await unit.load(FAILED_LOGINS, stream_id)
    return decide_note_passcode_request(command, stream_id, context)


def failed_logins_stream_id(subject: str, day: str) -> str:
    """The stream of one account's (or address') failed logins of a day, `YYYY-MM-DD`: short, however long an attack lasts."""
    return str(uuid.uuid5(_FAILED_LOGINS, f"{subject}|{day}"))


_NOBODY = Holder(False, False, "", 0)

COMMANDS: tuple[CommandRoute[Any], ...] = (
    CommandRoute(SignIn, lambda c: (api_key_stream_id(c.key_id), c.user_id), _sign_in),
    CommandRoute(CreateApiKey, lambda c: (api_key_stream_id(c.key_id), c.user_id), _create),
    CommandRoute(RecordKeyUse, lambda c: (api_key_stream_id(c.key_id), c.user_id), _record_use),
    CommandRoute(ExpireApiKey, lambda c: (api_key_stream_id(c.key_id),), _expire),
    CommandRoute(DeleteApiKeys, lambda c: tuple(api_key_stream_id(k) for k in c.key_ids), _delete),
    CommandRoute(NoteFailedLogin, lambda c: (failed_logins_stream_id(c.subject, c.day),), _note_failed_login),
    CommandRoute(NotePasscodeRequest, lambda c: (failed_logins_stream_id(c.subject, c.day),), _note_passcode_request),
)
