"""The form of a version, judged as it is filled in: once, or over a socket (contract/lifecycle.md A5).

Parameters are static here, so the form of one version always has the same fields; values and diagnostics change.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import WSCloseCode, WSMsgType, web
from psycopg import AsyncConnection

from domain.kernel.errors import DomainError, Invalid, Violation
from domain.kernel.ids import NIL
from domain.kernel.spellings import uuid_text
from domain.templates.preview import diagnostic, preview
from domain.templates.values import RichParameter
from projections.users.queries import user_by_id
from service.http.call import Call
from service.http.fields import INT64, TEXT, UUID_TEXT, map_of, wire
from service.http.parsing import decode_body
from service.http.responses import json_response
from service.http.routing import Access, Parameter, Protocol, Route, Stream
from service.http.template_access import plan_in_path
from service.http.version_details import refuse_while_importing
from service.watch.websocket import accept, check_upgrade

_TAG = "Templates"
_OPEN_SECONDS = 30 * 60.0
_FIRST_ID = -1


@dataclass(frozen=True, slots=True)
class FormRequest:
    """`DynamicParametersRequest`; the nil owner stands for none."""

    id: int = wire(INT64)
    inputs: Mapping[str, str] = wire(map_of(TEXT))
    owner_id: str = wire(UUID_TEXT)


class Form:
    """The form of one version. Remembers whose workspace it is for, existing or not."""

    def __init__(self, call: Call, plan: Mapping[str, Any] | None, owner_id: str) -> None:
        self._call = call
        self._parameters: Sequence[RichParameter] = tuple(RichParameter.from_dict(p) for p in plan["parameters"]) if plan else ()
        self._owner_id = owner_id
        self._is_known: bool | None = None

    async def answer(self, id: int, inputs: Mapping[str, str], owner_id: str = NIL) -> dict[str, Any]:
        """The form with these inputs, as DynamicParametersResponse; an owner once given stays."""
        if owner_id not in (NIL, self._owner_id):
            self._owner_id, self._is_known = owner_id, None
        if self._is_known is None:
            async with self._call.pool.connection() as connection:
                self._is_known = await _exists(connection, self._owner_id)
        if not self._is_known:
            unknown = diagnostic("The owner of the workspace does not exist.", f"There is no user {self._owner_id}.", "owner_not_found")
            return {"diagnostics": [unknown], "id": id, "parameters": None}
        return {"diagnostics": [], "id": id, "parameters": preview(self._parameters, inputs)}


async def _exists(connection: AsyncConnection[Any], user_id: str) -> bool:
    person = await user_by_id(connection, user_id)
    return person is not None and not person.deleted


async def evaluate(call: Call) -> web.Response:
    """The form with the given inputs, once; the answer's id is always 0."""
    version = await plan_in_path(call)
    request = decode_body(await call.body(), FormRequest)
    refuse_while_importing(version)
    return json_response(await Form(call, version["plan"], NIL).answer(0, request.inputs, request.owner_id))


async def converse(call: Call) -> web.StreamResponse:
    """The form over a socket: at once with its defaults, then once for each message of the client."""
    version = await plan_in_path(call)
    owner_id = _owner(call)
    refuse_while_importing(version)
    check_upgrade(call.request)
    form = Form(call, version["plan"], owner_id)
    services = call.services
    socket = await accept(call.request, services.settings.watch_ping_seconds, services.positions.current)
    stopping = asyncio.ensure_future(services.stopping.wait())
    talking = asyncio.ensure_future(_talk(socket, form))
    try:
        done, _ = await asyncio.wait((stopping, talking), timeout=_OPEN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if talking not in done:
            is_stopping = stopping in done
            code = WSCloseCode.GOING_AWAY if is_stopping else WSCloseCode.OK
            await socket.close(code=code, message=b"the service is stopping" if is_stopping else b"the form was open for too long")
    finally:
        for task in (stopping, talking):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await task
    return socket


async def _talk(socket: web.WebSocketResponse, form: Form) -> None:
    await _send(socket, await form.answer(_FIRST_ID, {}))
    async for received in socket:
        if received.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            continue
        raw = received.data if isinstance(received.data, bytes) else received.data.encode()
        try:
            request = decode_body(raw, FormRequest)
        except DomainError as refusal:
            # A started stream has no status left to refuse with: the close says why.
            await socket.close(code=WSCloseCode.INVALID_TEXT, message=refusal.message.encode()[:120])
            return
        await _send(socket, await form.answer(request.id, request.inputs, request.owner_id))


async def _send(socket: web.WebSocketResponse, document: Mapping[str, Any]) -> None:
    await socket.send_str(orjson.dumps(document).decode())


def _owner(call: Call) -> str:
    """`user_id`: `me` (also when absent or empty) or a UUID. Raises `Invalid`."""
    text = call.request.query.get("user_id") or "me"
    if text == "me":
        return call.caller.user_id
    try:
        return uuid_text(text)
    except ValueError:
        violation = Violation("user_id", f"{text[:40]!r} is neither a UUID nor me")
        raise Invalid("Query parameters have invalid values.", validations=[violation]) from None


_PATH = "/templateversions/{templateversion}/dynamic-parameters"
_READ = "template:read on its template (without template: on all of the organization's)"

ROUTES = (
    Route(
        "POST",
        f"{_PATH}/evaluate",
        evaluate,
        Access.SESSION,
        _READ,
        "Judge the form of a version once",
        request="DynamicParametersRequest",
        responses={200: "DynamicParametersResponse"},
        tag=_TAG,
    ),
    Route(
        "GET",
        _PATH,
        converse,
        Access.SESSION,
        _READ,
        "Judge the form of a version as it is filled in",
        responses={101: None},
        query=(Parameter("user_id", summary="Whose workspace it is for: a user's id, or `me`."),),
        tag=_TAG,
        stream=Stream(Protocol.WEBSOCKET, "DynamicParametersResponse", enveloped=False),
    ),
)
