"""Webhooks: who outside is told of events. Set, tried, replayed, inspected by who may read the whole log and set the deployment."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from aiohttp import web

from domain.kernel.errors import Forbidden, Invalid, NotFound, Violation
from domain.webhooks.commands import CreateWebhook, DeleteWebhook, ReplayWebhook, UpdateWebhook
from domain.webhooks.decisions import may_change, may_read
from domain.webhooks.values import PREVIOUS_SECRET_LIFETIME
from projections.documents import rfc3339
from projections.engine.tail import ENDLESS, head
from projections.queryvalues import choice, number
from projections.webhooks.queries import all_webhooks, deliveries, webhook_by_id
from projections.webhooks.render import WebhookRow, delivery_document, webhook_document
from service.http.call import Call
from service.http.fields import FLAG, INT64, TEXT, list_of, optional, wire
from service.http.parsing import decode_body
from service.http.paths import path_uuid
from service.http.queries import QueryReader
from service.http.responses import json_response, no_content
from service.http.rules import REQUIRED
from service.store.webhook_queue import DELIVERED, FAILED, PENDING
from service.store.webhooks import secret_rotated, signing_keys, webhook_begun
from service.webhooks.payload import message_id, test_body
from service.webhooks.signing import new_secret, parse_secret, secret_text

DEFAULT_LIMIT, MOST = 50, 500
STATES = (PENDING, DELIVERED, FAILED)


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """`CreateWebhookRequest`; no secret: one is drawn."""

    url: str = wire(TEXT, REQUIRED)
    description: str = wire(TEXT)
    event_types: tuple[str, ...] = wire(list_of(TEXT))
    enabled: bool | None = optional(FLAG)
    secret: str = wire(TEXT)


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """`UpdateWebhookRequest`: what is left out stays. `secret`, or `rotate_secret` for one that is drawn, replaces the secret."""

    url: str | None = optional(TEXT)
    description: str | None = optional(TEXT)
    event_types: tuple[str, ...] | None = optional(list_of(TEXT))
    enabled: bool | None = optional(FLAG)
    secret: str = wire(TEXT)
    rotate_secret: bool = wire(FLAG)


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """`ReplayWebhookRequest`; null is not a position."""

    after: int | None = optional(INT64, REQUIRED, name="from")


async def index(call: Call) -> web.Response:
    """All webhooks, oldest first."""
    if not may_read(call.caller.subject):
        raise Forbidden
    async with call.pool.connection() as connection:
        return json_response([webhook_document(row) for row in await all_webhooks(connection)])


async def show(call: Call) -> web.Response:
    """One webhook."""
    return json_response(webhook_document(await webhook_in_path(call)))


async def create(call: Call) -> web.Response:
    """A new one, with its secret, which is shown this once."""
    request = decode_body(await call.body(), CreateRequest)
    secret = _secret(request.secret) if request.secret else new_secret()
    command = CreateWebhook(
        id=str(uuid.uuid4()),
        url=request.url,
        description=request.description,
        event_types=request.event_types,
        enabled=request.enabled is not False,
        private_allowed=call.services.settings.webhook_private_targets,
        subject=call.caller.subject,
    )
    await call.execute(command, side_writes=webhook_begun(command.id, secret))
    return json_response(webhook_document(await _stored(call, command.id), secret_text(secret)), 201)


async def update(call: Call) -> web.Response:
    """Other settings; a new secret is shown this once, and the one before signs for a day besides."""
    id = path_uuid(call.path["webhook"])
    request = decode_body(await call.body(), UpdateRequest)
    secret = _secret(request.secret) if request.secret else new_secret() if request.rotate_secret else None
    command = UpdateWebhook(
        id=id,
        url=request.url,
        description=request.description,
        event_types=request.event_types,
        enabled=request.enabled,
        rotates_secret=secret is not None,
        private_allowed=call.services.settings.webhook_private_targets,
        subject=call.caller.subject,
    )
    beside = () if secret is None else secret_rotated(id, secret, call.context.time + PREVIOUS_SECRET_LIFETIME)
    await call.execute(command, side_writes=beside)
    return json_response(webhook_document(await _stored(call, id), secret_text(secret) if secret else ""))


async def delete(call: Call) -> web.Response:
    """Nothing goes out any more."""
    await call.execute(DeleteWebhook(path_uuid(call.path["webhook"]), call.caller.subject))
    return no_content()


async def replay(call: Call) -> web.Response:
    """Everything after a position goes out again, under the ids it had."""
    id = path_uuid(call.path["webhook"])
    after = decode_body(await call.body(), ReplayRequest).after
    async with call.pool.connection() as connection:
        furthest = await head(connection)
    await call.execute(ReplayWebhook(id, after or 0, furthest, call.caller.subject))
    return json_response(webhook_document(await _stored(call, id)), 202)


async def test(call: Call) -> web.Response:
    """Send a message that no event stands behind, once, and say what came back. It needs no enabled webhook, and leaves no trace."""
    row = await webhook_in_path(call)
    if not may_change(call.caller.subject):
        raise Forbidden
    async with call.pool.connection() as connection:
        keys = await signing_keys(connection, row.id, call.context.time)
    if not keys:
        detail = "It was brought here without its secret: replace the secret first."
        raise Invalid("The webhook cannot sign.", validations=[Violation("secret", detail)])
    sent_as = message_id(row.id, str(uuid.uuid4()))
    answer = await call.services.webhooks.send(row.url, keys, sent_as, test_body(row.id, rfc3339(call.context.time)))
    return json_response(
        {
            "id": sent_as,
            "delivered": answer.is_success,
            "status_code": answer.status,
            "error": answer.error,
            "duration_ms": round(answer.seconds * 1000),
        }
    )


async def list_deliveries(call: Call) -> web.Response:
    """A page of what went out, is on its way, or was given up; newest first."""
    row = await webhook_in_path(call)
    reader = QueryReader(call.request.query)
    limit = reader.read("limit", number(1, MOST, DEFAULT_LIMIT))
    before = reader.read("before", number(0, ENDLESS, ENDLESS, what="position"))
    state = reader.read("state", choice(*STATES))
    reader.check()
    async with call.pool.connection() as connection:
        found = await deliveries(connection, row.id, before=before, state=state, limit=limit + 1)
    page = found[:limit]
    return json_response(
        {
            "deliveries": [delivery_document(delivery) for delivery in page],
            "next_before": page[-1].position if len(found) > limit else None,
        }
    )


async def webhook_in_path(call: Call) -> WebhookRow:
    """The webhook in the path. Raises `NotFound`, also for who may not know of it."""
    id = path_uuid(call.path["webhook"])
    if not may_read(call.caller.subject):
        raise NotFound
    return await _stored(call, id)


async def _stored(call: Call, id: str) -> WebhookRow:
    async with call.pool.connection() as connection:
        row = await webhook_by_id(connection, id)
    if row is None:
        raise NotFound
    return row


def _secret(text: str) -> bytes:
    try:
        return parse_secret(text)
    except ValueError as error:
        raise Invalid("The secret cannot be used.", validations=[Violation("secret", f"It {error}.")]) from None
