"""Watches over two processes and over cut connections: whatever happens in between, a stream ends up showing what is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.support.api import Client, Ledger, Opened
from tests.support.watching import EventStream, data, events
from tests.support.workspaces import publish, workspace

#: Ends every other connection to the database: the feed, its listener, the writer, the pool.
_TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@dataclass(frozen=True, slots=True)
class Watched:
    """A workspace, and its owner at the service."""

    ledger: Ledger
    owner: Client
    id: str

    @property
    def path(self) -> str:
        """Of the workspace."""
        return f"/workspaces/{self.id}"


@pytest.fixture
async def watched(ledger: Ledger) -> Watched:
    """The workspace's first build has ended."""
    owner = await ledger.admin()
    id = await workspace(owner, await publish(owner, await ledger.organization_id()), "watched")
    async with asyncio.timeout(30):
        while (await owner.get(f"/workspaces/{id}", want=200)).json["latest_build"]["status"] != "running":
            await asyncio.sleep(0.05)
    return Watched(ledger, owner, id)


@pytest.fixture
async def other(watched: Watched, migrated_url: str) -> AsyncIterator[Client]:
    """The same owner at another process on the database."""
    async with Opened() as more:
        ledger = await more.open(migrated_url)
        yield Client(ledger.session, ledger.base, watched.owner.token)


async def _until_ttl(stream: EventStream, ttl_ms: int) -> None:
    """Read until a document, alone or in a list's frame, shows this TTL."""
    async with asyncio.timeout(30):
        while True:
            shown = (await data(stream)).data
            if shown.get("workspace", shown).get("ttl_ms") == ttl_ms:
                return


async def test_a_list_at_one_process_follows_changes_at_the_other(watched: Watched, other: Client) -> None:
    async with events(other, "/workspaces/watch?q=owner:me") as stream:
        assert (await data(stream)).data["count"] == 1
        for number in range(10):
            ttl_ms = (60 + number) * 60_000
            await watched.owner.put(f"{watched.path}/ttl", {"ttl_ms": ttl_ms}, want=204)
            await _until_ttl(stream, ttl_ms)


async def test_a_stream_resumes_at_another_process_that_is_still_behind(watched: Watched, other: Client) -> None:
    for number in range(10):
        changed = await watched.owner.put(f"{watched.path}/ttl", {"ttl_ms": (60 + number) * 60_000}, want=204)
        position = int(changed.headers["Ledger-Position"])
        async with events(other, f"{watched.path}/watch", last_event_id=position) as stream:
            assert (await stream.next()).kind == "ping"
            await watched.owner.put(f"{watched.path}/ttl", {"ttl_ms": 36_000_000 + number * 60_000}, want=204)
            assert (await data(stream)).data["ttl_ms"] == 36_000_000 + number * 60_000, "taken back in time"


async def test_a_change_is_decided_on_a_state_at_or_after_the_position_it_names(watched: Watched, other: Client) -> None:
    """What is decided on old knowledge and changes nothing is checked by no append: here the position must be waited for."""
    path = f"{watched.path}/dormant"
    await other.put(f"{watched.path}/ttl", {"ttl_ms": 3_600_000}, want=204)
    for _ in range(10):
        slept = await watched.owner.put(path, {"dormant": True}, want=200)
        woken = await other.put(path, {"dormant": False}, headers={"Ledger-Position": slept.headers["Ledger-Position"]}, want=200)
        seen = await watched.owner.get(watched.path, headers={"Ledger-Position": woken.headers["Ledger-Position"]}, want=200)
        assert seen.json["dormant_at"] is None


async def test_lost_access_at_one_process_ends_the_stream_at_the_other(watched: Watched, other: Client) -> None:
    async with events(other, f"{watched.path}/watch") as stream, events(other, "/workspaces/watch") as rows:
        await data(stream), await data(rows)
        await watched.owner.post("/users/logout", want=200)
        for ended in (stream, rows):
            async with asyncio.timeout(2):
                while (frame := await ended.next()).kind != "error":
                    assert frame.kind == "ping"


async def test_streams_outlive_cut_connections_and_miss_nothing(watched: Watched) -> None:
    pool = watched.ledger.services.pool
    async with events(watched.owner, f"{watched.path}/watch") as stream, events(watched.owner, "/workspaces/watch?q=name:watched") as rows:
        await data(stream), await data(rows)
        for number in range(3):
            async with pool.connection() as connection:
                await connection.execute(_TERMINATE)
            ttl_ms = (60 + number) * 60_000
            async with asyncio.timeout(30):
                while (await watched.owner.put(f"{watched.path}/ttl", {"ttl_ms": ttl_ms})).status != 204:
                    await asyncio.sleep(0.05)
            await _until_ttl(stream, ttl_ms)
            await _until_ttl(rows, ttl_ms)
