"""The schema in which this release keeps its read models: its name says how they are made.

A release that makes them in another way has another one, so that both can run on one database: each fills and reads its own. The
design is argued in ops/design/rebuild.md.
"""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

from projections.engine import connections, schema
from projections.models import MODELS

LIVE_SCHEMA = schema.name_of(MODELS)


async def configure(connection: AsyncConnection[Any]) -> None:
    """As `connections.configure`, for this release's read models."""
    await connections.configure(connection, LIVE_SCHEMA)
