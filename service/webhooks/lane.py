"""One webhook's deliveries, from the log to its receiver. Nothing here is shared with another webhook, so none waits for another.

A turn notes how attempts ended, reads on in the log, and starts what is due. Only the turn speaks to the database, on one
connection; attempts only send. The next event of a workspace goes out once the end of the one before it is noted, so that a
process that dies repeats at most one attempt for each workspace: those whose answer it had not noted.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.kernel.context import Context
from domain.kernel.errors import DomainError
from domain.kernel.events import Actor, Recorded
from domain.webhooks.commands import RetireWebhook
from domain.webhooks.retries import Retries
from projections.engine.positions import Positions
from projections.history.queries import actor_names
from service.commands.bus import CommandBus
from service.observability import metrics
from service.store import webhook_queue as queue
from service.store.log_reader import LogReader, Selection
from service.store.webhook_queue import DELIVERED, FAILED, PENDING, Due, Look, Queued, Tried
from service.webhooks.payload import event_body, group_of, message_id
from service.webhooks.sender import Answer, WebhookSender

log = logging.getLogger(__name__)

#: Attempts at once, and how many of them may be further ones, so that what fails slowly leaves room for what does not.
CONCURRENCY, _FURTHER = 8, 4
#: Events read at once, and how many may be pending before reading on waits for something to be delivered.
_PAGE, _READ_AHEAD = 200, 1000
_TURNS = 4
_GONE, _TOO_MANY = 410, 429
#: The longest time between two turns, and how long attempts may take to end when the lane does.
_LOOK_SECONDS, _END_SECONDS = 30.0, 2.0
_FIRST_BACK_OFF, _LONGEST_BACK_OFF = 0.1, 30.0
_FAULT = Answer(None, "the service failed to send it", 0.0)
_UNREADABLE = Answer(None, "this release cannot read the event", 0.0)


@dataclass(frozen=True, slots=True)
class Means:
    """What lanes work with."""

    pool: AsyncConnectionPool[Any]
    reader: LogReader
    positions: Positions
    sender: WebhookSender
    bus: CommandBus
    now: Callable[[], datetime]
    retries: Retries = field(default_factory=Retries)
    drawn: Callable[[], float] = random.random
    #: Turns at once: lanes share the pool with those who answer requests, and must not take all of it.
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_TURNS))


class Lane:
    """`run` until cancelled; `wake` it when the log has grown or something was asked for."""

    def __init__(self, means: Means, webhook_id: str) -> None:
        self._means = means
        self._id = webhook_id
        self._wake = asyncio.Event()
        self._under_way: dict[int, tuple[Due, asyncio.Task[None]]] = {}
        self._ended: list[tuple[Due, Answer, datetime]] = []
        self._changed_at: datetime | None = None
        self._is_gone = False

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver. What fails here is tried again with back-off: the database may be away."""
        back_off = _FIRST_BACK_OFF
        try:
            while True:
                self._wake.clear()
                try:
                    seconds = await self._turn()
                    back_off = _FIRST_BACK_OFF
                except psycopg.OperationalError as error:
                    log.warning("webhook waits for the database", extra={"webhook": self._id, "reason": type(error).__name__})
                    seconds, back_off = 0.0, await _backed_off(back_off)
                except Exception:
                    log.exception("webhook failed", extra={"webhook": self._id})
                    seconds, back_off = 0.0, await _backed_off(back_off)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._wake.wait()
        finally:
            await self._finish()

    async def _turn(self) -> float:
        """Everything that can be done now; returns the seconds until there may be more."""
        async with self._means.turns, self._means.pool.connection() as connection:
            await self._note_ends(connection)
            seconds = await self._go_on(connection)
        if self._is_gone:
            await self._retire()
        return seconds

    async def _go_on(self, connection: AsyncConnection[Any]) -> float:
        now = self._means.now()
        free = CONCURRENCY - len(self._under_way)
        looked = await queue.look(connection, self._id, now, most=_READ_AHEAD, besides=list(self._under_way), limit=free + 1)
        if looked is None:
            return _LOOK_SECONDS
        look, waiting = looked
        if look.must_rewind:
            if self._under_way:
                # Each attempt that ends wakes the lane; what is not started now is started after the rewind.
                return _LOOK_SECONDS
            await queue.rewind(connection, self._id)
            return 0.0
        if look.changed_at != self._changed_at:
            await queue.hasten(connection, self._id, look.changed_at, now)
            self._changed_at = look.changed_at
            return 0.0
        if look.paused_until is not None and look.paused_until > now:
            return min((look.paused_until - now).total_seconds(), _LOOK_SECONDS)
        await self._start(connection, look, self._ready([one for one in waiting if one.due_at <= now], free))
        # A stuck workspace holds up nobody: what it keeps pending does not count once nothing is left that was never attempted.
        is_busy = any(one.is_first for one, _ in self._under_way.values())
        if (look.pending < _READ_AHEAD or not is_busy) and await self._read_on(connection, look, now):
            return 0.0
        # What is due and was not started waits for one of those under way, whose end wakes the lane.
        following = min((one.due_at for one in waiting if one.due_at > now), default=None)
        return _LOOK_SECONDS if following is None else min((following - now).total_seconds(), _LOOK_SECONDS)

    def _ready(self, due: Sequence[Due], free: int) -> Sequence[Due]:
        """Those of `due` that can be started: a few that failed before, and with the other places those that were never attempted."""
        again = [one for one in due if not one.is_first]
        places = min(free, _FURTHER - sum(not one.is_first for one, _ in self._under_way.values()))
        started = again[:places]
        return [*started, *[one for one in due if one.is_first][: free - len(started)]]

    async def _read_on(self, connection: AsyncConnection[Any], look: Look, now: datetime) -> bool:
        """Queue the next page of the log, as far as the read models have come: they know the names of its actors. Whether there was one."""
        upto = self._means.positions.current
        if look.position >= upto:
            return False
        events, reached = await self._means.reader.after(connection, look.position, Selection(), limit=_PAGE, upto=upto)
        groups: set[str] = set()
        found = []
        for recorded in events:
            if look.event_types and recorded.event.NAME not in look.event_types:
                continue
            group = group_of(recorded)
            found.append(Queued(recorded.position, message_id(self._id, recorded.id), recorded.event.NAME, group, group not in groups))
            groups.add(group)
        return await queue.queue(connection, self._id, found, look.position, reached, now)

    async def _start(self, connection: AsyncConnection[Any], look: Look, ready: Sequence[Due]) -> None:
        if not ready:
            return
        events = {e.position: e for e in await self._means.reader.at(connection, [one.position for one in ready])}
        names = await actor_names(connection, events.values())
        for one in ready:
            recorded = events.get(one.position)
            if recorded is None:
                self._ended.append((one, _UNREADABLE, self._means.now()))
                self.wake()
            else:
                task = asyncio.create_task(self._attempt(look, one, recorded, names), name="webhook attempt")
                self._under_way[one.position] = one, task

    async def _attempt(self, look: Look, one: Due, recorded: Recorded, names: Mapping[str, str | None]) -> None:
        try:
            answer = await self._means.sender.send(look.url, look.secrets, one.message_id, event_body(recorded, names))
        except Exception:
            # Else it would count as under way for ever, and its workspace would wait for it.
            log.exception("webhook attempt failed", extra={"webhook": self._id, "position": one.position})
            answer = _FAULT
        self._ended.append((one, answer, self._means.now()))
        self.wake()

    async def _note_ends(self, connection: AsyncConnection[Any]) -> None:
        """Attempts count as under way until their end is stored: a failure here loses none of them."""
        ended = list(self._ended)
        if ended:
            tried = [self._judged(*one) for one in ended]
            asked = [at + a.retry_after for _, a, at in ended if a.status == _TOO_MANY and a.retry_after]
            await queue.record(connection, self._id, tried, self._means.now(), max(asked, default=None))
            del self._ended[: len(ended)]
            for one, answer, _ in ended:
                self._under_way.pop(one.position, None)
                self._is_gone = self._is_gone or answer.status == _GONE
            for end in tried:
                metrics.count_webhook_attempt(end.state)

    def _judged(self, one: Due, answer: Answer, at: datetime) -> Tried:
        if answer.is_success:
            return Tried(one.position, DELIVERED, answer.status, "", at, None)
        # Whatever was changed since may have put it right: time counts anew from there.
        since = max(one.queued_at, self._changed_at or one.queued_at)
        again = self._means.retries.next_attempt(since, at, one.attempts + 1, self._means.drawn(), answer.retry_after)
        if answer is _UNREADABLE:
            again = None
        return Tried(one.position, FAILED if again is None else PENDING, answer.status, answer.error, at, again)

    async def _retire(self) -> None:
        """The receiver wants no more. Nothing is lost: whoever enables it again gets what is pending."""
        try:
            await self._means.bus.execute(RetireWebhook(self._id), _as_system(self._means.now()))
            log.warning("webhook disabled because its receiver is gone", extra={"webhook": self._id})
            self._is_gone = False
        except DomainError as error:
            log.warning("webhook could not be disabled", extra={"webhook": self._id, "reason": error.message})

    async def _finish(self) -> None:
        """Give attempts a moment to end, and note those that did: so a restart repeats none of them."""
        attempts = [task for _, task in self._under_way.values()]
        if attempts:
            _, late = await asyncio.wait(attempts, timeout=_END_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.wait(attempts)
        with contextlib.suppress(psycopg.Error):
            if self._ended:
                async with self._means.pool.connection(timeout=_END_SECONDS) as connection:
                    await self._note_ends(connection)


def _as_system(now: datetime) -> Context:
    return Context(Actor("system"), now, str(uuid.uuid4()))


async def _backed_off(seconds: float) -> float:
    """Whatever wakes the lane meanwhile: it waits; returns how long the next time."""
    await asyncio.sleep(seconds)
    return min(seconds * 2, _LONGEST_BACK_OFF)
