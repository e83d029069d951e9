"""Makes a database ready for this release: migrations, and read models of its own.

An older release that serves meanwhile goes on with those that it has (ops/design/rebuild.md).
"""

from __future__ import annotations

import logging
from typing import Any

from psycopg import AsyncConnection

from projections import live
from projections.engine import schema
from projections.engine.fill import STRAIGHT, Course
from projections.engine.rebuild import ensure
from projections.models import MODELS
from service.store.mapper import EventMapper
from service.store.migrate import migrate
from service.store.personal_keys import KeyRing

log = logging.getLogger(__name__)


class NotPrepared(Exception):
    """What this database lacks, and the remedy; a sentence."""


async def prepare(dsn: str, course: Course = STRAIGHT) -> None:
    """Migrations applied, read models there and made for this release; `course` is how their making goes along."""
    async with await AsyncConnection.connect(dsn, autocommit=True) as connection:
        await live.configure(connection)
        for name in await migrate(connection):
            log.info("migration applied", extra={"migration": name})
        if await ensure(connection, EventMapper(KeyRing()), MODELS, course):
            log.info("read models made for this release", extra={"schema": live.LIVE_SCHEMA})


async def check_prepared(connection: AsyncConnection[Any], *, read_models: bool = True) -> None:
    """For tools that make nothing themselves. Raises `NotPrepared` for a database without a log, or without the read models of
    this release if they are needed."""
    cursor = await connection.execute("SELECT to_regclass('ledger_events') IS NOT NULL")
    has_log = (await cursor.fetchall())[0][0]
    if not has_log or (read_models and not await schema.exists(connection, live.LIVE_SCHEMA)):
        raise NotPrepared("this database has no log, or no read models of this release: `migrate` makes both")
