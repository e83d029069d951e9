"""Rebuilds from a log of many workspaces' lives, in events per second: all read models, those of the main job, the workspace read
model alone, `verify`.

The main job is a workspace that is created, built and shown; besides it there are the audit log, history, timers, webhooks, and the
lists of people.

What workspaces do lies between what all others do, as in a log that grew day by day. CPU is that of this process and of the server.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection

from domain.builds.events import BuildCompleted, BuildQueued, BuildStarted
from domain.kernel.events import Actor, Event, Metadata, Recorded, Stream
from domain.organizations.events import MemberAdded, OrganizationCreated
from domain.templates.events import TemplateCreated
from domain.templates.settings import DEFAULTS
from domain.templates.version_events import TemplateVersionCreated
from domain.users.events import UserCreated
from domain.workspaces.events import (
    WorkspaceBuildEnded,
    WorkspaceBuildQueued,
    WorkspaceCreated,
    WorkspaceRenamed,
    WorkspaceTTLSet,
    WorkspaceUsed,
)
from ops.bench.filling import store
from ops.bench.measure import Series, alone, database_cpu_seconds
from projections.engine.rebuild import rebuild
from projections.engine.verify import verify
from projections.models import MODELS
from service.embedded import EmbeddedPostgres
from service.store.connect import connector
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.store.prepare import prepare

WORKSPACES = 10_000
OWNERS = 500
BUILDS = 5
ROUNDS = 3
MAIN_JOB = ("users", "organizations", "api_keys", "templates", "template_versions", "jobs", "builds", "agents", "workspaces")


async def bench(directory: Path) -> list[dict[str, Any]]:
    """Each subject in turn, `ROUNDS` times."""
    embedded = EmbeddedPostgres()
    dsn = await embedded.start(directory / "postgres")
    try:
        await prepare(dsn)
        connect = connector(dsn)
        async with await connect() as connection, await connect() as shadow:
            count = await _fill(connection)
            subjects: dict[str, Callable[[], Awaitable[object]]] = {
                f"all {len(MODELS)} read models": lambda: rebuild(connection, EventMapper(KeyRing()), MODELS),
                f"the {len(MAIN_JOB)} of the main job": lambda: rebuild(connection, EventMapper(KeyRing()), MODELS, only=MAIN_JOB),
                "the workspace read model alone": lambda: rebuild(connection, EventMapper(KeyRing()), MODELS, only=("workspaces",)),
                "verify": lambda: verify(connection, shadow, EventMapper(KeyRing()), MODELS),
            }
            series = {name: Series(name) for name in subjects}
            for _ in range(ROUNDS):
                for name, run in subjects.items():
                    started, cpu, database = time.perf_counter(), time.process_time(), database_cpu_seconds(directory)
                    await run()
                    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
                    series[name].add(count, seconds, (), cpu, database_cpu_seconds(directory) - database)
        return [alone(f"rebuild: {count:,} events of {WORKSPACES:,} workspaces", *series.values())]
    finally:
        await embedded.stop()


async def _fill(connection: AsyncConnection[Any]) -> int:
    keys = KeyRing()
    ids = (str(uuid.UUID(int=n)) for n in range(1, 10**9))
    owners = [next(ids) for _ in range(OWNERS)]
    async with connection.cursor() as cursor, cursor.copy("COPY personal_keys (user_id, key) FROM STDIN") as copy:
        for owner in owners:
            await copy.write_row((owner, keys.new(owner)))
    count = await store(connection, _Story(ids, owners).events(), keys)
    await connection.execute("VACUUM ANALYZE ledger_events")
    return count


class _Story:
    """Workspaces are created, then built and used one after the other, again and again; at last they get other settings."""

    def __init__(self, ids: Iterator[str], owners: list[str]) -> None:
        self._ids = ids
        self._owners = owners
        self._organization, self._template, self._version, self._file = (next(ids) for _ in range(4))
        self._workspaces = [Stream("workspace", next(ids)) for _ in range(WORKSPACES)]
        self._versions: dict[Stream, int] = {}
        self._at = datetime(2026, 1, 1, tzinfo=UTC)

    def events(self) -> Iterator[Recorded]:
        yield from self._founding()
        for number, workspace in enumerate(self._workspaces):
            owner = self._owner(number)
            created = WorkspaceCreated(owner, self._organization, self._template, f"w{number}", None, 3_600_000, "never", None)
            yield self._record(workspace, created, owner)
        for build_number in range(1, BUILDS + 1):
            for number, workspace in enumerate(self._workspaces):
                yield from self._build(workspace, build_number, self._owner(number))
        for number, workspace in enumerate(self._workspaces):
            owner = self._owner(number)
            yield self._record(workspace, WorkspaceTTLSet(7_200_000), owner)
            yield self._record(workspace, WorkspaceRenamed(owner, f"renamed-{number}"), owner)

    def _owner(self, number: int) -> str:
        return self._owners[number % len(self._owners)]

    def _record(self, stream: Stream, event: Event, actor: str) -> Recorded:
        self._at += timedelta(milliseconds=10)
        self._versions[stream] = self._versions.get(stream, 0) + 1
        return Recorded(event, stream, self._versions[stream], next(self._ids), self._at, Metadata(Actor("user", actor), next(self._ids)))

    def _founding(self) -> Iterator[Recorded]:
        admin, place = self._owners[0], Stream("organization", self._organization)
        yield self._record(place, OrganizationCreated("bench", "Bench", "", ""), admin)
        version = TemplateVersionCreated(self._organization, self._template, "one", "", self._file, next(self._ids), "echo", {})
        yield self._record(Stream("template_version", self._version), version, admin)
        template = TemplateCreated(self._organization, "docker", self._version, "echo", dict(DEFAULTS), {}, {self._organization: "use"})
        yield self._record(Stream("template", self._template), template, admin)
        for number, owner in enumerate(self._owners):
            created = UserCreated(f"person-{number}", f"person-{number}@example.com", f"Person {number}", "password", "active")
            yield self._record(Stream("user", owner), created, owner)
            yield self._record(place, MemberAdded(owner, []), admin)

    def _build(self, workspace: Stream, number: int, owner: str) -> Iterator[Recorded]:
        build, job = Stream("build", next(self._ids)), next(self._ids)
        transition = "start" if number % 2 else "stop"
        yield self._record(workspace, WorkspaceBuildQueued(build.id, number, transition), owner)
        queued = BuildQueued(
            workspace.id, number, transition, "initiator", self._organization, self._template, self._version, None, owner, job, self._file,
            {"scope": "organization", "owner": ""}, [{"name": "cpu", "value": "2"}],
        )  # fmt: skip
        yield self._record(build, queued, owner)
        yield self._record(build, BuildStarted(workspace.id, job, self._version), owner)
        yield self._record(build, BuildCompleted(workspace.id, job, transition, [], [], 0, None, None), owner)
        yield self._record(workspace, WorkspaceBuildEnded(build.id, number, transition, "succeeded"), owner)
        yield self._record(workspace, WorkspaceUsed(self._at), owner)
