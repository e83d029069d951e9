"""The one way in for changes: `execute(command, context)` loads, decides, appends, and repeats when it lost a race."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

from psycopg_pool import AsyncConnectionPool

from domain.kernel.context import Context
from domain.kernel.decider import Append, Decision
from domain.kernel.errors import DomainError
from domain.kernel.events import Actor, Metadata, Recorded
from service.commands.unit import CommandRoute, Unit, UnroutedCommand
from service.observability import metrics
from service.store.append import SideWrite, VersionConflict, Work
from service.store.group_commit import Busy, GroupCommit
from service.store.mapper import is_personal
from service.store.personal_keys import KeyRing
from service.store.repository import Repository

log = logging.getLogger(__name__)

ATTEMPTS = 8
_SYSTEM = Actor("system")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`position` of the last event, 0 when nothing had to change; `events` as stored."""

    position: int
    events: tuple[Recorded, ...]


#: A side write that depends on the events as they are about to be stored.
Mark = Callable[[Sequence[Recorded]], SideWrite]
#: Checked in each attempt after the states are loaded and before the append; raises to refuse (`If-Match`).
Precondition = Callable[[Unit], Awaitable[None]]


class CommandBus:
    """Decides commands one by one and commits them in groups."""

    def __init__(
        self,
        routes: Iterable[CommandRoute[Any]],
        repository: Repository,
        writer: GroupCommit,
        pool: AsyncConnectionPool[Any],
        keys: KeyRing,
    ) -> None:
        self._routes: dict[type, CommandRoute[Any]] = {}
        self._counters: dict[type, Callable[[str], None]] = {}
        for route in routes:
            if route.command in self._routes:
                raise ValueError(f"{route.command.__name__} has two routes")
            self._routes[route.command] = route
            self._counters[route.command] = metrics.command_counter(route.command.__name__)
        self._repository = repository
        self._writer = writer
        self._pool = pool
        self._keys = keys
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.count_conflict: Callable[[], None] = lambda: None

    async def execute(
        self,
        command: Any,
        context: Context,
        *,
        precondition: Precondition | None = None,
        side_writes: Sequence[SideWrite] = (),
        mark: Mark | None = None,
    ) -> Outcome:
        """Carry out a command; what `mark` makes of its events is written with them.

        Raises the `DomainError` of the decision or precondition, `Busy` when conflicts outlast the retries or the database is
        away. Once the events are handed to the writer, cancelling the caller does not undo them.
        """
        route = self._routes.get(type(command))
        if route is None:
            raise UnroutedCommand(f"no route for {type(command).__name__}")
        count = self._counters[type(command)]
        try:
            outcome = await self._execute(route, command, context, precondition, side_writes, mark)
        except Busy:
            count("failed")
            raise
        except DomainError:
            count("refused")
            raise
        count("changed" if outcome.events else "unchanged")
        return outcome

    async def _execute(
        self,
        route: CommandRoute[Any],
        command: Any,
        context: Context,
        precondition: Precondition | None,
        side_writes: Sequence[SideWrite],
        mark: Mark | None,
    ) -> Outcome:
        async with contextlib.AsyncExitStack() as stack:
            for id in sorted(set(route.streams(command))):
                await stack.enter_async_context(self._lock(id))
            for attempt in range(ATTEMPTS):
                unit = Unit(self._repository, self._pool)
                decision = await route.run(command, unit, context)
                if precondition is not None:
                    await precondition(unit)
                decision = tuple(a for a in decision if a.events)
                if not decision:
                    return Outcome(0, ())
                unit.side_writes.extend(side_writes)
                try:
                    # The states in the cache must follow the log even when the caller is gone.
                    return await _to_its_end(self._commit(unit, decision, context, mark))
                except VersionConflict:
                    self.count_conflict()
                    self._repository.evict({*unit.loaded, *(a.stream.id for a in decision)})
                    if attempt:
                        await asyncio.sleep(random.uniform(0, 0.002 * 2**attempt))
        raise Busy("Too many changes to the same object at once.", "Try again in a moment.")

    async def _commit(self, unit: Unit, decision: Decision, context: Context, mark: Mark | None) -> Outcome:
        people = await self._seal(unit, decision)
        events: list[Recorded] = []
        versions: dict[str, int] = {}
        cause: str | None = None
        for part in decision:
            for event in part.events:
                id = part.stream.id
                known = unit.loaded.get(id)
                version = versions.get(id, known[1].version if known else 0) + 1
                versions[id] = version
                metadata = context.metadata
                if event.FOLLOWS and events:
                    metadata = Metadata(_SYSTEM, metadata.correlation_id, metadata.request_id, causation_id=cause)
                events.append(Recorded(event, part.stream, version, str(uuid.uuid4()), context.time, metadata))
                if not event.FOLLOWS:
                    cause = events[-1].id
        if mark is not None:
            unit.write(mark(events))
        held = tuple(h for id, h in unit.held.items() if id not in versions)
        try:
            stored = await self._writer.commit(Work(tuple(events), held, tuple(unit.none_since), tuple(unit.side_writes), people))
        except BaseException:
            for person in people:
                self._keys.forget(person)
            raise
        for recorded in stored:
            known = unit.loaded.get(recorded.stream.id)
            self._repository.advance(known[0] if known else None, (recorded,))
        return Outcome(stored[-1].position, stored)

    async def _seal(self, unit: Unit, decision: Sequence[Append]) -> frozenset[str]:
        """Make sure that every person whose data is about to be stored has a key."""
        people = frozenset(a.stream.id for a in decision for e in a.events if is_personal(e))
        if not people:
            return people
        async with self._pool.connection() as connection:
            await self._keys.load(connection, people)
        for person in people:
            if not self._keys.usable(person):
                raw = self._keys.new(person)
                unit.side_writes.append(SideWrite("INSERT INTO personal_keys (user_id, key) VALUES (%s, %s)", (person, raw)))
        return people

    def _lock(self, id: str) -> asyncio.Lock:
        lock = self._locks.get(id)
        if lock is None:
            lock = self._locks[id] = asyncio.Lock()
        return lock


async def _to_its_end(commit: Coroutine[Any, Any, Outcome]) -> Outcome:
    """Its outcome. It goes on when the caller is cancelled."""
    task = asyncio.ensure_future(commit)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(_note_fault)
        raise


def _note_fault(task: asyncio.Future[Outcome]) -> None:
    """Why a change was refused is for its caller, who is gone; a fault is not."""
    error = None if task.cancelled() else task.exception()
    if error is not None and not isinstance(error, DomainError | VersionConflict):
        log.error("a change whose caller had gone failed", exc_info=error)
