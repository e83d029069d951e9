"""Sixteen callers who change things as fast as they are answered, and remember every answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp

from tests.support.api import Answer, Client
from tests.support.faults import Deployment

WRITERS = 16


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A change that was answered with success: where it stands in the log, and what must be found by id."""

    position: int
    stream: str
    path: str
    expected: tuple[str, Any]


@dataclass(slots=True)
class Writers:
    """Each writer makes groups, and sets the TTL of a workspace of its own when there are any."""

    client: Client
    organization_id: str
    workspace_ids: tuple[str, ...] = ()
    acknowledged: list[Acknowledged] = field(default_factory=list)
    answers: list[tuple[str, Answer]] = field(default_factory=list)
    dropped: int = 0
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _progress: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Writers:
        self._tasks = [asyncio.create_task(self._write(number), name=f"writer-{number}") for number in range(WRITERS)]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Let every writer finish what it has sent."""
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def wait_for(self, changes: int, seconds: float = 60.0) -> None:
        """Return once that many changes more have been acknowledged."""
        goal = len(self.acknowledged) + changes
        async with asyncio.timeout(seconds):
            while len(self.acknowledged) < goal:
                self._progress.clear()
                await self._progress.wait()

    def statuses(self) -> set[int]:
        """All statuses that were seen."""
        return {answer.status for _, answer in self.answers}

    async def _write(self, number: int) -> None:
        turn = 0
        while not self._stop.is_set():
            turn += 1
            try:
                await self._group(f"w{number}-{turn}")
                if self.workspace_ids:
                    await self._ttl(self.workspace_ids[number % len(self.workspace_ids)], 60_000 * (turn % 10_000 + 1))
            except (aiohttp.ClientError, TimeoutError):
                # The service is gone: what was asked for may or may not have happened, nobody was told.
                self.dropped += 1
                await asyncio.sleep(0.05)

    async def _group(self, name: str) -> None:
        answer = await self._send("POST", f"/organizations/{self.organization_id}/groups", {"name": name})
        if answer.status == 201:
            id = answer.json["id"]
            self._acknowledge(answer, f"group/{id}", f"/groups/{id}", ("name", name))

    async def _ttl(self, id: str, ttl_ms: int) -> None:
        answer = await self._send("PUT", f"/workspaces/{id}/ttl", {"ttl_ms": ttl_ms})
        if answer.status == 204:
            self._acknowledge(answer, f"workspace/{id}", f"/workspaces/{id}", ("id", id))

    async def _send(self, method: str, path: str, body: Any) -> Answer:
        answer = await self.client.request(method, path, body)
        self.answers.append((f"{method} {path}", answer))
        if answer.status == 503:
            await asyncio.sleep(0.05)
        return answer

    def _acknowledge(self, answer: Answer, stream: str, path: str, expected: tuple[str, Any]) -> None:
        self.acknowledged.append(Acknowledged(int(answer.headers["Ledger-Position"]), stream, path, expected))
        self._progress.set()


async def nothing_is_lost(place: Deployment, client: Client, acknowledged: list[Acknowledged]) -> None:
    """Every acknowledged change stands in the log where it was said to, and the read models show it."""
    assert acknowledged, "nothing was acknowledged, so nothing was tried"
    log = {(event["position"], event["stream"]) for event in await place.events()}
    positions = {position for position, _ in log}
    streams = {stream for _, stream in log}
    assert [change for change in acknowledged if change.position not in positions or change.stream not in streams] == []
    last = str(max(change.position for change in acknowledged))
    waiting = asyncio.Semaphore(WRITERS)

    async def shown(path: str, expected: tuple[str, Any]) -> None:
        async with waiting:
            document = (await client.get(path, want=200, headers={"Ledger-Position": last})).json
        assert document[expected[0]] == expected[1], path

    await asyncio.gather(*(shown(path, expected) for path, expected in {change.path: change.expected for change in acknowledged}.items()))


def at(client: Client, url: str) -> Client:
    """The same caller at another address of the deployment."""
    return replace(client, base=url)
