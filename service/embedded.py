"""The embedded PostgreSQL: the server binaries of a wheel, run on a directory of ours, shared by every process that uses it.

Who may stop it: each user holds a shared file lock that the kernel drops when the user ends, however it ends. A clean `stop`
that finds nobody else holding it stops the server; otherwise the last user to leave does. So `verify` beside a running
service never takes its database away, and a server left behind by a killed service is adopted by the next and stopped by it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from service.observability import metrics
from service.postmaster import Cluster, EmbeddedPostgresError

log = logging.getLogger(__name__)

T = TypeVar("T")

DATABASE = "ledger"
_START_SECONDS = 60.0  # crash recovery replays the log since the last checkpoint, at most max_wal_size
_STOP_SECONDS = 8.0  # the whole service must end within ten
_WATCH_SECONDS = 0.2
_RETRY_SECONDS = 2.0


class EmbeddedPostgres:
    """One process' use of the embedded server of a data directory. Not for use by several event loops."""

    def __init__(self) -> None:
        self._cluster: Cluster | None = None
        self._user_lock: int | None = None
        self._supervision: asyncio.Task[None] | None = None
        self.dsn = ""

    async def start(self, data_dir: Path) -> str:
        """Start the server of `data_dir`, or join the one that runs, and keep it running until `stop`.

        Returns the conninfo of its database `ledger`, over a unix socket. The directory is made if need be.
        Raises `EmbeddedPostgresError` with a remedy when this machine or directory cannot carry it.
        """
        if self._cluster is not None:
            raise EmbeddedPostgresError("This instance was started before; stop it first.")
        try:
            cluster = Cluster(data_dir)
            async with _controlled(cluster):
                self._user_lock = os.open(cluster.home / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(self._user_lock, fcntl.LOCK_SH)
                await self._ensure(cluster)
                self.dsn = await _ensure_database(cluster)
        except BaseException as error:
            self._release()
            if isinstance(error, PermissionError):
                raise EmbeddedPostgresError(
                    f"The data directory {data_dir} belongs to another user ({error.strerror}: {error.filename}). "
                    "Run as that user, or choose another directory with LEDGER_DATA_DIR."
                ) from error
            if isinstance(error, OSError) and error.strerror:
                raise EmbeddedPostgresError(
                    f"The data directory {data_dir} cannot be used ({error.strerror}: {error.filename or data_dir}). "
                    "Make room for it, or choose another directory with LEDGER_DATA_DIR."
                ) from error
            raise
        self._cluster = cluster
        self._supervision = asyncio.create_task(self._supervise(cluster), name="embedded-postgres")
        return self.dsn

    async def ensure_running(self) -> None:
        """Bring the server back if it died; with it comes its crash recovery. Raises `EmbeddedPostgresError` if it will not start."""
        if self._cluster is None:
            raise EmbeddedPostgresError("This instance is not started.")
        if await asyncio.to_thread(self._cluster.is_running):
            return
        async with _controlled(self._cluster):
            await self._ensure(self._cluster)

    async def stop(self) -> None:
        """Leave the server; stop it too when no other process uses it. Safe to call twice."""
        if self._supervision is not None:
            self._supervision.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._supervision
            self._supervision = None
        cluster, self._cluster = self._cluster, None
        if cluster is None or self._user_lock is None:
            return
        async with _controlled(cluster):
            try:
                fcntl.flock(self._user_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                log.info("embedded postgres left running for its other users", extra={"data_dir": str(cluster.home)})
            else:
                await _to_its_end(cluster.stop, _STOP_SECONDS)
            finally:
                self._release()

    async def _ensure(self, cluster: Cluster) -> None:
        adopted = await _to_its_end(cluster.ensure, _START_SECONDS)
        log.info(
            "embedded postgres joined" if adopted else "embedded postgres started",
            extra={"pid": cluster.pid, "data_dir": str(cluster.home)},
        )

    async def _supervise(self, cluster: Cluster) -> None:
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            if cluster.is_alive():
                continue
            log.warning("embedded postgres died, restarting it", extra={"pid": cluster.pid, "log_file": str(cluster.log_file)})
            try:
                await self.ensure_running()
                metrics.count_restart()
            except (EmbeddedPostgresError, OSError):
                log.exception("embedded postgres did not come back, trying again", extra={"retry_seconds": _RETRY_SECONDS})
                await asyncio.sleep(_RETRY_SECONDS)

    def _release(self) -> None:
        if self._user_lock is not None:
            os.close(self._user_lock)
            self._user_lock = None


async def _to_its_end(function: Callable[[float], T], seconds: float) -> T:
    """Run in a thread. A cancelled caller still waits for it: the control lock must not go while a server is half started."""
    task = asyncio.ensure_future(asyncio.to_thread(function, seconds))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


@contextlib.asynccontextmanager
async def _controlled(cluster: Cluster) -> AsyncIterator[None]:
    """One process at a time starts, joins or stops the server. Polled: a blocking lock in a thread could not be cancelled."""
    path = cluster.home / "control.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _START_SECONDS + _STOP_SECONDS
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise EmbeddedPostgresError(f"Another process has held {path} for more than a minute.") from None
            await asyncio.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


async def _ensure_database(cluster: Cluster) -> str:
    """Make the service's database if the cluster has none yet; return its conninfo."""
    admin = cluster.conninfo("postgres")
    async with await psycopg.AsyncConnection.connect(admin, autocommit=True, connect_timeout=10) as connection:
        cursor = await connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
        if await cursor.fetchone() is None:
            await connection.execute(sql.SQL("CREATE DATABASE {} STRATEGY file_copy").format(sql.Identifier(DATABASE)))
    return make_conninfo(admin, dbname=DATABASE)
