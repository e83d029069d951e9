"""Stored Workspace documents with what their readers' rights depend on: by id, or all that changed between two positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString, NamedTuple

import orjson
from psycopg import AsyncConnection

_COLUMNS: LiteralString = """
    SELECT w.id, w.position, w.doc, w.owner_id, w.organization_id, w.user_acl::text, w.group_acl::text, w.dormant_at IS NOT NULL,
      w.deleted, w.favorite, w.status = 'pending', w.template_id, t.organization_id, t.user_acl::text, t.group_acl::text,
      coalesce(t.deleted, true)
    FROM workspaces w
    LEFT JOIN templates t ON t.id = w.template_id
"""
_BY_ID: LiteralString = _COLUMNS + " WHERE w.id = ANY(%s::uuid[]) AND w.doc IS NOT NULL"
_CHANGED: LiteralString = _COLUMNS + " WHERE w.position > %s AND w.position <= %s AND w.doc IS NOT NULL ORDER BY w.position, w.id"

Acl = dict[str, list[str]]


class Stored(NamedTuple):
    """One document: `doc` is JSON; access lists map ids to actions; `template_deleted` is true for an unknown one too."""

    id: str
    position: int
    doc: bytes
    owner_id: str
    organization_id: str
    user_acl: Acl
    group_acl: Acl
    is_dormant: bool
    is_deleted: bool
    is_favorite: bool
    is_pending: bool
    template_id: str
    template_organization_id: str
    template_user_acl: Acl
    template_group_acl: Acl
    template_deleted: bool


async def stored_by_id(connection: AsyncConnection[Any], ids: Sequence[str]) -> list[Stored]:
    """Those of the documents that exist, in no order."""
    cursor = connection.cursor(binary=True)
    await cursor.execute(_BY_ID, ("{" + ",".join(ids) + "}",), prepare=True)
    return [_stored(row) for row in await cursor.fetchall()]


async def stored_between(connection: AsyncConnection[Any], after: int, upto: int) -> list[Stored]:
    """The documents whose newest change lies in `(after, upto]`, in the order of their positions."""
    cursor = connection.cursor(binary=True)
    await cursor.execute(_CHANGED, (after, upto), prepare=True)
    return [_stored(row) for row in await cursor.fetchall()]


def _stored(row: tuple[Any, ...]) -> Stored:
    values = list(row)
    for index in (5, 6, 13, 14):
        values[index] = {} if values[index] in (None, "{}") else orjson.loads(values[index])
    values[12] = values[12] or ""
    return Stored(*values)
