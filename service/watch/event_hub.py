"""Who follows the raw log in this process: woken when there is more of it, told to look at their rights when those changed.

Nothing is handed out here. Each reader reads the log itself, from where it stands, at its own pace: a slow one costs a page.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from psycopg import AsyncConnection

from service.auth.caller import Caller
from service.observability.metrics import StreamMeter
from service.watch.hub import Callers
from service.watch.outlet import Outlet
from service.watch.subscription import Subscription
from service.web.feed import Change

METER = StreamMeter("event")


class EventHub:
    """A follower of the feed that stands behind callers, so that rights are looked at before what changed them is shown."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._generation = callers.generation
        self._readers: set[Subscription] = set()
        self._is_closed = False
        #: Up to here the log may be shown: the read models, which know the names of its actors, have taken it in.
        self.position = 0

    @contextlib.contextmanager
    def reading(self, caller: Caller, outlet: Outlet) -> Iterator[Subscription]:
        """From now on the subscription is woken whenever `position` has moved."""
        subscription = Subscription(caller, outlet)
        if self._is_closed:
            subscription.close()
        if not self._callers.is_current(caller):
            subscription.look_again(0)
        self._readers.add(subscription)
        METER.joined()
        try:
            yield subscription
        finally:
            METER.left()
            self._readers.discard(subscription)

    async def follow(self, _connection: AsyncConnection[Any], previous: int, position: int, _changes: Sequence[Change]) -> None:
        """There is more to read."""
        self.position = position
        has_changed = self._callers.generation != self._generation
        self._generation = self._callers.generation
        for reader in self._readers:
            if has_changed and not self._callers.is_current(reader.caller):
                reader.look_again(previous)
            else:
                reader.wake()

    async def reset(self, _connection: AsyncConnection[Any], position: int) -> None:
        """Anything may have happened; positions never go back."""
        self.position = max(self.position, position)
        self._generation = self._callers.generation
        for reader in self._readers:
            reader.look_again(0)

    def close(self) -> None:
        """End every stream cleanly, those that are just being opened too."""
        self._is_closed = True
        for reader in self._readers:
            reader.close()
