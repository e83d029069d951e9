"""Uploaded archives beside the log: events name them by id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import AsyncConnection

TAR = "application/x-tar"

# The second SELECT answers when the same bytes of the same person are there already, also when a race was lost.
_STORE: LiteralString = """
    WITH stored AS (
      INSERT INTO files (id, hash, uploaded_by, content_type, content, created_at)
      VALUES (%(id)s, %(hash)s, %(uploaded_by)s, %(content_type)s, %(content)s, now())
      ON CONFLICT (hash, uploaded_by) DO NOTHING
      RETURNING id
    )
    SELECT id, true FROM stored
    UNION ALL
    SELECT id, false FROM files WHERE hash = %(hash)s AND uploaded_by = %(uploaded_by)s
"""
_FIND: LiteralString = "SELECT id, uploaded_by, content_type FROM files WHERE id = %s::uuid"
_KNOWN: LiteralString = "SELECT id FROM files WHERE hash = %s AND uploaded_by = %s::uuid"
_CONTENT: LiteralString = "SELECT content FROM files WHERE id = %s::uuid"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What is known of a file without its bytes."""

    id: str
    uploaded_by: str
    content_type: str


async def store_file(connection: AsyncConnection[Any], id: str, content: bytes, hash: str, uploaded_by: str) -> tuple[str, bool]:
    """Keep a tar under `id` unless its uploader has the same bytes already; returns the file's id and whether it is new."""
    known = await _known(connection, hash, uploaded_by)
    if known is not None:
        return known, False
    parameters = {"id": id, "hash": hash, "uploaded_by": uploaded_by, "content_type": TAR, "content": content}
    cursor = await connection.execute(_STORE, parameters, binary=True)
    row = await cursor.fetchone()
    if row is not None:
        return str(row[0]), bool(row[1])
    # Somebody stored it between the statement's snapshot and its insert: now it is visible.
    known = await _known(connection, hash, uploaded_by)
    return (known, False) if known is not None else (id, False)


async def _known(connection: AsyncConnection[Any], hash: str, uploaded_by: str) -> str | None:
    cursor = await connection.execute(_KNOWN, (hash, uploaded_by))
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


async def find_file(connection: AsyncConnection[Any], id: str) -> StoredFile | None:
    """A file by its id, or None."""
    cursor = await connection.execute(_FIND, (id,))
    row = await cursor.fetchone()
    return None if row is None else StoredFile(row[0], row[1], row[2])


async def file_content(connection: AsyncConnection[Any], id: str) -> bytes | None:
    """The bytes of a file, or None."""
    cursor = await connection.execute(_CONTENT, (id,), binary=True)
    row = await cursor.fetchone()
    return None if row is None else bytes(row[0])
