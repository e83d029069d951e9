"""Finishes what a request began for many workspaces and did not end: a template rolled out to them, sharing that was withdrawn.

Whoever asks for such a change carries it out before the answer. A process that was killed meanwhile, or a caller who left,
leaves the rest to this. All of it may be done twice, and by two at once: each command decides on what is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.kernel.context import Context
from domain.kernel.errors import DomainError
from domain.kernel.events import Actor
from domain.workspaces.commands import WithdrawSharing
from projections.engine.positions import Positions
from projections.organizations.queries import restricted_organizations
from projections.templates.queries import OpenRollout, open_rollouts
from service.commands.bus import CommandBus
from service.commands.organizations import forbidden_sharing
from service.commands.template_effects import roll_out
from service.web.feed import Change

log = logging.getLogger(__name__)

#: How long a request is left alone with what it began.
PATIENCE = timedelta(seconds=10)
_POLL = timedelta(seconds=60)
#: Access lists that are emptied in one append.
_AT_ONCE = 100
_ROLLOUT, _SHARING = "TemplateRolloutBegun", "WorkspaceSharingSet"


class Unfinished:
    """A feed follower whose `run` is led by one process of the database; `turn` is one look."""

    def __init__(self, bus: CommandBus, pool: AsyncConnectionPool[Any], positions: Positions, now: Callable[[], datetime]) -> None:
        self._bus = bus
        self._pool = pool
        self._positions = positions
        self._now = now
        self._wake = asyncio.Event()
        #: When the access lists of organizations that restrict sharing have to be looked at; None when they were.
        self._sharing_at: datetime | None = None

    async def follow(self, _connection: AsyncConnection[Any], _previous: int, _position: int, changes: Sequence[Change]) -> None:
        """Look, in a while, after somebody began such a change."""
        for change in changes:
            if change.name == _SHARING:
                self._sharing_at = self._now() + PATIENCE
            if change.name in (_SHARING, _ROLLOUT):
                self._wake.set()

    async def reset(self, _connection: AsyncConnection[Any], _position: int) -> None:
        """Anything may have been begun."""
        self._sharing_at = self._now()
        self._wake.set()

    async def run(self, connection: AsyncConnection[Any]) -> None:
        """Finish until cancelled or the connection fails."""
        self._sharing_at = self._now()
        while True:
            self._wake.clear()
            seconds = await self.turn(connection)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()

    async def turn(self, connection: AsyncConnection[Any]) -> float:
        """Finish what was left alone long enough; returns the seconds until something else may be."""
        now = self._now()
        due = [now + _POLL]
        for rollout in await open_rollouts(connection):
            if rollout.begun_at + PATIENCE > now:
                due.append(rollout.begun_at + PATIENCE)
            elif not await self._done(self._roll_out(rollout, now), "rollout", rollout.template_id):
                due.append(now + PATIENCE)
        sharing, self._sharing_at = self._sharing_at, None
        if sharing is not None and sharing <= now:
            sharing = None if await self._done(self._withdraw(connection, now), "sharing") else now + PATIENCE
        if self._sharing_at is None:
            # Else the feed has told of another meanwhile, which is later.
            self._sharing_at = sharing
        if self._sharing_at is not None:
            due.append(self._sharing_at)
        return max((min(due) - self._now()).total_seconds(), 0.1)

    async def _done(self, work: Awaitable[None], what: str, subject: str = "") -> bool:
        try:
            await work
        except DomainError as error:
            log.warning("unfinished change could not be finished", extra={"what": what, "subject": subject, "reason": error.message})
            return False
        return True

    async def _roll_out(self, rollout: OpenRollout, now: datetime) -> None:
        log.info("rollout of a template goes on", extra={"template": rollout.template_id})
        context = Context(Actor("system"), now, rollout.correlation_id or str(uuid.uuid4()), causation_id=rollout.event_id)
        await self._seen(await roll_out(self._bus, self._pool, rollout.template_id, rollout.begun_at_version, context))

    async def _withdraw(self, connection: AsyncConnection[Any], now: datetime) -> None:
        for organization_id, owners in await restricted_organizations(connection):
            while ids := await forbidden_sharing(connection, organization_id, owners, limit=_AT_ONCE):
                log.info("withdrawing of sharing goes on", extra={"organization": organization_id, "workspaces": len(ids)})
                outcome = await self._bus.execute(WithdrawSharing(tuple(ids)), Context(Actor("system"), now, str(uuid.uuid4())))
                if not outcome.events:
                    break
                await self._seen(outcome.position)

    async def _seen(self, position: int) -> None:
        """Else the next look would find the same again."""
        if position:
            with contextlib.suppress(TimeoutError):
                await self._positions.wait_until(position)
