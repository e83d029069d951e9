"""kill -9 of the service between a change of a template and what it means for its workspaces: the next service goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, LiteralString

import psycopg
import pytest

from service.store.append import APPEND_LOCK
from tests.faults.conftest import Running, started
from tests.support.faults import deployment

HOUR_MS = 3_600_000
DEADLINE_SECONDS = 60.0
WAITING: LiteralString = f"""
    FROM pg_locks
    WHERE locktype = 'advisory' AND NOT granted AND objid = {APPEND_LOCK}
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@pytest.fixture
async def busy(migrated_url: str) -> AsyncIterator[Running]:
    async with deployment(LEDGER_DATABASE_URL=migrated_url) as place:
        running = await started(place)
        async with asyncio.timeout(DEADLINE_SECONDS):
            # Nothing else shall be appended once the test begins.
            while {(await shown(running, id))["latest_build"]["status"] for id in running.workspace_ids} != {"running"}:
                await asyncio.sleep(0.1)
        yield running


async def test_a_rollout_whose_service_was_killed_is_finished_by_the_next(migrated_url: str, busy: Running) -> None:
    change = {"allow_user_autostop": False, "default_ttl_ms": HOUR_MS}
    async with (
        await psycopg.AsyncConnection.connect(migrated_url, autocommit=True) as holder,
        await psycopg.AsyncConnection.connect(migrated_url, autocommit=True) as next_in_line,
    ):
        # Whoever waits for the lock of the log gets it in turn: the change first, then this test, which keeps it.
        await holder.execute("SELECT pg_advisory_lock(%s)", (APPEND_LOCK,))
        request = asyncio.create_task(busy.client.patch(f"/templates/{busy.template_id}", change))
        await waiting(holder, 1)
        kept = asyncio.create_task(next_in_line.execute("SELECT pg_advisory_lock(%s)", (APPEND_LOCK,)))
        await waiting(holder, 2)
        await holder.execute("SELECT pg_advisory_unlock(%s)", (APPEND_LOCK,))
        await kept
        await waiting(holder, 1)
        await busy.process.kill()
        # What it had sent would be carried out as soon as the lock is free, though nobody is there to hear of it.
        await holder.execute(f"SELECT pg_terminate_backend(pid) {WAITING}")
        assert await asyncio.gather(request, return_exceptions=True)
        names = await holder.execute("SELECT topic FROM ledger_events ORDER BY notification_id DESC LIMIT 2")
        assert [name for (name,) in await names.fetchall()] == ["TemplateRolloutBegun/1", "TemplateUpdated/1"]
    await busy.restart()
    async with asyncio.timeout(DEADLINE_SECONDS):
        while {(await shown(busy, id)).get("ttl_ms") for id in busy.workspace_ids} != {HOUR_MS}:
            await asyncio.sleep(0.1)
        while not await busy.place.events("--type", "TemplateRolloutEnded"):
            await asyncio.sleep(0.1)
    assert len(await busy.place.events("--type", "WorkspaceTTLSet")) == len(busy.workspace_ids)
    await busy.place.verified()


async def shown(busy: Running, id: str) -> dict[str, Any]:
    return dict((await busy.client.get(f"/workspaces/{id}", want=200)).json)


async def waiting(connection: psycopg.AsyncConnection[Any], count: int) -> None:
    """Until so many sessions wait for an advisory lock."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            cursor = await connection.execute(f"SELECT count(*) {WAITING}")
            row = await cursor.fetchone()
            if row is not None and row[0] >= count:
                return
            await asyncio.sleep(0.02)
