"""First answers to changes that carried an Idempotency-Key: claimed before the change, marked in its transaction, kept after it.

A claim belongs to a process, which holds an advisory lock for as long as it lives: what a dead one left is taken over at once.
If it had appended nothing, the request runs again; if it had, the marks say which events are its outcome. Two processes that
both believe to hold a claim cannot both append: marks are unique.

The client's key is not stored. Rows are found by a digest of it, and answers, which may hold tokens, are sealed with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import os
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.kernel.events import Recorded
from projections.engine.tail import Decoder, read_page
from service.store.append import SideWrite
from service.store.connect import Connect

log = logging.getLogger(__name__)

LIFETIME_HOURS = 24
_CLEANUP_SECONDS = 3600.0
#: The first half of the advisory locks by which processes show that they live.
_LOCK_CLASS = 0x1DE7
_NONCE_BYTES = 12
_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_CLAIM: LiteralString = """
    INSERT INTO idempotency_keys (id, caller, request_hash, holder)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (id) DO NOTHING
"""
_FIND: LiteralString = """
    SELECT request_hash, holder, answer, created_at < now() - make_interval(hours => %s)
    FROM idempotency_keys
    WHERE id = %s
"""
_TAKE_OVER: LiteralString = "UPDATE idempotency_keys SET holder = %s WHERE id = %s AND holder = %s AND answer IS NULL"
_MARKS: LiteralString = "SELECT ordinal, position, events FROM idempotency_marks WHERE id = %s"
_MARK: LiteralString = """
    INSERT INTO idempotency_marks (id, ordinal, position, events)
    SELECT %s, %s, notification_id, %s
    FROM ledger_events
    WHERE originator_id = %s AND originator_version = %s
"""
_KEEP: LiteralString = """
    WITH kept AS (UPDATE idempotency_keys SET answer = %s, mentions = %s::uuid[] WHERE id = %s AND answer IS NULL)
    DELETE FROM idempotency_marks WHERE id = %s
"""
_RELEASE: LiteralString = """
    DELETE FROM idempotency_keys k
    WHERE k.id = %s AND k.holder = %s AND k.answer IS NULL AND NOT EXISTS (SELECT FROM idempotency_marks m WHERE m.id = k.id)
"""
_FORGET: LiteralString = """
    WITH old AS (
      DELETE FROM idempotency_keys
      WHERE created_at < now() - make_interval(hours => %s)
      RETURNING id
    )
    DELETE FROM idempotency_marks m USING old WHERE m.id = old.id
"""


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A change with its key: `caller` says whose key it is; `request` is everything that a repetition must have in common."""

    caller: str
    route: str
    key: str
    request: bytes

    @property
    def id(self) -> bytes:
        """Digest of whose key it is, for which route, and the key."""
        return hashlib.sha256(b"\0".join(part.encode() for part in (self.caller, self.route, self.key))).digest()

    @property
    def request_hash(self) -> bytes:
        """Keyed, so that nobody who reads it can try out passwords."""
        return hmac.digest(self.key.encode(), self.request, "sha256")

    @property
    def seal(self) -> AESGCM:
        """What opens the kept answer."""
        return AESGCM(hmac.digest(self.key.encode(), b"answer" + self.id, "sha256"))


@dataclass(frozen=True, slots=True)
class Kept:
    """The first answer, as it was kept."""

    answer: bytes


class StillRunning(Exception):
    """The first request with this key has not been answered yet."""


class KeyReused(Exception):
    """The key was used for another request."""


@dataclass(slots=True)
class Claim:
    """The right to carry out a request. `marks` are (position of the last event, number of events) of what an earlier holder
    has appended, by the ordinal of the command within the request."""

    request: KeyedRequest
    marks: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    _commands: int = 0

    def next_command(self) -> int:
        """The ordinal of the request's next command."""
        ordinal, self._commands = self._commands, self._commands + 1
        return ordinal

    def mark(self, ordinal: int) -> Callable[[Sequence[Recorded]], SideWrite]:
        """What must be written together with the events of a command."""
        id = self.request.id

        def write(events: Sequence[Recorded]) -> SideWrite:
            last = events[-1]
            return SideWrite(_MARK, (id, ordinal, len(events), last.stream.id, last.version))

        return write


class KeptAnswers:
    """One process' claims."""

    def __init__(self, pool: AsyncConnectionPool[Any], connect: Connect, decoder: Decoder) -> None:
        self._pool = pool
        self._connect = connect
        self._decoder = decoder
        self._holder = secrets.randbelow(2**31)
        self._mine: set[bytes] = set()
        self._task: asyncio.Task[None] | None = None
        self._is_alive = asyncio.Event()

    async def start(self) -> None:
        """Show that this process lives, before it claims anything."""
        self._task = asyncio.create_task(self._live(), name="kept-answers")
        await self._is_alive.wait()

    async def stop(self) -> None:
        """Let others take over what is left."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def claim(self, request: KeyedRequest) -> Claim | Kept:
        """The right to carry the request out, or its first answer. Raises `StillRunning`, `KeyReused`."""
        id = request.id
        async with self._pool.connection() as connection:
            for _ in range(3):
                cursor = await connection.execute(_CLAIM, (id, request.caller, request.request_hash, self._holder))
                if cursor.rowcount:
                    self._mine.add(id)
                    return Claim(request)
                row = await (await connection.execute(_FIND, (LIFETIME_HOURS, id))).fetchone()
                if row is None:
                    continue
                request_hash, holder, answer, is_old = row
                if is_old:
                    await connection.execute(_FORGET, (LIFETIME_HOURS,))
                elif not hmac.compare_digest(request_hash, request.request_hash):
                    raise KeyReused
                elif answer is not None:
                    return Kept(request.seal.decrypt(answer[:_NONCE_BYTES], answer[_NONCE_BYTES:], id))
                elif await self._is_running(connection, id, holder):
                    break
                elif claim := await self._take_over(connection, request, holder):
                    return claim
        raise StillRunning

    async def recall(self, mark: tuple[int, int]) -> Sequence[Recorded]:
        """The events of a command that an earlier holder has carried out."""
        position, count = mark
        async with self._pool.connection() as connection:
            events, _ = await read_page(connection, self._decoder, position - count, count, position)
        return events

    async def keep(self, claim: Claim, answer: bytes) -> None:
        """The first answer, from now on and for a day the only one."""
        request = claim.request
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + request.seal.encrypt(nonce, answer, request.id)
        # Whom the answer may show, so that erasing somebody reaches it although it cannot be read.
        mentions = sorted({found.decode() for found in _UUID.findall(answer)})
        try:
            async with self._pool.connection() as connection:
                await connection.execute(_KEEP, (sealed, mentions, request.id, request.id))
        finally:
            self._mine.discard(request.id)

    async def release(self, claim: Claim) -> None:
        """There was no outcome: the next request with this key runs, or is answered from what was appended."""
        try:
            async with self._pool.connection() as connection:
                await connection.execute(_RELEASE, (claim.request.id, self._holder))
        finally:
            self._mine.discard(claim.request.id)

    async def _is_running(self, connection: AsyncConnection[Any], id: bytes, holder: int) -> bool:
        if holder == self._holder:
            return id in self._mine
        # Outside of a transaction the lock is given back at once.
        cursor = await connection.execute("SELECT pg_try_advisory_xact_lock_shared(%s, %s)", (_LOCK_CLASS, holder))
        row = await cursor.fetchone()
        return not (row and row[0])

    async def _take_over(self, connection: AsyncConnection[Any], request: KeyedRequest, holder: int) -> Claim | None:
        cursor = await connection.execute(_TAKE_OVER, (self._holder, request.id, holder))
        if not cursor.rowcount or request.id in self._mine:
            return None
        self._mine.add(request.id)
        marks = await (await connection.execute(_MARKS, (request.id,))).fetchall()
        return Claim(request, {ordinal: (position, events) for ordinal, position, events in marks})

    async def _live(self) -> None:
        delay = 0.05
        while True:
            connection: AsyncConnection[Any] | None = None
            try:
                connection = await self._connect()
                await connection.execute("SELECT pg_advisory_lock(%s, %s)", (_LOCK_CLASS, self._holder))
                self._is_alive.set()
                delay = 0.05
                while True:
                    await connection.execute(_FORGET, (LIFETIME_HOURS,))
                    # Nothing is listened to: this notices at once when the connection, and the lock with it, is gone.
                    async for _ in connection.notifies(timeout=_CLEANUP_SECONDS):
                        pass
            except psycopg.Error as error:
                log.warning("claims of this process are not shown to be alive", extra={"reason": type(error).__name__})
            finally:
                if connection is not None:
                    with contextlib.suppress(psycopg.Error):
                        await connection.close()
            await asyncio.sleep(delay)
            delay = min(delay * 2, 2.0)
