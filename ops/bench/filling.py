"""Logs that are large at once: events go into the log by COPY, read models are rebuilt from it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import AsyncConnection

from domain.builds.events import BuildCompleted, BuildQueued, BuildStarted
from domain.kernel.codec import topic_of
from domain.kernel.events import Actor, Event, Metadata, Recorded, Stream
from domain.organizations.events import MemberAdded
from domain.users.events import UserCreated
from domain.workspaces.events import WorkspaceBuildEnded, WorkspaceBuildQueued, WorkspaceCreated
from projections.engine.rebuild import rebuild
from projections.models import MODELS
from service.store.connect import connector
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing

#: Not so long ago that rules about people and workspaces that nobody has used would set to work.
AGE = timedelta(days=2)
STEP = timedelta(milliseconds=100)


class Log:
    """Stamps events as they would have been recorded, a moment apart; continues streams at the versions that it is told."""

    def __init__(self, versions: dict[str, int] | None = None, age: timedelta = AGE, step: timedelta = STEP) -> None:
        self._versions = versions or {}
        self._step = step
        self.now = datetime.now(UTC) - age

    def record(
        self,
        stream: Stream,
        event: Event,
        actor: str | None,
        request: str | None = None,
        ip: str | None = None,
        user_agent: str | None = None,
    ) -> Recorded:
        """The next event of a stream, of a person or the system; `request` is the id of the one that brought it about, if any did."""
        version = self._versions[stream.id] = self._versions.get(stream.id, 0) + 1
        self.now += self._step
        metadata = Metadata(Actor("user", actor) if actor else Actor("system"), request or new_id(), request, ip, user_agent)
        return Recorded(event, stream, version, new_id(), self.now, metadata)


def new_id() -> str:
    """An id that nothing else has."""
    return str(uuid.uuid4())


async def store(connection: AsyncConnection[Any], events: Iterable[Recorded], keys: KeyRing) -> int:
    """Append to a log that nobody else writes to at the moment; returns how many there were."""
    mapper = EventMapper(keys)
    count = 0
    async with (
        connection.cursor() as cursor,
        cursor.copy("COPY ledger_events (originator_id, originator_version, topic, state) FROM STDIN") as copy,
    ):
        for recorded in events:
            await copy.write_row((recorded.stream.id, recorded.version, topic_of(type(recorded.event)), mapper.encode(recorded)))
            count += 1
    return count


async def fill(dsn: str, events: Iterable[Recorded], keys: KeyRing | None = None) -> int:
    """Store events, rebuild all read models, and let the planner know of them: what a database at rest would be."""
    async with await connector(dsn)() as connection:
        count = await store(connection, events, keys or KeyRing())
        await rebuild(connection, EventMapper(KeyRing()), MODELS)
        await connection.execute("VACUUM ANALYZE")
    return count


async def version_of(dsn: str, stream_id: str) -> int:
    """How far a stream has come."""
    async with await connector(dsn)() as connection:
        statement = "SELECT coalesce(max(originator_version), 0) FROM ledger_events WHERE originator_id = %s::uuid"
        row = await (await connection.execute(statement, (stream_id,))).fetchone()
    return int(row[0]) if row else 0


async def add_people(dsn: str, count: int, organization_id: str) -> None:
    """So many members of an organization: `person-1`, `person-2`, …"""
    people = [new_id() for _ in range(count)]
    keys = KeyRing(capacity=count)
    async with (
        await connector(dsn)() as connection,
        connection.cursor() as cursor,
        cursor.copy("COPY personal_keys (user_id, key) FROM STDIN") as copy,
    ):
        for person in people:
            await copy.write_row((person, keys.new(person)))
    log = Log({organization_id: await version_of(dsn, organization_id)})

    def events() -> Iterator[Recorded]:
        for number, person in enumerate(people, 1):
            name = f"person-{number}"
            created = UserCreated(name, f"{name}@example.com", f"Real Name {number}", "password", "active")
            yield log.record(Stream("user", person), created, person)
            yield log.record(Stream("organization", organization_id), MemberAdded(person, []), person)

    await fill(dsn, events(), keys)


async def add_workspaces(dsn: str, numbers: range, like: dict[str, Any]) -> None:
    """Workspaces `filled-<number>` of the owner and template of the document `like`, each with a build that has ended."""
    log = Log()
    build = like["latest_build"]

    def events() -> Iterator[Recorded]:
        owner, organization = like["owner_id"], like["organization_id"]
        for number in numbers:
            workspace, made, job = Stream("workspace", new_id()), Stream("build", new_id()), new_id()
            created = WorkspaceCreated(owner, organization, like["template_id"], f"filled-{number}", None, 3_600_000, "never", None)
            queued = BuildQueued(
                workspace.id, 1, "start", "initiator", organization, like["template_id"], build["template_version_id"], None, owner,
                job, build["job"]["file_id"], {"scope": "organization", "owner": ""}, [],
            )  # fmt: skip
            yield log.record(workspace, created, owner)
            yield log.record(workspace, WorkspaceBuildQueued(made.id, 1, "start"), owner)
            yield log.record(made, queued, owner)
            yield log.record(made, BuildStarted(workspace.id, job, new_id()), owner)
            yield log.record(made, BuildCompleted(workspace.id, job, "start", [], [], 0, None, None), owner)
            yield log.record(workspace, WorkspaceBuildEnded(made.id, 1, "start", "succeeded"), owner)

    await fill(dsn, events())
