"""Ends jobs that nobody else will end: their provisioner fell silent, or none ever took them (contract/lifecycle.md C6)."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from service.provisioner.jobs import JobBoard, job_of
from service.store.job_logs import DAEMON, LogLine, last_stage
from service.store.provisioner_daemons import forget_daemons, silent_jobs

log = logging.getLogger(__name__)

#: At most so many jobs in one pass: a mass failure must not keep a provisioner from its work.
_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds between two passes, of silence of a built-in provisioner (others get ten times as long), of waiting in the queue."""

    pass_seconds: float = 10.0
    silent_seconds: float = 30.0
    pending_seconds: float = 1800.0


class Reaper:
    """Looks through the queue from time to time; several may do so at once, a job ends but once."""

    def __init__(self, board: JobBoard, patience: Patience | None = None) -> None:
        self._board = board
        self._patience = patience or Patience()
        self._next = 0.0

    async def reap(self, connection: AsyncConnection[Any]) -> int:
        """End what is overdue, if it is time for a pass; returns how many were."""
        if time.monotonic() < self._next:
            return 0
        self._next = time.monotonic() + self._patience.pass_seconds
        rows = await silent_jobs(
            connection, silent_seconds=self._patience.silent_seconds, pending_seconds=self._patience.pending_seconds, limit=_AT_ONCE
        )
        for row in rows[:_AT_ONCE]:
            await self._end(connection, row)
        await forget_daemons(connection)
        return len(rows[:_AT_ONCE])

    async def _end(self, connection: AsyncConnection[Any], row: Mapping[str, Any]) -> None:
        job = job_of(row, row["worker_id"] or "")
        is_pending = row["started_at"] is None
        error = (
            "No provisioner took the job in time. Is one running that may take jobs with these tags?"
            if is_pending
            else "The provisioner of the job fell silent and is considered gone."
        )
        log.warning("job reaped", extra={"job": job.id, "pending": is_pending})
        stage = await last_stage(connection, job.id)
        await self._board.print(job, [LogLine(self._board.now(), stage, error, DAEMON, "error")])
        await self._board.fail(job, error, by_reaper=True)
