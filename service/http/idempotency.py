"""`Idempotency-Key`: the same change asked for twice is made once and answered twice (design.md 7).

Keys belong to a caller and a path. The first outcome is kept for a day, refusals by the rules too; what is no outcome is not:
a service that was busy, a missing sign-in, too many requests, a bug. A request with a key is carried out to its end even when
its client has gone, since the client will ask again.

If a process dies between making a change and keeping its answer, the answer is rendered again: the handler runs once more with
the stored outcome in place of its command. Where that cannot give the first answer (it held a secret, or what it showed is
gone), the answer says plainly that the change was made.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Awaitable
from typing import TYPE_CHECKING

import orjson
import psycopg
from aiohttp import web
from psycopg_pool import PoolTimeout

from domain.kernel.errors import Conflict, DomainError, Invalid, TooMany, Unauthenticated, Unprocessable
from service.http.errors import error_response, status_of
from service.http.responses import json_response
from service.provisioner.archive import MAX_BYTES
from service.store.group_commit import Busy
from service.store.kept_answers import Claim, Kept, KeptAnswers, KeyedRequest, KeyReused, StillRunning

if TYPE_CHECKING:
    from service.http.call import Call
    from service.http.routing import Handler

log = logging.getLogger(__name__)

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
#: Refusals that say nothing about the request itself: the same one may succeed in a moment.
_TRANSIENT = (Busy, TooMany, Unauthenticated)
#: Answers that hold a secret which is stored nowhere else: nobody can render them again.
_SECRET = frozenset({"GenerateAPIKeyResponse", "CreateProvisionerKeyResponse", "Webhook"})
#: By what those who are not signed in as a person are told apart.
_CREDENTIALS = ("Coder-Session-Token", "Authorization", "Coder-Provisioner-Daemon-Key", "Coder-Provisioner-Daemon-PSK")

_carried_out: set[asyncio.Task[web.StreamResponse]] = set()


def once_per_key(handler: Handler) -> Handler:
    """`handler`, made to look at the key if the request has one."""

    async def keyed(call: Call) -> web.StreamResponse:
        if HEADER not in call.request.headers:
            return await handler(call)
        return await _once(call, handler)

    return keyed


async def _once(call: Call, handler: Handler) -> web.StreamResponse:
    keys = call.request.headers.getall(HEADER)
    if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        raise Invalid(f"{HEADER} is not valid.", "It must be 1 to 255 visible characters, without spaces, and given once.")
    answers = call.services.answers
    body = await call.keep_body(MAX_BYTES)
    request = call.request
    content = b"\n".join((request.headers.get("Content-Type", "").encode(errors="surrogateescape"), request.query_string.encode(), body))
    try:
        claim = await answers.claim(KeyedRequest(_caller(call), f"{request.method} {request.path}", keys[0], content))
    except StillRunning:
        response = error_response(Conflict("The first request with this idempotency key is still running.", "Try again in a moment."))
        response.headers["Retry-After"] = "1"
        return response
    except KeyReused:
        detail = "Take another key for another request."
        raise Unprocessable("The idempotency key was used for another request.", detail) from None
    if isinstance(claim, Kept):
        return _replayed(claim.answer)
    task = asyncio.create_task(_carry_out(call, handler, answers, claim), name="keyed-request")
    _carried_out.add(task)
    task.add_done_callback(_forgotten)
    return await asyncio.shield(task)


def _forgotten(task: asyncio.Task[web.StreamResponse]) -> None:
    _carried_out.discard(task)
    if not task.cancelled():
        task.exception()  # whoever waits is given it; nobody may


def _caller(call: Call) -> str:
    if not call.anonymous:
        return call.caller.user_id
    shown = [value for name in _CREDENTIALS if (value := call.request.headers.get(name))]
    return "credentials:" + hashlib.sha256("\0".join(shown).encode(errors="surrogateescape")).hexdigest() if shown else "anonymous"


async def _carry_out(call: Call, handler: Handler, answers: KeptAnswers, claim: Claim) -> web.StreamResponse:
    call.claim = claim
    try:
        response = await (_answered_again(call, handler, claim) if claim.marks else _answered(call, handler))
    except BaseException:
        await _quietly(answers.release(claim))
        raise
    finally:
        # What is done about the request afterwards (its refusal is noted) is no part of its outcome.
        call.claim = None
    if not isinstance(response, web.Response) or response.prepared:
        await _quietly(answers.release(claim))
        return response
    response.headers["Ledger-Position"] = str(call.position)
    await _quietly(answers.keep(claim, _stored(response)))
    return response


async def _answered(call: Call, handler: Handler) -> web.StreamResponse:
    """The handler's answer, or the one that its refusal makes. Raises what is no outcome."""
    try:
        return await handler(call)
    except DomainError as error:
        if isinstance(error, _TRANSIENT) or status_of(error) >= 500:
            raise
        return error_response(error)


async def _answered_again(call: Call, handler: Handler, claim: Claim) -> web.StreamResponse:
    """The answer to a change that was made by a process that died before it could answer."""
    position = max(position for position, _ in claim.marks.values())
    await call.shown(position)
    responses = call.route.responses
    status = min((status for status in responses if 200 <= status < 300), default=200)
    if responses.get(status) is None:
        call.changed_at(position)
        return web.Response(status=status)
    if responses[status] not in _SECRET:
        response = await _answered(call, handler)
        if response.status < 400:
            return response
    call.changed_at(position)
    detail = f"It stands at position {position} of the log; the first answer was lost and cannot be given again."
    return json_response({"message": "The change was made.", "detail": detail}, status)


async def _quietly(step: Awaitable[None]) -> None:
    """What cannot be written down now is found out from the marks later; the answer itself is true."""
    try:
        await step
    except (psycopg.Error, PoolTimeout) as error:
        log.warning("an answer could not be kept", extra={"reason": type(error).__name__})


def _stored(response: web.Response) -> bytes:
    headers = [[name, value] for name, value in response.headers.items() if name.lower() != "content-length"]
    headers += [["Set-Cookie", cookie.OutputString()] for cookie in response.cookies.values()]
    body = response.body if isinstance(response.body, bytes) else b""
    return orjson.dumps({"status": response.status, "headers": headers}) + b"\0" + body


def _replayed(answer: bytes) -> web.Response:
    head, _, body = answer.partition(b"\0")
    first = orjson.loads(head)
    response = web.Response(status=first["status"], body=body or None)
    response.headers.popall("Content-Type", None)
    for name, value in first["headers"]:
        response.headers.add(name, value)
    response.headers[REPLAYED] = "true"
    return response
