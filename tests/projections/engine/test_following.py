"""Waiting for positions, and hearing of what others append: nothing that callers ask for stays behind, no fault ends it."""

from __future__ import annotations

import asyncio

import pytest

from projections.engine.positions import Positions
from projections.engine.tail import Listener
from tests.projections.engine.conftest import Engine


async def test_those_who_wait_are_woken_in_order_of_what_they_wait_for() -> None:
    positions = Positions()
    woken: list[int] = []

    async def wait(position: int) -> None:
        await positions.wait_until(position)
        woken.append(position)

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        for position in (3, 1, 2):
            tasks.create_task(wait(position))
        await asyncio.sleep(0)
        for position in (1, 2, 3):
            positions.advance(position)
            await asyncio.sleep(0)
    assert woken == [1, 2, 3]


async def test_waiting_for_what_never_comes_leaves_nothing_behind() -> None:
    positions = Positions()
    patient = asyncio.create_task(positions.wait_until(7, 30))
    for _ in range(20):
        results = await asyncio.gather(*(positions.wait_until(2**62, 0.001) for _ in range(50)), return_exceptions=True)
        assert all(isinstance(result, TimeoutError) for result in results)
    assert positions.waiting < 200
    positions.advance(7)
    await patient


async def test_a_fault_in_who_is_told_ends_no_listening(engine: Engine) -> None:
    heard: list[str] = []
    said = asyncio.Event()

    def hear(_channel: str, payload: str) -> None:
        heard.append(payload)
        said.set()
        if payload == "first":
            raise RuntimeError

    gaps: list[None] = []
    listener = Listener(engine.connect, ("bell",), hear, lambda: gaps.append(None))
    await listener.start()
    connection = await engine.connect()
    async with connection, asyncio.timeout(30):
        await connection.execute("NOTIFY bell, 'first'")
        await said.wait()
        while len(gaps) < 2:
            await asyncio.sleep(0.01)
        await connection.execute("NOTIFY bell, 'second'")
        while heard != ["first", "second"]:
            await asyncio.sleep(0.01)
    await listener.stop()


async def test_what_this_process_says_itself_may_be_passed_over(engine: Engine) -> None:
    own, other = await engine.connect(), await engine.connect()
    heard: list[str] = []
    listener = Listener(engine.connect, ("bell",), lambda _channel, payload: heard.append(payload), lambda: None)
    listener.own_pid = lambda: own.info.backend_pid
    await listener.start()
    async with own, other, asyncio.timeout(30):
        await own.execute("NOTIFY bell, 'own'")
        await other.execute("NOTIFY bell, 'other'")
        while not heard:
            await asyncio.sleep(0.01)
    await listener.stop()
    assert heard == ["other"]


@pytest.mark.parametrize("position", [0, 5])
async def test_what_is_there_already_is_not_waited_for(position: int) -> None:
    await Positions(5).wait_until(position, 0)
