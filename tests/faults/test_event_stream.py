"""Following the log while sixteen callers change things, readers come and go and the service is killed: every event once, in order."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.faults.conftest import Running
from tests.support.api import Client
from tests.support.watching import Ended, events

#: Frames of one connection, at most: then the reader hangs up and comes again.
_FRAMES = 90


class Follower:
    """Reads the stream of events over one connection after the other, each from the last frame that was read of any."""

    def __init__(self, after: int, *, buffer: int = 0) -> None:
        self.seen: list[tuple[int, Any]] = []
        self.connections = 0
        self._last = after
        self._buffer = buffer
        self._grown = asyncio.Event()

    async def follow(self, running: Running) -> None:
        """For ever; while nobody listens at the address, it is tried again."""
        while True:
            try:
                await self._connection(running.client)
            except (Ended, OSError, TimeoutError):
                await asyncio.sleep(0.05)

    async def _connection(self, client: Client) -> None:
        async with events(client, "/audit/events/watch", last_event_id=self._last, buffer=self._buffer) as stream:
            self.connections += 1
            for _ in range(_FRAMES):
                frame = await stream.next()
                while frame.kind == "ping":
                    frame = await stream.next()
                assert frame.id is not None
                self.seen.append((frame.id, frame.data))
                self._last = frame.id
                self._grown.set()

    async def reach(self, position: int, seconds: float = 30.0) -> None:
        """Return once the event at this position was read."""
        async with asyncio.timeout(seconds):
            while self._last < position:
                self._grown.clear()
                await self._grown.wait()


async def _log(client: Client, after: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = (await client.get("/audit/events", params={"after": after}, want=200)).json
        if not page["events"]:
            return found
        found += page["events"]
        after = page["next_after"]


async def test_every_event_arrives_once_though_readers_come_and_go_and_the_service_is_killed(running: Running) -> None:
    start = (await _log(running.client, 0))[-1]["position"]
    quick, slow = Follower(start), Follower(start, buffer=4096)
    async with asyncio.TaskGroup() as group:
        following = [group.create_task(reader.follow(running)) for reader in (quick, slow)]
        for _ in range(2):
            async with running.writers() as writers:
                await writers.wait_for(150)
                await running.process.kill()
                await writers.stop()
            await running.restart()
        async with running.writers() as writers:
            await writers.wait_for(150)
        log = await _log(running.client, start)
        for reader in (quick, slow):
            await reader.reach(log[-1]["position"])
        for task in following:
            task.cancel()
    for reader in (quick, slow):
        seen = [(position, document) for position, document in reader.seen if position <= log[-1]["position"]]
        assert seen == [(event["position"], event) for event in log]
        assert reader.connections > 3
