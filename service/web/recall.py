"""Answers to small questions of the read models, kept until an event of a kind that could change one: what paths mean is asked
with every request, and changes seldom."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.kernel.events import Event
from projections.engine.model import ReadModel
from service.web.feed import Change

K = TypeVar("K")
V = TypeVar("V")

#: Answers kept of one kind of question; the least recently asked go first.
CAPACITY = 10_000


class Recall(Generic[K, V]):
    """A feed follower. Every answer kept is the one that the read models give at `positions.current`."""

    def __init__(self, pool: AsyncConnectionPool[Any], until: Iterable[type[Event]], *, capacity: int = CAPACITY) -> None:
        """`until` are the events that may change an answer: all that fold into the rows that it is read from."""
        self._pool = pool
        self._until = frozenset(event.NAME for event in until)
        self._capacity = capacity
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._generation = 0

    async def get(self, key: K, ask: Callable[[AsyncConnection[Any]], Awaitable[V]]) -> V:
        """What was answered before or, on a connection of the pool, is now."""
        try:
            answer = self._kept[key]
        except KeyError:
            pass
        else:
            self._kept.move_to_end(key)
            return answer
        generation = self._generation
        async with self._pool.connection() as connection:
            answer = await ask(connection)
        # Read while the feed moved on: right to answer with, but what overtook it will not be told again.
        if generation == self._generation:
            self._kept[key] = answer
            if len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
        return answer

    async def follow(self, _connection: AsyncConnection[Any], _previous: int, _position: int, changes: Sequence[Change]) -> None:
        """Forget everything if any of these could change an answer."""
        if any(change.name in self._until for change in changes):
            self._forget()

    async def reset(self, _connection: AsyncConnection[Any], _position: int) -> None:
        """Anything may have happened."""
        self._forget()

    def _forget(self) -> None:
        self._generation += 1
        self._kept.clear()


def events_of(*models: ReadModel) -> frozenset[type[Event]]:
    """All events that change rows of these read models."""
    return frozenset[type[Event]]().union(*(model.events for model in models))
