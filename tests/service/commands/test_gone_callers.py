"""A change whose caller has gone goes on, and what becomes of it is a word in the log only where something is wrong."""

from __future__ import annotations

import asyncio
import gc
import logging

import pytest

from service.commands.bus import Outcome, _to_its_end
from service.store.append import VersionConflict


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (VersionConflict("another was faster"), []),
        (RuntimeError("a fault"), ["a change whose caller had gone failed"]),
    ],
)
async def test_only_a_fault_is_told_when_the_caller_has_gone(error: Exception, said: list[str], caplog: pytest.LogCaptureFixture) -> None:
    answered = asyncio.Event()

    async def commit() -> Outcome:
        await answered.wait()
        raise error

    gc.collect()  # what earlier tests left is not told of here
    with caplog.at_level(logging.ERROR):
        caller = asyncio.create_task(_to_its_end(commit()))
        await asyncio.sleep(0)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        answered.set()
        for _ in range(3):
            await asyncio.sleep(0)
        # A task whose error nobody looked at says so when it is collected.
        del caller
        gc.collect()
    assert [record.message for record in caplog.records] == said
