"""Makes a database ready for this release: migrations, and read models that fit."""

from __future__ import annotations

import logging

from psycopg import AsyncConnection

from projections.engine import connections, schema
from projections.engine.rebuild import rebuild
from projections.models import MODELS
from service.store.mapper import EventMapper
from service.store.migrate import migrate
from service.store.personal_keys import KeyRing

log = logging.getLogger(__name__)


async def prepare(dsn: str) -> None:
    """Migrations applied, read models there and made for this release."""
    async with await AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connections.configure(connection)
        for name in await migrate(connection):
            log.info("migration applied", extra={"migration": name})
        if await schema.is_current(connection, MODELS) is not True:
            await rebuild(connection, EventMapper(KeyRing()), MODELS)
