"""Plays every agent whose template says `run: simulated`, of all workspaces, from one task.

What there is to play stands in the read model (`agents.plays_at`, newer builds), so a player that starts takes over whatever
the last one left. Heartbeats of all agents are one statement. Source: contract/template-archive.md (`run`, `simulate`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import AsyncConnection

from domain.agents.commands import DisconnectAgent
from domain.agents.simulation import PlayStart, PlayStop
from domain.kernel.context import Context
from domain.kernel.errors import DomainError
from domain.kernel.events import Actor
from projections.agents import queries
from projections.engine.positions import Positions
from service.commands.bus import CommandBus
from service.version import BUILD_VERSION
from service.web.feed import Change

log = logging.getLogger(__name__)

#: The level of the agents' interface that the service speaks for them.
API_VERSION = "2.0"
#: After these, somebody may have to play.
_OPENING = frozenset({"AgentCreated", "AgentDisconnected", "AgentConnected"})
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_CLOSING = "BuildStarted"
_AT_ONCE = 200
#: The shortest time between two looks: on a busy log every moment something begins.
_PAUSE_SECONDS = 0.05


class AgentPlayer:
    """A feed follower whose `run` is led by one process of the database."""

    def __init__(
        self, bus: CommandBus, positions: Positions, now: Callable[[], datetime], *, heartbeat_seconds: float, poll_seconds: float = 1.0
    ) -> None:
        self._bus = bus
        self._positions = positions
        self._now = now
        self._heartbeat = timedelta(seconds=heartbeat_seconds)
        self._poll = timedelta(seconds=poll_seconds)
        self._wake = asyncio.Event()
        self._started_builds: set[str] = set()
        self._looks_at_all = True
        #: Whether something happened since the last look that lets agents play, and when they may have to without that.
        self._opened = True
        self._plays_at = _LONG_AGO
        self._beats_at = _LONG_AGO

    async def follow(self, _connection: AsyncConnection[Any], _previous: int, _position: int, changes: Sequence[Change]) -> None:
        """Wake when something happened that agents answer to."""
        for change in changes:
            if change.name == _CLOSING:
                self._started_builds.add(change.stream_id)
                self._wake.set()
            elif change.name in _OPENING:
                self._opened = True
                self._wake.set()

    async def reset(self, _connection: AsyncConnection[Any], _position: int) -> None:
        """Anything may have happened."""
        self._looks_at_all = self._opened = True
        self._wake.set()

    async def run(self, connection: AsyncConnection[Any]) -> None:
        """Play until cancelled or the connection fails."""
        self._looks_at_all = self._opened = True
        self._beats_at = _LONG_AGO
        while True:
            self._wake.clear()
            seconds = await self.turn(connection)
            await asyncio.sleep(min(seconds, _PAUSE_SECONDS))
            if seconds > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._wake.wait()

    async def turn(self, connection: AsyncConnection[Any]) -> float:
        """Play everything that is due now; returns the seconds until there may be more."""
        now = self._now()
        await self._beat(connection, now)
        started, self._started_builds = self._started_builds, set()
        stopping = []
        if self._looks_at_all or started:
            stopping = await queries.to_stop(connection, None if self._looks_at_all else sorted(started))
            self._looks_at_all = False
        due: Sequence[Mapping[str, Any]] = ()
        if self._opened or self._plays_at <= now:
            # Before the questions: what the feed tells meanwhile leads to another look.
            self._opened = False
            due, following = await queries.to_play(connection, now, _AT_ONCE)
            if len(due) == _AT_ONCE:
                following = now
            self._plays_at = now + self._poll if following is None else min(now + self._poll, following)
        failed = await self._play([(_stop(row), row) for row in stopping] + [(_turn(row, now), row) for row in due], now)
        if failed:
            self._looks_at_all = True
            self._plays_at = now + self._poll
        return max((min(self._plays_at, self._beats_at) - self._now()).total_seconds(), 0.0)

    async def _beat(self, connection: AsyncConnection[Any], now: datetime) -> None:
        if self._beats_at <= now:
            await queries.beat(connection, now)
            self._beats_at = now + self._heartbeat

    async def _play(self, turns: Sequence[tuple[Any, Mapping[str, Any]]], now: datetime) -> bool:
        """Carry out all turns side by side and wait until the read models show them; True if any of them failed."""
        results = await asyncio.gather(*(self._one(command, row, now) for command, row in turns))
        reached = max((position for position in results if position is not None), default=0)
        if reached:
            # Else the next look would find the same agents due again.
            with contextlib.suppress(TimeoutError):
                await self._positions.wait_until(reached)
        return None in results

    async def _one(self, command: Any, row: Mapping[str, Any], now: datetime) -> int | None:
        try:
            outcome = await self._bus.execute(command, Context(Actor("agent", row["id"]), now, row["correlation_id"]))
        except DomainError as error:
            log.warning("agent could not be played", extra={"agent_id": row["id"], "reason": error.message})
            return None
        return outcome.position


def _turn(row: Mapping[str, Any], now: datetime) -> Any:
    return DisconnectAgent(row["id"], now) if row["is_connected"] else _start(row)


def _start(row: Mapping[str, Any]) -> PlayStart:
    spec = row["spec"]
    simulation = spec["simulate"]
    apps = {app["slug"]: app["id"] for app in spec["apps"]}
    return PlayStart(
        row["id"],
        simulation["lifecycle"],
        BUILD_VERSION,
        API_VERSION,
        spec["directory"],
        tuple(script["id"] for script in spec["scripts"] if script["run_on_start"]),
        tuple((apps[slug], health) for slug, health in simulation["app_health"].items() if slug in apps and health != "disabled"),
    )


def _stop(row: Mapping[str, Any]) -> PlayStop:
    return PlayStop(row["id"], tuple(script["id"] for script in row["spec"]["scripts"] if script["run_on_stop"]))
