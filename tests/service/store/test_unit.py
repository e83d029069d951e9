"""One attempt at a command sees each stream as of one version, the one that its append is checked against."""

from __future__ import annotations

import pytest

from domain.workspaces.state import WORKSPACE
from service.commands.unit import Unit
from service.store.append import VersionConflict, Work
from tests.service.store.conftest import Store
from tests.service.store.test_append import change, new_stream


async def test_a_stream_that_moves_on_between_two_loads_is_a_conflict(store: Store) -> None:
    stream = new_stream()
    await store.writer.commit(Work((change(stream, 1, ttl=60_000),)))
    unit = Unit(store.repository, store.pool)
    first = await unit.load_versioned(WORKSPACE, stream.id, hold=False)
    await store.writer.commit(Work((change(stream, 2, ttl=120_000),)))
    store.repository.foreign(stream.id, 2)
    assert await unit.load_versioned(WORKSPACE, stream.id) == first
    with pytest.raises(VersionConflict):
        await store.writer.commit(Work((change(new_stream(), 1),), held=tuple(unit.held.values())))
    assert (await Unit(store.repository, store.pool).load(WORKSPACE, stream.id)).ttl_ms == 120_000
