"""Whatever people did, in whatever order: the live read models are those that the log gives anew, in batches of any size."""

from __future__ import annotations

import pytest

from projections.engine.tail import read_page
from projections.engine.verify import verify
from projections.models import MODELS
from service import bootstrap
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from tests.properties.deeds import stage
from tests.properties.rarer_deeds import ALL
from tests.support.api import running_ledger
from tests.support.projecting import open_projecting

#: Of events at least: fewer would mean that the deeds were in vain.
KINDS = 58


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_was_done_is_found_again(migrated_url: str, seed: int) -> None:
    mapper = EventMapper(KeyRing())
    async with bootstrap.connected(migrated_url) as live, bootstrap.connected(migrated_url) as shadow:
        async with running_ledger(migrated_url, allow_workspace_renames=True) as ledger:
            there = await stage(ledger, seed)
            refused = 0
            for deed in there.rnd.sample(ALL, len(ALL)):
                answer = await deed(there)
                assert answer.status < 500, answer.raw
                refused += answer.status >= 400
            report = await verify(live, shadow, mapper, MODELS)
        assert report.differences == ()
        assert refused < len(ALL) / 2
        history, _ = await read_page(live, mapper, 0, 10_000)
    kinds = {type(recorded.event).__name__ for recorded in history}
    assert len(kinds) >= KINDS, sorted(kinds)
    projecting = await open_projecting(migrated_url, MODELS)
    try:
        await projecting.same_for_every_batch_size(history)
    finally:
        await projecting.connection.close()
