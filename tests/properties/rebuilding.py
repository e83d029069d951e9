"""Law: the live read models are those that the log gives anew, byte for byte, in batches of any size."""

from __future__ import annotations

from projections.engine.verify import verify
from projections.models import MODELS
from service import bootstrap
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from tests.properties.histories import History
from tests.support.projecting import open_projecting


async def live_is_what_a_rebuild_gives(history: History) -> None:
    """`verify`, beside the running service."""
    async with bootstrap.connected(history.url) as live, bootstrap.connected(history.url) as shadow:
        report = await verify(live, shadow, EventMapper(KeyRing()), MODELS)
    assert report.differences == ()


async def no_batch_size_shows(history: History) -> None:
    """The log of a service that has ended, folded in batches of several sizes."""
    projecting = await open_projecting(history.url, MODELS)
    try:
        await projecting.same_for_every_batch_size(history.log)
    finally:
        await projecting.connection.close()
