"""The raw log, followed: every selected event once, in order, for as long as its reader may read it (design.md 7, Audit)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from domain.kernel.errors import DomainError
from projections.history.queries import actor_names
from service.http.call import Call
from service.store.log_reader import Selection
from service.store.wire import to_wire
from service.watch.event_hub import METER
from service.watch.outlet import Outlet
from service.watch.stream import check_now, keep_alive

#: Events read at once; between two pages rights are looked at and signs of life are sent.
_PAGE = 200


async def stream_events(
    call: Call,
    selection: Selection,
    outlet: Outlet,
    after: int | None,
    *,
    allowed: Callable[[Call], None],
    shape: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> None:
    """Run the stream from position `after`, by default from the head. `allowed` raises the refusal of a reader who may not.

    Raises `ConnectionError` when the reader has gone.
    """
    hub, services = call.services.events, call.services
    try:
        with hub.reading(call.caller, outlet) as subscription:
            sent = hub.position if after is None else after
            await outlet.ping(first=True)

            async def check() -> None:
                allowed(call)

            async def flush() -> None:
                nonlocal sent
                upto = hub.position
                if sent >= upto:
                    return
                async with services.pool.connection() as connection:
                    events, reached = await services.log.after(connection, sent, selection, limit=_PAGE, upto=upto)
                    names = await actor_names(connection, events)
                for recorded in events:
                    await outlet.send(outlet.encode(recorded.position, orjson.dumps(shape(to_wire(recorded, names)))))
                    METER.frame()
                    sent = recorded.position
                sent = reached
                if sent < hub.position:
                    subscription.wake()

            await check_now(call, subscription)
            subscription.wake()
            await keep_alive(call, subscription, check, flush)
    except DomainError as refusal:
        await outlet.error(refusal.message, refusal.detail)
