"""Provisioners of other processes: they ask for jobs and are told of them the moment they wait. How they talk is not known here.

A daemon is its key and its name. It has one job at a time: one that asks again while it has a job gets that job again, so
neither a lost answer nor its restart loses a job. A silent one's job is reaped (contract/lifecycle.md C6).
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from service.provisioner.assignments import Assignments
from service.provisioner.jobs import BUILD, PLANNING, Job, JobBoard, Offer, job_of
from service.store.provisioner_daemons import Kind, attach, beat
from service.store.provisioner_keys import ProvisionerKey
from service.web.feed import Change

JOB_TYPES = (*PLANNING, BUILD)
#: After these a job waits.
_WAITING = frozenset({"BuildQueued", "TemplateVersionCreated", "DryRunQueued"})
#: What an interrupted stream of news could have kept back is found after this.
_POLL_SECONDS = 1.0
_JOB: LiteralString = """
    SELECT j.*
    FROM jobs j
    JOIN provisioner_daemons d ON d.id = j.worker_id
    WHERE j.id = %s::uuid AND d.key_id = %s::uuid
"""


class AttachedProvisioners:
    """A follower of the feed."""

    def __init__(self, board: JobBoard, assignments: Assignments, pool: AsyncConnectionPool[Any]) -> None:
        self.board = board
        self.assignments = assignments
        self._pool = pool
        self._news = asyncio.Event()

    async def follow(self, _connection: AsyncConnection[Any], _previous: int, _position: int, changes: Sequence[Change]) -> None:
        """Wake those who wait for jobs."""
        if not _WAITING.isdisjoint(change.name for change in changes):
            self._ring()

    async def reset(self, _connection: AsyncConnection[Any], _position: int) -> None:
        """Anything may wait."""
        self._ring()

    def _ring(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def acquire(self, key: ProvisionerKey, kind: Kind, seconds: float, is_over: Callable[[], bool]) -> Job | None:
        """The daemon's next job, waiting for one `seconds` at most; None when there is none, or `is_over`."""
        daemon_id = str(uuid.uuid5(uuid.UUID(key.id), kind.name))
        async with self._pool.connection() as connection:
            await attach(connection, daemon_id, key.id, key.organization_id, kind)
        offer = Offer(kind.provisioners, kind.job_types, kind.tags, key.organization_id)
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        unfinished = await self.board.unfinished([daemon_id])
        if unfinished:
            return unfinished[0]
        while True:
            news = self._news
            found, more = await self.board.acquire(offer, [daemon_id])
            if found:
                return found[0]
            rest = until - loop.time()
            if rest <= 0 or is_over():
                return None
            if more:
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(rest, _POLL_SECONDS)):
                    await news.wait()

    async def job(self, key: ProvisionerKey, job_id: str) -> Job | None:
        """A job that a daemon of the key has and that has not ended; asking is a sign of life."""
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(_JOB, (job_id, key.id), prepare=True)
            row = await cursor.fetchone()
            if row is None or row["completed_at"] is not None:
                return None
            await beat(connection, [row["worker_id"]], [job_id])
        return job_of(row, row["worker_id"])
