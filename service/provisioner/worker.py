"""The built-in provisioner's loop: takes as many jobs as it has idle daemons, never more, and sees that silent jobs end.

The feed says at once that a job waits or shall stop; a slow poll finds whatever it did not say.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import PoolTimeout

from service.provisioner.echo import Echo
from service.provisioner.jobs import BUILD, DRY_RUN, IMPORT, Job, JobBoard
from service.provisioner.lanes import Lane
from service.provisioner.progress import JobCanceled, JobFailed, Progress
from service.provisioner.reaper import Reaper
from service.store.connect import Connect
from service.store.group_commit import Busy
from service.store.job_logs import MAX_BYTES
from service.store.provisioner_daemons import beat, forget_jobs
from service.web.feed import Change

log = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
#: How long a stopping process waits for jobs that are about to end by themselves.
GRACE_SECONDS = 1.0

#: What the feed tells of, and the type of the job that waits then.
_WAITING = {"BuildQueued": BUILD, "TemplateVersionCreated": IMPORT, "DryRunQueued": DRY_RUN}
_CANCELED = frozenset({"BuildCancelRequested", "TemplateImportCancelRequested", "DryRunCancelRequested"})
_AWAY = (psycopg.OperationalError, PoolTimeout, Busy)


@dataclass(slots=True)
class _Running:
    job: Job
    progress: Progress
    task: asyncio.Task[None]


class Worker:
    """Runs jobs on this process' daemons; a follower of the feed."""

    def __init__(self, board: JobBoard, echo: Echo, connect: Connect, lanes: Sequence[Lane], reaper: Reaper) -> None:
        self._board = board
        self._echo = echo
        self._connect = connect
        #: Jobs that fit several are taken by the first of these that has an idle daemon.
        self._lanes = tuple(lanes)
        self._reaper = reaper
        self._wake = asyncio.Event()
        #: Types of which jobs may be waiting: no other is asked for, so that a daemon that becomes idle need not look in vain.
        self._waiting: set[str] = set(_WAITING.values())
        self._claimed = asyncio.Event()
        #: One at a time looks for jobs, so that a job that is being taken is not mistaken for an abandoned one.
        self._taking = asyncio.Lock()
        self._running: dict[str, _Running] = {}
        #: Jobs that this process has ended, while read models may still show them as running.
        self._ended: deque[str] = deque(maxlen=4096)
        self._beating: set[str] = set()
        self._cancel_requests: deque[str] = deque(maxlen=256)
        self._loops: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Claim the daemons, go on with what they left unfinished, then take jobs."""
        self._loops.append(asyncio.create_task(self._keep(), name="provisioner-keeper"))
        await self._claimed.wait()
        self._loops.append(asyncio.create_task(self._take(), name="provisioner-dispatch"))

    async def stop(self) -> None:
        """Take no more jobs; leave those that do not end by themselves in a moment to whoever takes over the daemons."""
        await _end(self._loops[1:])
        tasks = [running.task for running in self._running.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE_SECONDS)
        await _end(tasks)
        await _end(self._loops)

    async def follow(self, _connection: AsyncConnection[Any], _previous: int, _position: int, changes: Sequence[Change]) -> None:
        """Wake for waiting jobs, stop those that were cancelled."""
        for change in changes:
            type = _WAITING.get(change.name)
            if type is not None:
                self._waiting.add(type)
                self._wake.set()
            elif change.name in _CANCELED:
                self._cancel_requests.append(change.stream_id)
                self._cancel([r for r in self._running.values() if r.job.stream_id == change.stream_id])

    async def reset(self, _connection: AsyncConnection[Any], _position: int) -> None:
        """Anything may have happened: look."""
        self._waiting.update(_WAITING.values())
        self._wake.set()

    async def _keep(self) -> None:
        """Hold the daemons and show signs of life, over a connection that is opened again whenever it breaks."""
        delay = 0.05
        while True:
            connection: AsyncConnection[Any] | None = None
            try:
                connection = await self._connect()
                lost = [id for lane in self._lanes for id in await lane.claim(connection)]
                await _end([r.task for r in self._running.values() if r.job.worker_id in lost])
                while True:
                    await self._sign_of_life(connection)
                    self._claimed.set()
                    delay = 0.05
                    await asyncio.sleep(BEAT_SECONDS)
            except _AWAY as error:
                log.warning("provisioner lost the database", extra={"reason": type(error).__name__})
            except Exception:
                log.exception("provisioner failed")
            finally:
                if connection is not None:
                    with contextlib.suppress(psycopg.Error):
                        await connection.close()
            await asyncio.sleep(delay)
            delay = min(delay * 2, 2.0)

    async def _sign_of_life(self, connection: AsyncConnection[Any]) -> None:
        await self._resume()
        gone = self._beating - set(self._running)
        if gone:
            await forget_jobs(connection, list(gone))
        self._beating = set(self._running)
        await beat(connection, self._daemons, list(self._beating))
        await self._reaper.reap(connection)

    async def _resume(self) -> None:
        """Go on with jobs of these daemons that are not running here, and stop those whose cancelling the feed did not tell."""
        async with self._taking:
            for job in await self._board.unfinished(self._daemons):
                running = self._running.get(job.id)
                if running is not None:
                    if job.is_canceled:
                        self._cancel([running])
                elif job.id not in self._ended:
                    log.info("unfinished job resumed", extra={"job": job.id, "worker": job.worker_id})
                    self._begin(job)

    async def _take(self) -> None:
        delay = 0.05
        while True:
            self._wake.clear()
            try:
                for lane in self._lanes:
                    await self._take_in(lane)
                delay = 0.05
            except Exception as error:
                if isinstance(error, _AWAY):
                    log.warning("provisioner cannot take jobs", extra={"reason": type(error).__name__})
                else:
                    log.exception("provisioner failed to take jobs")
                await asyncio.sleep(delay)
                delay = min(delay * 2, 2.0)
                continue
            try:
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                self._waiting.update(_WAITING.values())

    async def _take_in(self, lane: Lane) -> None:
        """Take waiting jobs for the idle daemons of a lane, until none is idle or nothing waits that the lane may take."""
        async with self._taking:
            while types := self._waiting.intersection(lane.offer.types):
                busy = {r.job.worker_id for r in self._running.values()}
                idle = [id for id in lane.ids if id not in busy]
                if not idle:
                    return
                # Before the question: what is queued while it is answered is asked for again.
                self._waiting -= types
                try:
                    jobs, more = await self._board.acquire(lane.offer, idle)
                except BaseException:
                    self._waiting |= types
                    raise
                if more:
                    self._waiting |= types
                for job in jobs:
                    self._begin(job)

    @property
    def _daemons(self) -> list[str]:
        return [id for lane in self._lanes for id in lane.ids]

    def _begin(self, job: Job) -> None:
        # What a job printed before it was resumed is not known here.
        room = 0 if job.is_resumed else MAX_BYTES
        progress = Progress(lambda lines: _stored(lambda: self._board.print(job, lines)), self._board.now, room=room)
        task = asyncio.create_task(self._run(job, progress), name=f"job-{job.id}")
        self._running[job.id] = _Running(job, progress, task)
        if job.is_canceled or job.stream_id in self._cancel_requests:
            progress.cancel()

    def _cancel(self, running: Sequence[_Running]) -> None:
        for one in running:
            one.progress.cancel()

    async def _run(self, job: Job, progress: Progress) -> None:
        try:
            if job.is_resumed:
                await progress.say("Setting up", "The provisioner was restarted: the job begins anew.", level="warn")
            await self._carry_out(job, progress)
            self._ended.append(job.id)
        except Exception:
            # Ended by the reaper when its signs of life are forgotten; a bug must not take the loop with it.
            log.exception("job could not be ended", extra={"job": job.id})
        finally:
            self._running.pop(job.id, None)
            self._wake.set()

    async def _carry_out(self, job: Job, progress: Progress) -> None:
        try:
            result = await self._echo.carry_out(job, progress)
        except JobCanceled:
            await progress.say("Canceled", "The job was canceled.", level="warn")
            lines = await progress.last_lines()
            await _stored(lambda: self._board.end_canceled(job, lines))
        except JobFailed as failure:
            message, code = failure.message, failure.code
            await progress.say("Failed", message, level="error")
            lines = await progress.last_lines()
            await _stored(lambda: self._board.fail(job, message, code, lines))
        except _AWAY:
            raise
        except Exception:
            log.exception("provisioner failed to carry out a job", extra={"job": job.id})
            lines = await progress.last_lines()
            await _stored(lambda: self._board.fail(job, "The provisioner failed to carry out the job: an internal error.", lines=lines))
        else:
            lines = await progress.last_lines()
            await _stored(lambda: self._board.complete(job, result, lines))


async def _stored(write: Callable[[], Awaitable[object]]) -> None:
    """Write, again and again while the database is away: what a job has done must not be lost for that."""
    delay = 0.1
    while True:
        try:
            await write()
            return
        except _AWAY as error:
            log.warning("provisioner waits for the database", extra={"reason": type(error).__name__})
        await asyncio.sleep(delay)
        delay = min(delay * 2, 2.0)


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
