"""Values of template variables beside the log, since they may be secret (contract/lifecycle.md A6).

Until a version is imported its rows are what its author gave; the import replaces them by what every variable resolved to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.templates.variables import first_values
from service.store.append import SideWrite

_FORGET: LiteralString = "DELETE FROM template_version_variables WHERE version_id = %s::uuid"
_INSERT: LiteralString = """
    INSERT INTO template_version_variables (version_id, name, value)
    SELECT %s::uuid, n.name, n.value FROM unnest(%s::text[], %s::text[]) AS n (name, value)
"""
_VALUES: LiteralString = "SELECT name, value FROM template_version_variables WHERE version_id = %s::uuid"


def given(version_id: str, variables: tuple[tuple[str, str], ...]) -> tuple[SideWrite, ...]:
    """The statements that keep what an author gave; of several values for one name the first counts."""
    return _written(version_id, first_values(variables))


def resolved(version_id: str, values: Mapping[str, str]) -> tuple[SideWrite, ...]:
    """The statements that keep the values which the import found for all variables."""
    return (SideWrite(_FORGET, (version_id,)), *_written(version_id, values))


def _written(version_id: str, values: Mapping[str, str]) -> tuple[SideWrite, ...]:
    return (SideWrite(_INSERT, (version_id, list(values), list(values.values()))),) if values else ()


async def variable_values(connection: AsyncConnection[Any], version_id: str) -> dict[str, str]:
    """The values kept for a version, by name."""
    cursor = await connection.execute(_VALUES, (version_id,))
    return {row[0]: row[1] for row in await cursor.fetchall()}
