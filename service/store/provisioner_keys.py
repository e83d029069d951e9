"""Keys with which provisioners of other processes attach to an organization: digests alone, beside the log as all secrets are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import orjson
from psycopg import AsyncConnection
from psycopg.rows import class_row

_COLUMNS: LiteralString = "id, organization_id, name, tags, created_at"
_INSERT: LiteralString = """
    INSERT INTO provisioner_keys (id, organization_id, name, tags, digest)
    VALUES (%s::uuid, %s::uuid, %s, %s::jsonb, %b)
    ON CONFLICT DO NOTHING
"""
_LIST: LiteralString = "SELECT " + _COLUMNS + " FROM provisioner_keys WHERE organization_id = %s::uuid ORDER BY created_at DESC, id"
_BY_DIGEST: LiteralString = "SELECT " + _COLUMNS + " FROM provisioner_keys WHERE digest = %b"
# Its daemons may hold jobs: without the key nobody hears of those again, and the reaper ends them.
_DELETE: LiteralString = "DELETE FROM provisioner_keys WHERE organization_id = %s::uuid AND name = %s"


@dataclass(frozen=True, slots=True)
class ProvisionerKey:
    """A key without its secret; `tags` are those of the daemons that use it."""

    id: str
    organization_id: str
    name: str
    tags: Mapping[str, str]
    created_at: datetime


async def add_key(
    connection: AsyncConnection[Any], id: str, organization_id: str, name: str, tags: Mapping[str, str], digest: bytes
) -> bool:
    """Keep a new key; False when the organization has one of this name."""
    cursor = await connection.execute(_INSERT, (id, organization_id, name, orjson.dumps(dict(tags)).decode(), digest))
    return cursor.rowcount == 1


async def organization_keys(connection: AsyncConnection[Any], organization_id: str) -> list[ProvisionerKey]:
    """The organization's keys, newest first."""
    async with connection.cursor(row_factory=class_row(ProvisionerKey)) as cursor:
        await cursor.execute(_LIST, (organization_id,))
        return await cursor.fetchall()


async def key_by_digest(connection: AsyncConnection[Any], digest: bytes) -> ProvisionerKey | None:
    """The key whose secret has this digest."""
    async with connection.cursor(row_factory=class_row(ProvisionerKey)) as cursor:
        await cursor.execute(_BY_DIGEST, (digest,), prepare=True)
        return await cursor.fetchone()


async def remove_key(connection: AsyncConnection[Any], organization_id: str, name: str) -> bool:
    """Drop a key; False when there is none of this name."""
    cursor = await connection.execute(_DELETE, (organization_id, name))
    return cursor.rowcount == 1
