"""Aggregates by folding their streams, behind a bounded cache that is never ahead of the log.

The cache is brought forward only by events that are durable; events of other processes evict (`foreign`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Generic, NamedTuple, TypeVar

from psycopg_pool import AsyncConnectionPool

from domain.kernel.decider import Decider, fold
from domain.kernel.events import Recorded
from service.store.mapper import EventMapper
from service.store.read import read_stream

S = TypeVar("S")


class Loaded(NamedTuple, Generic[S]):
    """A state, the version of its last event (0: no such stream) and that event's position."""

    state: S
    version: int
    position: int


class Repository:
    """`load` answers from the cache or the log; `advance` and `foreign` keep the cache true."""

    def __init__(self, pool: AsyncConnectionPool[Any], mapper: EventMapper, *, capacity: int = 20_000) -> None:
        self._pool = pool
        self._mapper = mapper
        self._capacity = capacity
        self._cache: OrderedDict[str, tuple[Decider[Any], Loaded[Any]]] = OrderedDict()

    async def load(self, decider: Decider[S], id: str) -> Loaded[S]:
        """The newest state known to this process; a stream that does not exist has version 0 and the initial state."""
        hit = self._cache.get(id)
        if hit is not None and hit[0] is decider:
            self._cache.move_to_end(id)
            return hit[1]
        async with self._pool.connection() as connection:
            events = await read_stream(connection, self._mapper, id)
        if not events:
            return Loaded(decider.initial, 0, 0)
        loaded = Loaded(fold(decider, events), events[-1].version, events[-1].position)
        self._put(id, decider, loaded)
        return loaded

    def advance(self, decider: Decider[Any] | None, events: Iterable[Recorded]) -> None:
        """Fold events that are now durable into the cached state of their stream; a gap evicts it."""
        for recorded in events:
            id = recorded.stream.id
            hit = self._cache.get(id)
            if hit is None:
                if decider is None or recorded.version != 1:
                    continue
                hit = (decider, Loaded(decider.initial, 0, 0))
            known, loaded = hit
            if recorded.version <= loaded.version:
                continue
            if recorded.version != loaded.version + 1:
                self._cache.pop(id, None)
                continue
            self._put(id, known, Loaded(known.evolve(loaded.state, recorded), recorded.version, recorded.position))

    def foreign(self, id: str, version: int) -> None:
        """Another process may have appended `version` to the stream: a cached state that lacks it is dropped."""
        hit = self._cache.get(id)
        if hit is not None and hit[1].version < version:
            del self._cache[id]

    def evict(self, ids: Iterable[str]) -> None:
        """Forget these streams: the next load asks the log."""
        for id in ids:
            self._cache.pop(id, None)

    def clear(self) -> None:
        """Forget everything: after a gap in what this process heard of the log."""
        self._cache.clear()

    def _put(self, id: str, decider: Decider[Any], loaded: Loaded[Any]) -> None:
        self._cache[id] = (decider, loaded)
        self._cache.move_to_end(id)
        while len(self._cache) > self._capacity:
            self._cache.popitem(last=False)
