"""A rebuild of all read models from a log of many workspaces' lives, in events per second."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection

from domain.builds.events import BuildCompleted, BuildQueued, BuildStarted
from domain.kernel.codec import topic_of
from domain.kernel.events import Actor, Event, Metadata, Recorded, Stream
from domain.workspaces.events import (
    WorkspaceBuildEnded,
    WorkspaceBuildQueued,
    WorkspaceCreated,
    WorkspaceRenamed,
    WorkspaceTTLSet,
    WorkspaceUsed,
)
from ops.bench.measure import Series, alone
from projections.engine.rebuild import rebuild
from projections.models import MODELS
from service.embedded import EmbeddedPostgres
from service.store.connect import connector
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.store.prepare import prepare

WORKSPACES = 10_000
BUILDS = 5
ROUNDS = 3


async def bench(directory: Path) -> list[dict[str, Any]]:
    """One report: every read model, from an empty schema to the switch."""
    embedded = EmbeddedPostgres()
    dsn = await embedded.start(directory)
    try:
        await prepare(dsn)
        connection = await connector(dsn)()
        async with connection:
            count = await _fill(connection)
            series = Series(f"{count:,} events of {WORKSPACES:,} workspaces, all {len(MODELS)} read models")
            for _ in range(ROUNDS):
                started, cpu = time.perf_counter(), time.process_time()
                await rebuild(connection, EventMapper(KeyRing()), MODELS)
                series.add(count, time.perf_counter() - started, (), time.process_time() - cpu)
        return [alone("rebuild", series)]
    finally:
        await embedded.stop()


async def _fill(connection: AsyncConnection[Any]) -> int:
    mapper = EventMapper(KeyRing())
    count = 0
    async with (
        connection.cursor() as cursor,
        cursor.copy("COPY ledger_events (originator_id, originator_version, topic, state) FROM STDIN") as copy,
    ):
        for recorded in _lives():
            await copy.write_row((recorded.stream.id, recorded.version, topic_of(type(recorded.event)), mapper.encode(recorded)))
            count += 1
    return count


def _lives() -> Iterator[Recorded]:
    """Workspaces that are created, built, used, renamed, and given other settings: what a log mostly holds."""
    ids = (str(uuid.UUID(int=n)) for n in range(1, 10**9))
    organization, template, version, file = (next(ids) for _ in range(4))
    owners = [next(ids) for _ in range(500)]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(WORKSPACES):
        owner, workspace = owners[number % len(owners)], Stream("workspace", next(ids))
        versions: dict[Stream, int] = {}
        at += timedelta(seconds=1)

        def record(stream: Stream, event: Event, owner: str = owner, versions: dict[Stream, int] = versions, at: datetime = at) -> Recorded:
            versions[stream] = versions.get(stream, 0) + 1
            return Recorded(event, stream, versions[stream], next(ids), at, Metadata(Actor("user", owner), next(ids)))

        yield record(workspace, WorkspaceCreated(owner, organization, template, f"w{number}", None, 3_600_000, "never", None))
        for build_number in range(1, BUILDS + 1):
            build, job = Stream("build", next(ids)), next(ids)
            transition = "start" if build_number % 2 else "stop"
            yield record(workspace, WorkspaceBuildQueued(build.id, build_number, transition))
            yield record(
                build,
                BuildQueued(
                    workspace.id, build_number, transition, "initiator", organization, template, version, None, owner, job, file,
                    {"scope": "organization", "owner": ""}, [{"name": "cpu", "value": "2"}],
                ),
            )  # fmt: skip
            yield record(build, BuildStarted(workspace.id, job, version))
            yield record(build, BuildCompleted(workspace.id, job, transition, [], [], 0, None, None))
            yield record(workspace, WorkspaceBuildEnded(build.id, build_number, transition, "succeeded"))
            yield record(workspace, WorkspaceUsed(at))
        yield record(workspace, WorkspaceTTLSet(7_200_000))
        yield record(workspace, WorkspaceRenamed(owner, f"renamed-{number}"))
