"""What a worker can do with jobs: take the next ones, print, ask whether to stop, end them. Knows nothing of how workers talk.

Every job is a stream of its own feature (build, template version, dry run); which commands move it is decided here alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg_pool import AsyncConnectionPool

from domain.builds.commands import CompleteBuild, EndCanceledBuild, FailBuild, NoteLogsOverflow, StartBuild
from domain.kernel.context import Context
from domain.kernel.errors import DomainError
from domain.kernel.events import Actor
from domain.templates.dry_run_commands import CompleteDryRun, EndCanceledDryRun, FailDryRun, NoteDryRunLogsOverflow, StartDryRun
from domain.templates.version_commands import CompleteImport, EndCanceledImport, FailImport, NoteImportLogsOverflow, StartImport
from projections.engine.positions import Positions
from projections.jobs.queries import next_jobs, unfinished_jobs
from service.commands.bus import CommandBus
from service.store.job_logs import LogLine, append_lines, size_of, stored_with

log = logging.getLogger(__name__)

BUILD = "workspace_build"
IMPORT = "template_version_import"
DRY_RUN = "template_version_dry_run"
#: Jobs that make nothing and are soon over.
PLANNING = (IMPORT, DRY_RUN)

_OVERFLOW: Mapping[str, Callable[[str], object]] = {
    BUILD: NoteLogsOverflow,
    IMPORT: NoteImportLogsOverflow,
    DRY_RUN: NoteDryRunLogsOverflow,
}
#: A batch of lines is stored or left out as a whole, so none is larger than this.
_BATCH_BYTES = 64 * 1024
#: PostgreSQL text cannot hold this character.
_NUL = "\0"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its worker sees it. `stream_id` is the build's, version's or dry run's id; `worker_id` the daemon that has it."""

    id: str
    type: str
    stream_id: str
    workspace_id: str
    template_version_id: str
    file_id: str
    worker_id: str
    correlation_id: str
    causation_id: str
    created_at: datetime
    is_resumed: bool = False
    is_canceled: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """What a worker can take: its provisioners, types of jobs and tags, and the organization that it serves, None for all."""

    provisioners: tuple[str, ...]
    types: tuple[str, ...]
    tags: Mapping[str, str]
    organization_id: str | None = None


class JobBoard:
    """The queue as workers see it."""

    def __init__(
        self,
        bus: CommandBus,
        pool: AsyncConnectionPool[Any],
        positions: Positions,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._bus = bus
        self._pool = pool
        self._positions = positions
        self.now = now

    async def acquire(self, offer: Offer, workers: Sequence[str]) -> tuple[list[Job], bool]:
        """Jobs for these idle workers, oldest first, at most one each; each job goes to exactly one worker of all processes.

        True when more may be waiting that fit the offer: every worker found one, or others were faster.
        """
        async with self._pool.connection() as connection:
            rows = await next_jobs(
                connection,
                tags=offer.tags,
                provisioners=offer.provisioners,
                types=offer.types,
                organization_id=offer.organization_id,
                limit=len(workers),
            )
        found = [job_of(row, worker) for row, worker in zip(rows, workers, strict=False)]
        started = await asyncio.gather(*(self._start(job) for job in found))
        taken = [position for position in started if position]
        if taken:
            # Until the queue shows them as taken it would offer them again.
            await self._shown(max(taken))
        jobs = [job for job, position in zip(found, started, strict=True) if position]
        return jobs, len(found) == len(workers) or len(jobs) < len(found)

    async def unfinished(self, workers: Sequence[str]) -> list[Job]:
        """Jobs that these workers took and never ended: their process died."""
        async with self._pool.connection() as connection:
            rows = await unfinished_jobs(connection, workers)
        return [job_of(row, row["worker_id"], is_resumed=True) for row in rows]

    async def print(self, job: Job, lines: Sequence[LogLine]) -> None:
        """Append to the job's log; what does not fit is dropped, and noted once."""
        for batch in _batches(lines):
            async with self._pool.connection() as connection:
                fits = await append_lines(connection, job.id, batch)
            if not fits:
                await self._execute(job, _OVERFLOW[job.type](job.stream_id))
                return

    async def complete(self, job: Job, command: CompleteBuild | CompleteImport | CompleteDryRun, lines: Sequence[LogLine] = ()) -> int:
        """End a job with its result; returns the position of its end, 0 if it had ended before. So do the other two.

        `lines` are the last of its log, stored with the end: they must be known to fit.
        """
        return await self._execute(job, command, lines)

    async def fail(self, job: Job, error: str, error_code: str = "", lines: Sequence[LogLine] = (), *, by_reaper: bool = False) -> int:
        """End a job with an error; `by_reaper` also when another worker has it, or none."""
        worker = None if by_reaper else job.worker_id
        error = error.replace(_NUL, "")
        command: FailBuild | FailImport | FailDryRun
        if job.type == BUILD:
            command = FailBuild(job.stream_id, job.workspace_id, worker, error, error_code)
        elif job.type == IMPORT:
            command = FailImport(job.stream_id, worker, error, error_code)
        else:
            command = FailDryRun(job.stream_id, worker, error, error_code)
        return await self._execute(job, command, lines, as_system=by_reaper)

    async def end_canceled(self, job: Job, lines: Sequence[LogLine] = ()) -> int:
        """End a job as it was asked to."""
        command: EndCanceledBuild | EndCanceledImport | EndCanceledDryRun
        if job.type == BUILD:
            command = EndCanceledBuild(job.stream_id, job.workspace_id, job.worker_id)
        elif job.type == IMPORT:
            command = EndCanceledImport(job.stream_id, job.worker_id)
        else:
            command = EndCanceledDryRun(job.stream_id, job.worker_id)
        return await self._execute(job, command, lines)

    async def _start(self, job: Job) -> int:
        command: Any
        if job.type == BUILD:
            command = StartBuild(job.stream_id, job.worker_id)
        elif job.type == IMPORT:
            command = StartImport(job.stream_id, job.worker_id)
        else:
            command = StartDryRun(job.stream_id, job.worker_id)
        try:
            return await self._execute(job, command)
        except DomainError as refusal:
            log.warning("job could not be taken", extra={"job": job.id, "reason": refusal.message})
            return 0

    async def _execute(self, job: Job, command: Any, lines: Sequence[LogLine] = (), *, as_system: bool = False) -> int:
        """Carry out a command on behalf of whoever queued the job; returns its position, 0 when nothing happened."""
        actor = Actor("system") if as_system else Actor("provisioner", job.worker_id)
        context = Context(actor, self.now(), job.correlation_id, causation_id=job.causation_id)
        beside = (stored_with(job.id, lines),) if lines else ()
        return (await self._bus.execute(command, context, side_writes=beside)).position

    async def _shown(self, position: int) -> None:
        try:
            await self._positions.wait_until(position)
        except TimeoutError:
            log.warning("the queue lags behind", extra={"position": position})


def job_of(row: Mapping[str, Any], worker_id: str, *, is_resumed: bool = False) -> Job:
    """A row of `jobs` as the worker sees it who takes or has it."""
    kind = row["type"]
    stream_id = row["build_id"] if kind == BUILD else row["template_version_id"] if kind == IMPORT else row["dry_run_id"]
    return Job(
        row["id"],
        kind,
        stream_id,
        row["workspace_id"] or "",
        row["template_version_id"],
        row["file_id"],
        worker_id,
        row["correlation_id"],
        row["causation_id"],
        row["created_at"],
        is_resumed,
        row["canceled_at"] is not None,
    )


def _batches(lines: Sequence[LogLine]) -> list[list[LogLine]]:
    batches: list[list[LogLine]] = []
    size = 0
    for line in lines:
        length = size_of(line)
        if not batches or size + length > _BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(line)
        size += length
    return batches
