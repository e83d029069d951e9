"""One workspace, watched: a ping, the document as it is, then every change, until the reader goes or may no longer read.

`keep_alive` is the part that every stream shares: signs of life, checks of the reader's rights, a clean end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import psycopg
from psycopg_pool import PoolTimeout

from domain.kernel.errors import DomainError, NotFound
from projections.engine.tail import head
from service.http.call import Call
from service.store.group_commit import Busy
from service.watch.frames import Document
from service.watch.outlet import Outlet
from service.watch.subscription import METER, DocumentSubscription, Subscription, differs
from service.web.access import may_read

log = logging.getLogger(__name__)

Step = Callable[[], Awaitable[None]]

#: Between attempts to check a reader while the database is away; nothing but pings is sent meanwhile.
_RETRY_SECONDS = 1.0


async def resume_position(call: Call, *texts: str | None) -> int | None:
    """The position a client wants to go on from, the first of `texts` that is there; None when it is none that this log has
    given. Positions that another process has shown already are waited for, so that nobody is taken back in time.

    Raises `Busy` when this process does not get there in time.
    """
    text = next((text for text in texts if text is not None), None)
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    position = int(text)
    if position > call.services.positions.current:
        async with call.pool.connection() as connection:
            if position > await head(connection):
                return None
        await call.shown(position)
    return position or None


async def watch(call: Call, workspace_id: str, outlet: Outlet, after: int | None) -> None:
    """Run the stream. The caller has checked that the workspace may be read now; `after` leaves out a document that the
    client has seen already. Raises `ConnectionError` when the reader has gone."""
    services = call.services
    try:
        with services.hub.watching(workspace_id, call.caller, outlet) as subscription:
            await outlet.ping(first=True)
            await check_now(call, subscription)
            current = await _readable(call, workspace_id)
            if after is None or after < current.position:
                await outlet.send(current.first_frame(outlet.encode, call.caller.user_id, services.positions.current))
                METER.frame()
            subscription.shown = current

            async def check() -> None:
                await _readable(call, workspace_id)

            await keep_alive(call, subscription, check, lambda: _send_newest(call, subscription))
    except DomainError as refusal:
        await outlet.error(refusal.message, refusal.detail)


async def keep_alive(call: Call, subscription: Subscription, check: Step, flush: Step) -> None:
    """Serve a subscription until the service stops: `flush` sends what is waiting; before that, `check` looks whether the
    reader, authenticated anew, may still read, whenever rights changed and at each ping (a key may expire without an event).

    Raises the `DomainError` of a reader who may not go on, `ConnectionError` when it is gone.
    """
    outlet, interval = subscription.outlet, call.services.settings.watch_ping_seconds
    now = asyncio.get_running_loop().time
    next_ping = now() + interval
    until = next_ping
    while True:
        await subscription.wait(until)
        if subscription.closing:
            await outlet.end()
            return
        until = next_ping
        is_due = now() >= next_ping
        if subscription.recheck or is_due:
            if await _checked(call, subscription, check):
                await flush()
            else:
                until = now() + _RETRY_SECONDS
        else:
            await flush()
        if is_due:
            await outlet.ping(first=False)
            next_ping = now() + interval
            until = min(until, next_ping) if subscription.recheck else next_ping


async def check_now(call: Call, subscription: Subscription) -> None:
    """Authenticate the reader anew if its rights changed between its request and its subscription. Raises its refusal, or `Busy`."""
    if subscription.recheck and not await _checked(call, subscription, _nothing):
        raise Busy("The service cannot check your rights at the moment.", "Try again in a moment.")


async def _nothing() -> None:
    pass


async def _checked(call: Call, subscription: Subscription, check: Step) -> bool:
    """Whether the reader could be checked; if the database is away, it must be tried again before anything is sent."""
    floor, subscription.recheck = subscription.floor, False
    try:
        caller = await call.services.authenticator.authenticate(call)
        call.authenticated(caller)
        subscription.caller = caller
        await check()
    except (psycopg.OperationalError, PoolTimeout, Busy) as error:
        log.warning("a stream's reader could not be checked", extra={"reason": type(error).__name__})
        subscription.floor = min(subscription.floor, floor) if subscription.recheck else floor
        subscription.recheck = True
        return False
    return True


async def _readable(call: Call, workspace_id: str) -> Document:
    """The document as it is now. Raises `NotFound` when the reader may not, or no longer, read it."""
    document = await call.services.documents.get(workspace_id)
    if document is None or not may_read(call.caller.subject, document):
        raise NotFound
    return document


async def _send_newest(call: Call, subscription: DocumentSubscription) -> None:
    document, shown = subscription.take(), subscription.shown
    if document is None or shown is None or document.position <= shown.position:
        return
    if not may_read(call.caller.subject, document):
        raise NotFound
    if differs(document, shown):
        await subscription.outlet.send(document.frame(subscription.outlet.encode, call.caller.user_id))
        METER.frame()
    subscription.shown = document
