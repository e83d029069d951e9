"""Brings a database's tables beside the read models up to date: each numbered file once, under an advisory lock."""

from __future__ import annotations

from importlib import resources
from typing import Any

from psycopg import AsyncConnection

MIGRATION_LOCK = 0x1ED6E201


async def migrate(connection: AsyncConnection[Any]) -> list[str]:
    """Apply what is missing and return the names applied. Several processes may call it at once: one does the work."""
    files = sorted((f for f in resources.files("service.store.migrations").iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    applied: list[str] = []
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATION_LOCK,))
        # Read models come first in the search path, and a table would be made again in there, in front of the one that is meant.
        await connection.execute("SET LOCAL search_path TO public")
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS ledger_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        cursor = await connection.execute("SELECT name FROM ledger_migrations")
        done = {row[0] for row in await cursor.fetchall()}
        for file in files:
            if file.name not in done:
                await connection.execute(file.read_text())
                await connection.execute("INSERT INTO ledger_migrations (name) VALUES (%s)", (file.name,))
                applied.append(file.name)
    return applied
