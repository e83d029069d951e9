"""A service per module, with a database of its own: these tests ask much and change little."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.contract.people import Neighbourhood, settle
from tests.support.api import running_ledger
from tests.support.postgres import PostgresServer


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def there(postgres: PostgresServer, migrated_template: str) -> AsyncIterator[Neighbourhood]:
    """The service, its people and their workspace."""
    url = postgres.database(migrated_template)
    async with running_ledger(url, allow_workspace_renames=True) as ledger:
        yield await settle(ledger)
    postgres.drop(url)
