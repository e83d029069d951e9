"""One webhook in a time of its own: when it gives up, what it keeps in mind, and that what is stuck stops nobody."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from psycopg import AsyncConnection

from domain.groups.events import GroupUpdated
from domain.groups.state import GROUP
from domain.kernel.events import Recorded
from domain.webhooks.retries import Retries
from service.settings import Role
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.webhooks.lane import Lane, Means
from service.webhooks.sender import WebhookSender
from tests.support.api import Ledger, running_ledger
from tests.support.projecting import store
from tests.support.receiving import Message, Receiver, accept
from tests.support.spec import context
from tests.support.webhooks import deliveries, deliveries_when, group, rename, webhook


@dataclass(slots=True)
class Clock:
    """The time of day, and by how much it was moved on."""

    ahead: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        """What the clock shows."""
        return datetime.now(UTC) + self.ahead


@dataclass(slots=True)
class World:
    """A service that delivers nothing by itself."""

    ledger: Ledger
    clock: Clock = field(default_factory=Clock)

    @contextlib.asynccontextmanager
    async def lane(self, id: str, retries: Retries | None = None, sender: WebhookSender | None = None) -> AsyncIterator[Lane]:
        """A lane of the webhook, at work in the clock's time; waits are as long as can be expected."""
        s = self.ledger.services
        means = Means(s.pool, s.log, s.positions, sender or s.webhooks, s.bus, self.clock.now, retries or Retries(), lambda: 0.5)
        lane = Lane(means, id)
        task = asyncio.create_task(lane.run())
        try:
            yield lane
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def moved(self, lane: Lane, by: timedelta) -> None:
        """Later. The lane has looked at the clock before."""
        self.clock.ahead += by
        lane.wake()


@pytest.fixture
async def world(migrated_url: str) -> AsyncIterator[World]:
    async with running_ledger(migrated_url, webhook_private_targets=True, roles=frozenset(Role) - {Role.AUTOMATION}) as ledger:
        yield World(ledger)


def refuse(told: Callable[[Message], bool]) -> Callable[[Message], Any]:
    """Answers 500 to these messages."""

    async def answer(message: Message) -> web.StreamResponse:
        return web.Response(status=500 if told(message) else 204)

    return answer


async def test_after_three_days_it_gives_up_and_goes_on_with_the_next(world: World, receiver: Receiver) -> None:
    admin = await world.ledger.admin()
    crew = await group(world.ledger, "crew")
    receiver.answer = refuse(lambda message: message.event["data"]["display_name"] == "bad")
    made = await webhook(admin, receiver.url, event_types=["GroupUpdated"])
    await rename(world.ledger, crew, "bad", "good")
    async with world.lane(made["id"]) as lane:
        attempts = 0
        while True:
            # More than one on a machine so slow that the next was due before anybody saw the last.
            found = await deliveries_when(admin, made["id"], lambda all: bool(all) and all[-1]["attempts"] > attempts)  # noqa: B023
            attempts = found[-1]["attempts"]
            if found[-1]["state"] != "pending":
                break
            due = datetime.fromisoformat(found[-1]["next_attempt_at"])
            assert due > datetime.fromisoformat(found[-1]["attempted_at"])
            assert due <= datetime.fromisoformat(found[-1]["queued_at"]) + timedelta(days=3)
            await world.moved(lane, due - world.clock.now() + timedelta(milliseconds=1))
        assert 18 <= attempts <= 24
        assert (found[-1]["state"], found[-1]["status_code"], found[-1]["error"]) == ("failed", 500, "answered 500")
        assert world.clock.ahead >= timedelta(days=2, hours=23)
        await receiver.until(lambda r: [event["data"]["display_name"] for event in r.events] == ["good"])
        assert [one["type"] for one in await deliveries(admin, made["id"], state="failed")] == ["GroupUpdated"]

        receiver.answer = accept
        await admin.post(f"/webhooks/{made['id']}/replay", {"from": found[-1]["position"] - 1}, want=202)
        lane.wake()
        await receiver.until(lambda r: [event["data"]["display_name"] for event in r.events] == ["good", "bad", "good"])


async def test_a_stuck_stream_of_thousands_neither_fills_the_memory_nor_stops_the_reading(
    world: World, receiver: Receiver, migrated_url: str
) -> None:
    admin = await world.ledger.admin()
    organization = await world.ledger.organization_id()
    made = await webhook(admin, receiver.url, event_types=["GroupUpdated"])
    stuck = GROUP.stream(str(uuid.uuid4()))
    receiver.answer = refuse(lambda message: message.event["stream"] == str(stuck))
    now = datetime.now(UTC)
    history = [
        Recorded(GroupUpdated(organization, f"n{n}", "", "", 0), stuck, n, str(uuid.uuid4()), now, replace(context().metadata, ip=None))
        for n in range(1, 1501)
    ]
    async with await AsyncConnection.connect(migrated_url, autocommit=True) as connection:
        await store(connection, EventMapper(KeyRing()), history)
    await rename(world.ledger, await group(world.ledger, "free"), "free")
    async with world.lane(made["id"]):
        await receiver.until(lambda r: [event["data"]["display_name"] for event in r.events] == ["free"])
        assert {message.event["stream_version"] for message in receiver.messages if message.event["stream"] == str(stuck)} == {1}
        receiver.answer = accept
        waiting = await deliveries(admin, made["id"], state="pending")
        assert {one["attempts"] for one in waiting} == {0}
        await receiver.until(lambda r: len(r.taken) == 1501, 120)
    assert [event["stream_version"] for event in receiver.events if event["stream"] == str(stuck)] == list(range(1, 1501))


async def test_a_replay_of_everything_queues_no_more_than_is_being_delivered(world: World, receiver: Receiver, migrated_url: str) -> None:
    admin = await world.ledger.admin()
    released = asyncio.Event()

    async def hold(_message: Message) -> web.StreamResponse:
        await released.wait()
        return web.Response()

    receiver.answer = hold
    made = await webhook(admin, receiver.url, event_types=["GroupUpdated"])
    now, organization = datetime.now(UTC), await world.ledger.organization_id()
    history = [
        Recorded(
            GroupUpdated(organization, f"n{n}", "", "", 0), GROUP.stream(str(uuid.uuid4())), 1, str(uuid.uuid4()), now, context().metadata
        )
        for n in range(3000)
    ]
    async with await AsyncConnection.connect(migrated_url, autocommit=True) as connection:
        await store(connection, EventMapper(KeyRing()), history)
        await group(world.ledger, "last")
        async with world.lane(made["id"]):
            await receiver.until(lambda r: len(r.messages) == 8)
            await asyncio.sleep(0.5)
            assert len(receiver.messages) == 8, "eight at once"
            row = await (await connection.execute("SELECT count(*) FROM webhook_deliveries")).fetchone()
            assert row is not None
            assert row[0] <= 1200, "a page beyond the thousand at the most"
            released.set()
            await receiver.until(lambda r: len(r.taken) == 3000, 120)
    assert len(receiver.messages) == 3000


async def test_what_hangs_again_and_again_leaves_room_for_what_does_not(world: World, receiver: Receiver) -> None:
    admin = await world.ledger.admin()
    hanging = [await group(world.ledger, f"hanging-{number}") for number in range(12)]
    free = await group(world.ledger, "free")

    async def hang(message: Message) -> web.StreamResponse:
        if message.event["stream"] != f"group/{free}":
            await asyncio.sleep(30)
        return web.Response()

    receiver.answer = hang
    made = await webhook(admin, receiver.url, event_types=["GroupUpdated"])
    for id in hanging:
        await rename(world.ledger, id, "x")
    sender = WebhookSender(world.clock.now, private_allowed=True, timeout_seconds=2.0)
    always = Retries(first=timedelta(milliseconds=1), factor=1.0, jitter=0.0)
    try:
        async with world.lane(made["id"], always, sender) as lane:
            await deliveries_when(admin, made["id"], lambda all: len(all) == 12 and all[0]["attempts"] > 0)
            for number in range(5):
                await rename(world.ledger, free, f"n{number}")
                lane.wake()
                # Sooner than any of those that hang is given up.
                await receiver.until(lambda r: len(r.taken) == number + 1, 1.8)  # noqa: B023
    finally:
        await sender.close()


async def test_time_spent_away_from_the_database_loses_nothing(world: World, receiver: Receiver, migrated_url: str) -> None:
    admin = await world.ledger.admin()
    crew = await group(world.ledger, "crew")
    made = await webhook(admin, receiver.url, event_types=["GroupUpdated"])
    async with world.lane(made["id"]) as lane:
        for number in range(5):
            while (await admin.patch(f"/groups/{crew}", {"display_name": f"n{number}"})).status == 503:
                await asyncio.sleep(0.05)
            async with await AsyncConnection.connect(migrated_url, autocommit=True) as connection:
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            lane.wake()
        async with asyncio.timeout(60):
            while len({event["position"] for event in receiver.events}) < 5:
                lane.wake()
                await asyncio.sleep(0.1)
    names = [event["data"]["display_name"] for event in receiver.events]
    assert sorted(set(names)) == [f"n{number}" for number in range(5)]
    assert names == sorted(names)
