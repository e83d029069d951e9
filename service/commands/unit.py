"""What one attempt at a command has loaded and wants to write; thrown away when the attempt must be repeated."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.kernel.context import Context
from domain.kernel.decider import Decider, Decision
from domain.kernel.errors import DomainError
from domain.kernel.events import Event, Stream
from service.store.append import NoneSince, SideWrite
from service.store.repository import Loaded, Repository

S = TypeVar("S")
C = TypeVar("C")


@dataclass(slots=True)
class Unit:
    """Handed to a route's `run`: loads states (their versions are checked in the append) and collects side writes."""

    repository: Repository
    pool: AsyncConnectionPool[Any]
    loaded: dict[str, tuple[Decider[Any], Loaded[Any]]] = field(default_factory=dict)
    held: dict[str, tuple[Stream, int]] = field(default_factory=dict)
    side_writes: list[SideWrite] = field(default_factory=list)
    none_since: list[NoneSince] = field(default_factory=list)

    async def load(self, decider: Decider[S], id: str, *, hold: bool = True) -> S:
        """The state of a stream. With `hold` the append fails (and the command is decided anew) if it has moved on by then;
        without, the fact is advisory."""
        return (await self.load_versioned(decider, id, hold=hold)).state

    async def load_versioned(self, decider: Decider[S], id: str, *, hold: bool = True) -> Loaded[S]:
        """`load`, with the version (0: no such stream) and position of the last event."""
        known = self.loaded.get(id)
        if known is not None and known[0] is decider:
            # As of the first load, whatever happened since: what was decided by it must not pass for newer.
            loaded: Loaded[S] = known[1]
        else:
            loaded = await self.repository.load(decider, id)
            self.loaded[id] = (decider, loaded)
        if hold:
            self.held[id] = (decider.stream(id), loaded.version)
        return loaded

    def new(self, decider: Decider[S], id: str) -> S:
        """The initial state of a stream whose id was just drawn: the log is not asked, the append makes sure."""
        self.loaded[id] = (decider, Loaded(decider.initial, 0, 0))
        return decider.initial

    def write(self, statement: SideWrite) -> None:
        """A statement to run in the transaction of the events (only if there are events)."""
        self.side_writes.append(statement)

    def expect_none(self, event: type[Event], field: str, value: str, *, since: int) -> None:
        """The append fails (and the command is decided anew) if an event of this type, whose field has this value, was appended
        after the position `since`.

        For decisions that rest on what read models do not show: that nothing is left of some kind. Such a command cannot hold
        the streams that it does not know of, and a counter of them would put all who add to it in one line.
        """
        self.none_since.append(NoneSince(event.NAME, field, value, since))

    async def query(self, run: Callable[[AsyncConnection[Any]], Awaitable[S]]) -> S:
        """Advisory facts from read models or tables beside the log."""
        async with self.pool.connection() as connection:
            return await run(connection)


Run = Callable[[C, Unit, Context], Awaitable[Decision]]


@dataclass(frozen=True, slots=True)
class CommandRoute(Generic[C]):
    """`streams` names the ids of the streams that the command changes: two commands that share one never race in a process."""

    command: type[C]
    streams: Callable[[C], Sequence[str]]
    run: Run[C]


class UnroutedCommand(DomainError):
    """No route for this command: a bug in the wiring."""
