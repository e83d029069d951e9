"""Due timers become commands. A timer that is due sooner than the next tick fires when it is due; a tick looks at all again.

Timers only say when to look: each command decides anew on the state that it changes, so that a repeat, or a second runner,
does nothing. Whatever could not be done (a build that the template's version refuses) is tried again at the next tick.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.agents.commands import DisconnectAgent, TimeOutAgent
from domain.automation.commands import ApplyLifecycle
from domain.automation.values import DORMANT_AFTER_DAYS
from domain.kernel.context import Context
from domain.kernel.errors import DomainError
from domain.kernel.events import Actor
from domain.users.commands import FallDormant
from projections.agents import queries as agents
from projections.engine.positions import Positions
from projections.timers.fold import MODEL as TIMERS
from projections.timers.queries import Look, Timer, due_timers, next_due
from projections.timers.tables import AGENT_CONNECTION, LIFECYCLE, NEXT_START, USER_DORMANCY
from service.commands.bus import CommandBus
from service.web.feed import Change

log = logging.getLogger(__name__)

_EVERYTHING = Look(datetime.min.replace(tzinfo=UTC), -1)
_AT_ONCE = 200
#: The shortest time between two looks: on a busy log every moment something is new.
_PAUSE_SECONDS = 0.05
#: How often per disconnect time all connected agents are looked through.
_SILENCE_CHECKS = 10
_ARMING = frozenset(event.NAME for event in TIMERS.events)
_FORGET_HEARTBEATS: LiteralString = "DELETE FROM agent_heartbeats h USING agents a WHERE a.id = h.agent_id AND a.deleted"

_COMMANDS: Mapping[str, Callable[[str], Any]] = {
    LIFECYCLE: lambda id: ApplyLifecycle(id, str(uuid.uuid4()), str(uuid.uuid4())),
    NEXT_START: lambda id: ApplyLifecycle(id, str(uuid.uuid4()), str(uuid.uuid4())),
    AGENT_CONNECTION: TimeOutAgent,
    USER_DORMANCY: lambda id: FallDormant(id, DORMANT_AFTER_DAYS),
}


class Automation:
    """A feed follower whose `run` is led by one process of the database; `turn` is one look, for whoever keeps the time."""

    def __init__(
        self,
        bus: CommandBus,
        positions: Positions,
        now: Callable[[], datetime],
        *,
        tick_seconds: float,
        disconnect_seconds: float,
        poll_seconds: float = 1.0,
    ) -> None:
        self._bus = bus
        self._positions = positions
        self._now = now
        self._tick = timedelta(seconds=tick_seconds)
        self._silence = timedelta(seconds=disconnect_seconds)
        self._poll_seconds = poll_seconds
        self._wake = asyncio.Event()
        self._looked = _EVERYTHING
        self._ticked_at: datetime | None = None
        self._listening_since: datetime | None = None
        self._heard_at = _EVERYTHING.at

    async def follow(self, _connection: AsyncConnection[Any], _previous: int, _position: int, changes: Sequence[Change]) -> None:
        """Look when something happened that arms timers."""
        if any(change.name in _ARMING for change in changes):
            self._wake.set()

    async def reset(self, _connection: AsyncConnection[Any], _position: int) -> None:
        """Read models may have been made anew: look at everything."""
        self._looked = _EVERYTHING
        self._wake.set()

    async def run(self, connection: AsyncConnection[Any]) -> None:
        """Look after timers until cancelled or the connection fails."""
        self._looked, self._ticked_at, self._listening_since = _EVERYTHING, None, None
        while True:
            self._wake.clear()
            seconds = await self.turn(connection)
            await asyncio.sleep(min(seconds, _PAUSE_SECONDS))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()

    async def turn(self, connection: AsyncConnection[Any]) -> float:
        """Do everything that is due now; returns the seconds until something may be due again."""
        now = self._now()
        if self._ticked_at is None or now - self._ticked_at >= self._tick:
            self._looked, self._ticked_at = _EVERYTHING, now
            await connection.execute(_FORGET_HEARTBEATS)
        await self._disconnect_silent(connection, now)
        await self._fire_due(connection, now)
        following = await next_due(connection, now)
        rest = self._poll_seconds if following is None else min(self._poll_seconds, (following - self._now()).total_seconds())
        return max(rest, 0.001)

    async def _fire_due(self, connection: AsyncConnection[Any], now: datetime) -> None:
        looked = Look(now, self._positions.current)
        page: list[Timer] = []
        while True:
            page = await due_timers(connection, now, self._looked, page[-1] if page else None, _AT_ONCE)
            await self._execute([(_COMMANDS[t.kind](t.subject_id), t.correlation_id, t.event_id) for t in page], now)
            if len(page) < _AT_ONCE:
                break
        self._looked = looked

    async def _disconnect_silent(self, connection: AsyncConnection[Any], now: datetime) -> None:
        """While nobody listened, nobody could be heard: silence counts from when this process began to lead."""
        if self._listening_since is None:
            self._listening_since = now
        if now - self._listening_since < self._silence or now - self._heard_at < self._silence / _SILENCE_CHECKS:
            return
        self._heard_at = now
        silent = await agents.silent(connection, now - self._silence, _AT_ONCE)
        await self._execute([(DisconnectAgent(a["id"], a["heard_at"]), a["correlation_id"], None) for a in silent], now)

    async def _execute(self, commands: Sequence[tuple[Any, str | None, str | None]], now: datetime) -> None:
        if not commands:
            return
        reached = max(await asyncio.gather(*(self._one(command, ids, cause, now) for command, ids, cause in commands)))
        if reached:
            # Else the next look would find the same timers due.
            with contextlib.suppress(TimeoutError):
                await self._positions.wait_until(reached)

    async def _one(self, command: Any, correlation_id: str | None, causation_id: str | None, now: datetime) -> int:
        context = Context(Actor("system"), now, correlation_id or str(uuid.uuid4()), causation_id=causation_id)
        try:
            return (await self._bus.execute(command, context)).position
        except DomainError as error:
            log.warning("what was due could not be done", extra={"command": type(command).__name__, "reason": error.message})
            return 0
