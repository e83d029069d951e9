"""Appends through the bus, beside a thread pool of the library's `Application.save`, in one run on one server."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool

from domain.kernel.context import Context
from domain.kernel.decider import Decider, Decision, append
from domain.kernel.events import Actor
from domain.workspaces.events import WorkspaceCreated
from ops.bench.measure import Series, compared
from projections import live
from service.commands.bus import CommandBus
from service.commands.unit import CommandRoute, Unit
from service.embedded import EmbeddedPostgres
from service.store.connect import connector
from service.store.group_commit import GroupCommit
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.store.prepare import prepare
from service.store.repository import Repository

CALLERS = (1, 16, 128)
WANTED = {16: 8.0}


@dataclass(frozen=True, slots=True)
class _Create:
    workspace_id: str


_DECIDER: Decider[int] = Decider("workspace", 0, lambda count, _recorded: count + 1)


async def _create(command: _Create, unit: Unit, _context: Context) -> Decision:
    unit.new(_DECIDER, command.workspace_id)
    owner = str(uuid.UUID(int=1))
    return (append(_DECIDER.stream(command.workspace_id), WorkspaceCreated(owner, owner, owner, "bench", None, 3_600_000, "never", None)),)


class _Workspace(Aggregate):
    """The same event as the library stores it."""

    @event("Created")
    def __init__(self, owner_id: str, organization_id: str, template_id: str, name: str, ttl_ms: int, automatic_updates: str) -> None:
        self.owner_id, self.organization_id, self.template_id = owner_id, organization_id, template_id
        self.name, self.ttl_ms, self.automatic_updates = name, ttl_ms, automatic_updates


async def _load(callers: int, seconds: float, operation: Callable[[], Awaitable[None]]) -> tuple[int, float, list[float], float]:
    latencies: list[float] = []
    started, cpu = time.perf_counter(), time.process_time()
    end = started + seconds

    async def caller() -> None:
        while (at := time.perf_counter()) < end:
            await operation()
            latencies.append(time.perf_counter() - at)

    await asyncio.gather(*(caller() for _ in range(callers)))
    return len(latencies), time.perf_counter() - started, latencies, time.process_time() - cpu


async def bench(rounds: int, seconds: float, directory: Any) -> list[dict[str, Any]]:
    """One report per number of callers."""
    embedded = EmbeddedPostgres()
    dsn = await embedded.start(directory)
    try:
        await prepare(dsn)
        return await _compare(dsn, rounds, seconds)
    finally:
        await embedded.stop()


async def _compare(dsn: str, rounds: int, seconds: float) -> list[dict[str, Any]]:
    keys = KeyRing()
    mapper = EventMapper(keys)
    writer = GroupCommit(connector(dsn), mapper)
    await writer.start()
    parts = conninfo_to_dict(dsn)
    library: Application[uuid.UUID] = Application(
        {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(parts["dbname"]),
            "POSTGRES_HOST": str(parts["host"]),
            "POSTGRES_PORT": str(parts["port"]),
            "POSTGRES_USER": str(parts["user"]),
            "POSTGRES_PASSWORD": "unused",
        }
    )
    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
        dsn, min_size=4, max_size=8, kwargs={"autocommit": True}, configure=live.configure, open=False
    )
    threads = ThreadPoolExecutor(8)
    loop = asyncio.get_running_loop()
    async with pool:
        repository = Repository(pool, mapper)
        bus = CommandBus([CommandRoute(_Create, lambda c: (c.workspace_id,), _create)], repository, writer, pool, keys)

        async def through_bus() -> None:
            context = Context(
                Actor("user", str(uuid.uuid4())), datetime.now(UTC), str(uuid.uuid4()), str(uuid.uuid4()), "127.0.0.1", "bench"
            )
            await bus.execute(_Create(str(uuid.uuid4())), context)

        def save() -> None:
            owner = str(uuid.UUID(int=1))
            library.save(_Workspace(owner, owner, owner, "bench", 3_600_000, "never"))

        async def through_library() -> None:
            await loop.run_in_executor(threads, save)

        reports = []
        for callers in CALLERS:
            ours, theirs = Series(f"bus, {callers} callers"), Series(f"thread pool of Application.save, {callers} callers")
            for _ in range(rounds):
                ours.add(*await _load(callers, seconds, through_bus))
                theirs.add(*await _load(callers, seconds, through_library))
            reports.append(compared(f"append, {callers} concurrent callers", ours, theirs, WANTED.get(callers)))
    threads.shutdown()
    await writer.stop()
    library.close()
    return reports
