"""An import killed while it reads, and when all is made and nothing shown: run again, it ends as if nothing had been."""

from __future__ import annotations

import asyncio
import os
import sys

import orjson
import psycopg

from projections.engine.schema import beside
from projections.engine.switch import HOLD
from projections.live import LIVE_SCHEMA
from service.store.append import APPEND_LOCK
from tests.faults.conftest import Running
from tests.house.source import ROOT
from tests.support.moving import imported, read_models, replayed, run
from tests.support.postgres import PostgresServer

#: Held for as long as an import reads. The server shows those of other databases too, in which other tests append.
_WRITERS_LOCK = f"""
    SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted AND l.objid = {APPEND_LOCK}
"""


async def test_an_import_is_run_again_after_a_kill_at_any_moment(running: Running, postgres: PostgresServer) -> None:
    ended = await running.place.tool("replay")
    lines = ended.stdout.encode()
    url, untouched = postgres.database(), postgres.database()
    try:
        await _killed_while_reading(url, lines)
        assert await replayed(url) == b""
        await _killed_before_its_read_models_take_over(url, lines)
        assert await replayed(url) == b""
        await imported(url, lines)
        assert await replayed(url) == lines
        await imported(untouched, lines)
        assert await read_models(url) == await read_models(untouched)
        refused = await run(url, "import", stdin=lines)
        assert refused.status == 1
        assert refused.stderr.startswith("error: nothing was imported: the log of this database is not empty")
    finally:
        postgres.drop(url)
        postgres.drop(untouched)


async def _killed_while_reading(url: str, lines: bytes) -> None:
    process = await _importing(url)
    assert process.stdin is not None
    process.stdin.write(lines[: len(lines) // 2])
    await process.stdin.drain()
    await _until(url, f"SELECT EXISTS ({_WRITERS_LOCK})")
    process.kill()
    await process.wait()
    await _until(url, f"SELECT NOT EXISTS ({_WRITERS_LOCK})")


async def _killed_before_its_read_models_take_over(url: str, lines: bytes) -> None:
    last = orjson.loads(lines.splitlines()[-1])["position"]
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as holding:
        await holding.execute(HOLD, (LIVE_SCHEMA,))
        process = await _importing(url)
        assert process.stdin is not None
        process.stdin.write(lines)
        await process.stdin.drain()
        process.stdin.close()
        await _until(url, f"SELECT min(position) = {last} FROM {beside(LIVE_SCHEMA)}.positions")
        process.kill()
        await process.wait()
    await _until(url, f"SELECT NOT EXISTS ({_WRITERS_LOCK})")


async def _importing(url: str) -> asyncio.subprocess.Process:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "service", "import"),
        cwd=ROOT,
        env=environment | {"LEDGER_DATABASE_URL": url},
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def _until(url: str, statement: str) -> None:
    """Return once the statement says true; tables need not be there yet."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection, asyncio.timeout(60):
        while True:
            try:
                cursor = await connection.execute(statement.encode())
                if (await cursor.fetchall())[0][0]:
                    return
            except psycopg.errors.UndefinedTable:
                pass
            await asyncio.sleep(0.005)
