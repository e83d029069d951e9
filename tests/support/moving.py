"""Commands of the service run as processes on a database, and all that its read models hold."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass

from psycopg import sql

from service import bootstrap
from tests.house.source import ROOT


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    status: int
    stdout: bytes
    stderr: str


async def run(url: str, *arguments: str, stdin: bytes = b"", patience: float = 120.0) -> Done:
    """One command of `python -m service` on the database `url`, to its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "service", *arguments),
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")} | {"LEDGER_DATABASE_URL": url},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(patience):
        stdout, stderr = await process.communicate(stdin)
    return Done(process.returncode or 0, stdout, stderr.decode())


async def replayed(url: str, *arguments: str) -> bytes:
    """What `replay` prints."""
    done = await run(url, "replay", *arguments)
    assert (done.status, done.stderr) == (0, ""), done.stderr
    return done.stdout


async def imported(url: str, lines: bytes, *file: str) -> Done:
    """`import` of lines, or of a file, which must do."""
    done = await run(url, "import", *file, stdin=lines)
    assert done.status == 0, done.stderr
    return done


async def read_models(url: str) -> dict[str, list[str]]:
    """Every row of every table of the live read models, and where each model stands."""
    async with bootstrap.connected(url) as connection:
        cursor = await connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = (current_schemas(false))[1]")
        tables = [row[0] for row in await cursor.fetchall()]
        assert "workspaces" in tables
        found = {}
        for table in tables:
            rows = await connection.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table)))
            found[table] = sorted(row[0] for row in await rows.fetchall())
        return found
