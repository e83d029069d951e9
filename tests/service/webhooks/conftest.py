"""A service that may deliver to this machine, a receiver on it, and somebody who may set webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.api import Ledger, running_ledger
from tests.support.receiving import Receiver, receiving


@pytest.fixture
async def near(migrated_url: str) -> AsyncIterator[Ledger]:
    """A service that delivers to private addresses too."""
    async with running_ledger(migrated_url, webhook_private_targets=True) as running:
        yield running


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Takes everything until it is told otherwise."""
    async with receiving() as opened:
        yield opened
