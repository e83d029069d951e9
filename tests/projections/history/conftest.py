"""A projection of this read model alone, over a database of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from projections.history.fold import MODEL
from tests.support.projecting import Projecting, open_projecting


@pytest.fixture
async def projecting(database_url: str) -> AsyncIterator[Projecting]:
    """Folds histories into schemas of this database."""
    opened = await open_projecting(database_url, (MODEL,))
    yield opened
    await opened.connection.close()
