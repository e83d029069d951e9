"""A release that makes its read models in another way is started beside one that serves: nobody waits, nobody reads the wrong ones."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import orjson
import pytest
from psycopg import AsyncConnection

from projections.engine.claims import Retirement
from projections.live import LIVE_SCHEMA
from service.store.connect import connector
from tests.support.api import Client
from tests.support.faults import ROOT, Deployment, Process, deployment
from tests.support.long_log import append_lives, caught_up
from tests.support.watching import EventStream, events
from tests.support.workspaces import publish, workspace
from tests.support.writers import at

LIVES = 3000


@pytest.fixture(scope="module")
def next_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This release, with one more index in a read model."""
    root = tmp_path_factory.mktemp("next-release")
    for package in ("domain", "projections", "service"):
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    schema = root / "projections" / "history" / "schema.sql"
    schema.write_text(schema.read_text() + "CREATE INDEX history_type_idx ON history (type);\n")
    return root


@dataclass(slots=True)
class Serving:
    """A process of this release, a long log, and somebody who watches a workspace."""

    dsn: str
    place: Deployment
    process: Process
    client: Client
    workspace_id: str
    ttl_ms: int = 3_600_000

    async def changes(self, client: Client, *watches: EventStream) -> None:
        """A change by `client`, which every one of the watches shows soon."""
        self.ttl_ms += 60_000
        await client.put(f"/workspaces/{self.workspace_id}/ttl", {"ttl_ms": self.ttl_ms}, want=204)
        for watch in watches:
            while True:
                frame = await watch.next()
                if frame.kind == "data" and frame.data.get("ttl_ms") == self.ttl_ms:
                    break

    async def shows(self, client: Client) -> None:
        """What `client` reads is the last change."""
        assert (await client.get(f"/workspaces/{self.workspace_id}", want=200)).json["ttl_ms"] == self.ttl_ms


@pytest.fixture
async def serving(migrated_url: str) -> AsyncIterator[Serving]:
    async with deployment(LEDGER_DATABASE_URL=migrated_url) as place:
        process = await place.start()
        client = await place.sign_in(process)
        template_id = await publish(client, (await client.get("/organizations/default", want=200)).json["id"])
        id = await workspace(client, template_id, "watched")
        await append_lives(migrated_url, LIVES)
        await caught_up(client)
        yield Serving(migrated_url, place, process, client, id)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def readiness(session: aiohttp.ClientSession, url: str) -> tuple[int, dict[str, object]]:
    """Status and body of `/readyz`; 0 while nobody listens."""
    try:
        async with session.get(f"{url}/readyz") as answer:
            return answer.status, orjson.loads(await answer.read())
    except aiohttp.ClientConnectionError:
        return 0, {}


async def test_the_old_release_serves_and_streams_until_the_new_one_is_ready(serving: Serving, next_release: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    refused: list[str] = []
    async with events(serving.client, f"/workspaces/{serving.workspace_id}/watch") as watch:
        starting = asyncio.create_task(serving.place.start(root=next_release, LEDGER_ADDRESS=f"127.0.0.1:{port}"))
        while not starting.done():
            await serving.changes(serving.client, watch)
            await serving.client.get("/workspaces?limit=5", want=200)
            status, body = await readiness(serving.client.session, url)
            if status == 503 and body["status"] == "starting":
                refused.append(str(body["phase"]))
                answer = await at(serving.client, url).get("/users/me")
                assert answer.status in (200, 503), answer.raw
                assert answer.status == 200 or answer.headers["Retry-After"] == "1"
        process = starting.result()
        assert "events" in refused, "the new release must not have been ready at once"

        moved = at(serving.client, process.url)
        assert (await readiness(serving.client.session, process.url))[0] == 200
        await serving.shows(moved)
        async with events(moved, f"/workspaces/{serving.workspace_id}/watch") as watch_there:
            for client in (serving.client, moved):
                await serving.changes(client, watch, watch_there)
            assert (await serving.process.terminate()).status == 0
            await serving.changes(moved, watch_there)
    await serving.shows(moved)
    await serving.place.verified(root=next_release)


async def test_going_back_finds_the_read_models_as_they_were_left(serving: Serving, next_release: Path) -> None:
    newer = await serving.place.start(root=next_release)
    assert (await serving.process.terminate()).status == 0
    await serving.changes(at(serving.client, newer.url))
    back = await serving.place.start()
    assert "making read models" not in back.log()
    await serving.shows(at(serving.client, back.url))
    await serving.place.verified()


async def schemas(connection: AsyncConnection[object]) -> set[str]:
    cursor = await connection.execute(r"SELECT nspname FROM pg_namespace WHERE nspname LIKE 'ledger\_read%' AND nspname NOT LIKE '%\_past'")
    return {str(row[0]) for row in await cursor.fetchall()}  # type: ignore[index]


async def test_read_models_that_no_process_uses_are_dropped(serving: Serving, next_release: Path) -> None:
    connect = connector(serving.dsn)
    newer = await serving.place.start(root=next_release)
    async with await connect() as connection:
        (theirs,) = await schemas(connection) - {LIVE_SCHEMA}
        for owner, other in ((LIVE_SCHEMA, theirs), (theirs, LIVE_SCHEMA)):
            await Retirement(connect, owner, grace_seconds=0).look(connection)
            assert other in await schemas(connection), "somebody uses them"
        await newer.kill()
        patient, hasty = (Retirement(connect, LIVE_SCHEMA, grace_seconds=seconds) for seconds in (3600, 0))
        await patient.look(connection)
        assert theirs in await schemas(connection), "they were in use a moment ago"
        # The server may need a moment to notice that a process is gone.
        async with asyncio.timeout(30):
            while await schemas(connection) != {LIVE_SCHEMA}:
                await hasty.look(connection)
                await asyncio.sleep(0.05)
    await serving.changes(serving.client)
    await serving.place.verified()
