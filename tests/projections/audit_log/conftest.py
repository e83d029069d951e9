"""A projection of all read models, over a database of the test's own: entries show their neighbours."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from projections.models import MODELS
from tests.support.projecting import Projecting, open_projecting


@pytest.fixture
async def projecting(database_url: str) -> AsyncIterator[Projecting]:
    """Folds histories into schemas of this database."""
    opened = await open_projecting(database_url, MODELS)
    yield opened
    await opened.connection.close()
