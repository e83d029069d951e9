"""Delivers to all webhooks: one process of the database leads, and keeps a lane for each webhook that is enabled.

Attempts are not events, so that what is delivered never makes something to deliver; the only event of its own is that a webhook
was disabled because its receiver is gone, and a disabled one is told of nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection

from domain.kernel.events import event_types
from domain.webhooks.state import WEBHOOK
from service.store import webhook_queue
from service.store.webhook_sweep import sweep
from service.web.feed import Change
from service.webhooks.lane import Lane, Means

#: On a busy log there is something new every moment: lanes are not woken for each, only for the first after a while at once.
_PAUSE_SECONDS = 0.1
_POLL_SECONDS = 1.0
_SWEEP_EVERY = timedelta(minutes=10)


class WebhookDeliveries:
    """A feed follower whose `run` is led by one process of the database."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._lanes: dict[str, tuple[Lane, asyncio.Task[None]]] = {}
        self._ending: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._must_look = True
        self._sweep_at: datetime | None = None
        self._own_names = frozenset(name for name, cls in event_types().items() if WEBHOOK.category == cls.CATEGORY)

    async def follow(self, _connection: AsyncConnection[Any], _previous: int, _position: int, changes: Sequence[Change]) -> None:
        """There is more to read; which webhooks there are is asked only when one of them changed."""
        self._must_look = self._must_look or any(change.name in self._own_names for change in changes)
        self._wake.set()

    async def reset(self, _connection: AsyncConnection[Any], _position: int) -> None:
        """Anything may have happened."""
        self._must_look = True
        self._wake.set()

    async def run(self, connection: AsyncConnection[Any]) -> None:
        """Keep lanes until cancelled or the connection fails; then let them end what they have begun."""
        self._must_look, self._sweep_at = True, None
        clock = asyncio.get_running_loop().time
        looked_at = clock()
        try:
            while True:
                self._wake.clear()
                # Now and then in any case: notices that the connection, and with it the lead, is lost, and that a lane has ended.
                if self._must_look or clock() - looked_at >= _POLL_SECONDS:
                    self._must_look, looked_at = False, clock()
                    self._keep_lanes(await webhook_queue.live(connection))
                for lane, _ in self._lanes.values():
                    lane.wake()
                await self._sweep(connection)
                await asyncio.sleep(_PAUSE_SECONDS)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._wake.wait()
        finally:
            self._keep_lanes(set())
            if self._ending:
                await asyncio.wait(self._ending.values())

    def _keep_lanes(self, wanted: set[str]) -> None:
        """End those that are not wanted any more, begin those that are missing: never a second one while the first still ends."""
        for id in [id for id in self._lanes if id not in wanted]:
            _, self._ending[id] = self._lanes.pop(id)
            self._ending[id].cancel()
        self._ending = {id: task for id, task in self._ending.items() if not task.done()}
        for id in wanted - self._lanes.keys() - self._ending.keys():
            lane = Lane(self._means, id)
            self._lanes[id] = (lane, asyncio.create_task(lane.run(), name=f"webhook {id}"))

    async def _sweep(self, connection: AsyncConnection[Any]) -> None:
        now = self._means.now()
        if self._sweep_at is None or now >= self._sweep_at:
            has_more = await sweep(connection, now)
            self._sweep_at = now if has_more else now + _SWEEP_EVERY
