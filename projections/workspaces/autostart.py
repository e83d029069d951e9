"""What an automatic start of a workspace would run into. Reads `templates`, `template_versions` and `builds`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import AsyncConnection

_AUTOSTART: LiteralString = """
    SELECT w.automatic_updates, coalesce((t.settings ->> 'require_active_version')::boolean, false), w.outdated,
      coalesce(v.plan -> 'parameters', '[]'), coalesce(b.parameters, '[]')
    FROM workspaces w
    JOIN templates t ON t.id = w.template_id
    JOIN template_versions v ON v.id = t.active_version_id
    LEFT JOIN builds b ON b.id = w.latest_build_id
    WHERE w.id = %s::uuid
"""


@dataclass(frozen=True, slots=True)
class Autostart:
    """`parameters` are those of the active version (`RichParameter.to_dict()`), `values` those of the latest build."""

    automatic_updates: str
    requires_active_version: bool
    outdated: bool
    parameters: Sequence[Mapping[str, Any]]
    values: Mapping[str, str]


async def autostart_of(connection: AsyncConnection[Any], id: str) -> Autostart | None:
    """What decides whether the workspace can start by itself."""
    cursor = await connection.execute(_AUTOSTART, (id,))
    row = await cursor.fetchone()
    if row is None:
        return None
    return Autostart(row[0], row[1], row[2], row[3], {p["name"]: p["value"] for p in row[4]})
