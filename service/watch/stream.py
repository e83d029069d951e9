"""One workspace, watched: a ping, the document as it is, then every change, until the reader goes or may no longer read."""

from __future__ import annotations

import time
from typing import Protocol

from domain.kernel.errors import DomainError, NotFound
from service.http.call import Call
from service.observability.metrics import StreamMeter
from service.watch.frames import Document
from service.watch.subscription import Subscription
from service.web.access import may_read

_METER = StreamMeter("workspace")


class Transport(Protocol):
    """How frames reach the reader; every method may wait for a slow one, and raises `ConnectionError` when it is gone."""

    async def ping(self, *, first: bool) -> None:
        """A sign of life."""

    async def data(self, document: Document, viewer_id: str) -> None:
        """The document, as the viewer sees it."""

    async def error(self, message: str, detail: str) -> None:
        """The last frame of somebody who may not go on."""

    async def end(self) -> None:
        """The service stops."""


def resume_position(text: str | None, head: int) -> int | None:
    """The position a client wants to go on from, None when it is none that this log can have given."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    position = int(text)
    return position if 0 < position <= head else None


async def watch(call: Call, workspace_id: str, transport: Transport, after: int | None) -> None:
    """Run the stream. The caller has checked that the workspace may be read now; `after` leaves out a document that the
    client has seen already."""
    services = call.services
    subscription = services.hub.subscribe(workspace_id)
    _METER.joined()
    try:
        await transport.ping(first=True)
        current = await services.documents.get(workspace_id)
        if current is None:
            raise NotFound
        if not may_read(call.caller.subject, current):
            raise NotFound
        if after is None or after < current.position:
            await transport.data(current, call.caller.user_id)
        await _follow(call, transport, subscription, current)
    except DomainError as refusal:
        await transport.error(refusal.message, refusal.detail)
    finally:
        services.hub.unsubscribe(workspace_id, subscription)
        _METER.left()


async def _follow(call: Call, transport: Transport, subscription: Subscription, shown: Document) -> None:
    """Send what is newer than `shown`. Raises `DomainError` when the reader may no longer read."""
    interval = call.services.settings.watch_ping_seconds
    next_ping = time.monotonic() + interval
    viewer = call.caller.user_id
    while True:
        await subscription.wait(max(0.0, next_ping - time.monotonic()))
        if subscription.closing:
            await transport.end()
            return
        now = time.monotonic()
        if subscription.recheck or now >= next_ping:
            # At each ping too: a key may expire without any event.
            subscription.recheck = False
            call.authenticated(await call.services.authenticator.authenticate(call))
            current = await call.services.documents.get(shown.id)
            if current is None or not may_read(call.caller.subject, current):
                raise NotFound
        document = subscription.take()
        if document is not None and document.position > shown.position:
            if not may_read(call.caller.subject, document):
                raise NotFound
            if document.body != shown.body or document.is_favorite != shown.is_favorite:
                await transport.data(document, viewer)
                _METER.frame()
            shown = document
        if now >= next_ping:
            await transport.ping(first=False)
            next_ping = time.monotonic() + interval
