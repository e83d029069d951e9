"""Aggregates by folding their streams, behind a bounded cache that is never ahead of the log.

The cache is brought forward only by events that are durable; events of other processes evict (`foreign`).
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.kernel.decider import Decider, fold
from domain.kernel.events import Recorded
from service.store.mapper import EventMapper
from service.store.read import read_stream
from service.store.snapshots import LONG, Snapshot, read_snapshot, write_snapshot

S = TypeVar("S")


class Loaded(NamedTuple, Generic[S]):
    """A state, the version of its last event (0: no such stream) and that event's position."""

    state: S
    version: int
    position: int


def _loaded(decider: Decider[S], state: S, events: Sequence[Recorded]) -> Loaded[S]:
    return Loaded(fold(decider, events, state), events[-1].version, events[-1].position)


@dataclass(slots=True)
class _Reading:
    """A stream that is being read: by how many, and what was heard of it meanwhile (a state older than that is not kept)."""

    readers: int = 0
    version: float = 0


class Repository:
    """`load` answers from the cache or the log; `advance` and `foreign` keep the cache true."""

    def __init__(self, pool: AsyncConnectionPool[Any], mapper: EventMapper, *, capacity: int = 20_000) -> None:
        self._pool = pool
        self._mapper = mapper
        self._capacity = capacity
        self._cache: OrderedDict[str, tuple[Decider[Any], Loaded[Any]]] = OrderedDict()
        self._readings: dict[str, _Reading] = {}

    async def load(self, decider: Decider[S], id: str) -> Loaded[S]:
        """The newest state known to this process; a stream that does not exist has version 0 and the initial state."""
        hit = self._cache.get(id)
        if hit is not None and hit[0] is decider:
            self._cache.move_to_end(id)
            return hit[1]
        reading = self._readings.setdefault(id, _Reading())
        reading.readers += 1
        try:
            async with self._pool.connection() as connection:
                loaded = await self._fold(connection, decider, id)
        finally:
            reading.readers -= 1
            if not reading.readers:
                del self._readings[id]
        if loaded.version >= max(1, reading.version):
            self._put(id, decider, loaded)
        return loaded

    async def _fold(self, connection: AsyncConnection[Any], decider: Decider[S], id: str) -> Loaded[S]:
        """From the log; long streams start from their snapshot, and leave one behind."""
        events = await read_stream(connection, self._mapper, id, limit=LONG)
        if len(events) < LONG:
            return _loaded(decider, decider.initial, events) if events else Loaded(decider.initial, 0, 0)
        snapshot = await read_snapshot(connection, decider, id)
        if snapshot is None:
            snapshot = Snapshot(fold(decider, events), events[-1].version, events[-1].position)
        later = await read_stream(connection, self._mapper, id, snapshot.version)
        loaded = _loaded(decider, snapshot.state, later) if later else Loaded(snapshot.state, snapshot.version, snapshot.position)
        if len(later) >= LONG:
            await write_snapshot(connection, decider, id, Snapshot(loaded.state, loaded.version, loaded.position))
        return loaded

    def advance(self, decider: Decider[Any] | None, events: Iterable[Recorded]) -> None:
        """Fold events that are now durable into the cached state of their stream; a gap evicts it."""
        for recorded in events:
            id = recorded.stream.id
            self._hear(id, recorded.version)
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
        self._hear(id, version)
        hit = self._cache.get(id)
        if hit is not None and hit[1].version < version:
            del self._cache[id]

    def evict(self, ids: Iterable[str]) -> None:
        """Forget these streams: the next load asks the log."""
        for id in ids:
            self._hear(id, math.inf)
            self._cache.pop(id, None)

    def clear(self) -> None:
        """Forget everything: after a gap in what this process heard of the log."""
        for id in self._readings:
            self._hear(id, math.inf)
        self._cache.clear()

    def _hear(self, id: str, version: float) -> None:
        reading = self._readings.get(id)
        if reading is not None and reading.version < version:
            reading.version = version

    def _put(self, id: str, decider: Decider[Any], loaded: Loaded[Any]) -> None:
        self._cache[id] = (decider, loaded)
        self._cache.move_to_end(id)
        while len(self._cache) > self._capacity:
            self._cache.popitem(last=False)
