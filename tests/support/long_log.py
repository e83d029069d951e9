"""A log of many lives at once, so that folding it takes a while: appended by COPY, as no service would."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from domain.builds.events import BuildCompleted, BuildQueued, BuildStarted
from domain.kernel.codec import topic_of
from domain.kernel.events import Actor, Event, Metadata, Recorded, Stream
from domain.workspaces.events import WorkspaceBuildEnded, WorkspaceBuildQueued, WorkspaceCreated, WorkspaceDeleted
from service.store.connect import connector
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from tests.support.api import Client

EVENTS_OF_A_LIFE = 7
#: That of `ledger_append`.
APPEND_LOCK = 517399280


async def append_lives(dsn: str, count: int) -> None:
    """The events of `count` workspaces that were created, built and deleted, by people whom nobody knows any more."""
    mapper = EventMapper(KeyRing())
    async with await connector(dsn)() as connection, connection.transaction(), connection.cursor() as cursor:
        # As every append: positions become visible in their order.
        await cursor.execute("SELECT pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
        async with cursor.copy("COPY ledger_events (originator_id, originator_version, topic, state) FROM STDIN") as copy:
            for recorded in _lives(count):
                await copy.write_row((recorded.stream.id, recorded.version, topic_of(type(recorded.event)), mapper.encode(recorded)))


async def caught_up(client: Client) -> None:
    """Return once the process shows all of the log."""
    async with asyncio.timeout(60):
        while (await client.get("//readyz")).json["lag_positions"]:
            await asyncio.sleep(0.05)


def _lives(count: int) -> Iterator[Recorded]:
    organization, template, version, file, owner = (str(uuid.uuid4()) for _ in range(5))
    at = datetime.now(UTC)
    for number in range(count):
        workspace, build = Stream("workspace", str(uuid.uuid4())), Stream("build", str(uuid.uuid4()))
        job, versions = str(uuid.uuid4()), dict.fromkeys((workspace, build), 0)
        steps: tuple[tuple[Stream, Event], ...] = (
            (workspace, WorkspaceCreated(owner, organization, template, f"life-{number}", None, None, "never", None)),
            (workspace, WorkspaceBuildQueued(build.id, 1, "delete")),
            (build, _queued(workspace.id, organization, template, version, owner, job, file)),
            (build, BuildStarted(workspace.id, job, version)),
            (build, BuildCompleted(workspace.id, job, "delete", [], [], 0, None, None)),
            (workspace, WorkspaceBuildEnded(build.id, 1, "delete", "succeeded")),
            (workspace, WorkspaceDeleted(owner, f"life-{number}")),
        )
        for stream, event in steps:
            versions[stream] += 1
            at += timedelta(microseconds=1)
            metadata = Metadata(Actor("user", owner), str(uuid.uuid4()))
            yield Recorded(event, stream, versions[stream], str(uuid.uuid4()), at, metadata)


def _queued(workspace: str, organization: str, template: str, version: str, owner: str, job: str, file: str) -> BuildQueued:
    return BuildQueued(
        workspace, 1, "delete", "initiator", organization, template, version, None, owner, job, file,
        {"scope": "organization", "owner": ""}, [],
    )  # fmt: skip
