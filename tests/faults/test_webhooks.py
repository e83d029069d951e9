"""kill -9, SIGTERM and a change of leader in the middle of deliveries: every event arrives, under one id, in order."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from tests.faults.conftest import Running
from tests.support.api import Client
from tests.support.faults import Deployment, deployment
from tests.support.receiving import Message, Receiver, receiving
from tests.support.webhooks import webhook
from tests.support.workspaces import publish, workspace
from tests.support.writers import Writers, at

#: Attempts of one webhook at once: what is under way when a process dies is all that may arrive twice.
UNDER_WAY = 8


@pytest.fixture
async def place() -> AsyncIterator[Deployment]:
    """Its processes deliver to this machine."""
    async with deployment(LEDGER_WEBHOOK_PRIVATE_TARGETS="true") as opened:
        yield opened


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Takes its time, and refuses a message now and then."""
    chance = random.Random(7)

    async def moody(_message: Message) -> web.StreamResponse:
        await asyncio.sleep(chance.random() * 0.02)
        return web.Response(status=500 if chance.random() < 0.02 else 204)

    async with receiving() as opened:
        opened.answer = moody
        yield opened


async def everything_arrived(place: Deployment, receiver: Receiver, made: dict[str, Any]) -> Counter[str]:
    """Wait for all that the log holds, and hold it to what was promised; returns how often each message was taken."""
    expected = {event["position"]: event for event in await place.events("--from", str(made["position"]))}
    await receiver.until(lambda r: expected.keys() <= {event["position"] for event in r.events}, 60)
    ids: dict[int, set[str]] = defaultdict(set)
    order: dict[str, list[int]] = defaultdict(list)
    for message in receiver.taken:
        event = message.event
        assert message.is_signed_with(made["secret"])
        assert expected.get(event["position"], event) == event
        ids[event["position"]].add(message.id)
        order[event["data"].get("workspace_id") or event["stream"]].append(event["position"])
    assert all(len(found) == 1 for found in ids.values()), "an event keeps its id"
    assert len({id for found in ids.values() for id in found}) == len(ids)
    assert all(positions == sorted(positions) for positions in order.values()), "in order, repeats included"
    return Counter(message.id for message in receiver.taken)


async def test_a_killed_service_misses_no_delivery_and_repeats_only_what_was_under_way(running: Running, receiver: Receiver) -> None:
    made = await webhook(running.client, receiver.url)
    async with running.writers() as writers:
        await writers.wait_for(150)
        await receiver.until(lambda r: len(r.taken) > 50)
        await running.process.kill()
        await writers.stop()
    before = len(receiver.taken)

    await running.restart()

    taken = await everything_arrived(running.place, receiver, made)
    assert len(taken) > before, "it was killed in the middle"
    assert max(taken.values()) <= 2
    assert sum(taken.values()) - len(taken) <= UNDER_WAY
    await running.place.verified()


async def test_a_service_that_is_told_to_end_repeats_nothing(running: Running, receiver: Receiver) -> None:
    made = await webhook(running.client, receiver.url)
    async with running.writers() as writers:
        await writers.wait_for(150)
        await receiver.until(lambda r: len(r.taken) > 50)
        ended = await running.process.terminate()
        await writers.stop()
    assert ended.status == 0
    assert ended.seconds < 10

    await running.restart()

    taken = await everything_arrived(running.place, receiver, made)
    assert max(taken.values()) == 1


async def test_another_process_goes_on_when_the_leader_is_killed(migrated_url: str, receiver: Receiver) -> None:
    async with deployment(LEDGER_DATABASE_URL=migrated_url, LEDGER_WEBHOOK_PRIVATE_TARGETS="true") as place:
        leader = await place.start()
        other = await place.start(LEDGER_ROLES="web,projector,automation,provisioner")
        client = await place.sign_in(leader)
        organization_id = (await client.get("/organizations/default", want=200)).json["id"]
        template_id = await publish(client, organization_id)
        sheds = [await workspace(client, template_id, f"ws-{number}") for number in range(4)]
        made = await webhook(client, receiver.url)
        there: Client = at(client, other.url)
        async with Writers(there, organization_id, tuple(sheds)) as writers:
            await writers.wait_for(100)
            await receiver.until(lambda r: len(r.taken) > 50)
            await leader.kill()
            await writers.wait_for(50)
            await writers.stop()
        taken = await everything_arrived(place, receiver, made)
        assert max(taken.values()) <= 2
        assert sum(taken.values()) - len(taken) <= UNDER_WAY
