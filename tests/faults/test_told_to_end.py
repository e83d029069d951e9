"""SIGTERM: no new requests, those in flight finished, streams ended as their protocols say, exit 0 within ten seconds."""

from __future__ import annotations

import asyncio

import aiohttp

from tests.faults.conftest import Running
from tests.support.faults import Deployment


async def test_a_service_told_to_end_finishes_what_it_has_begun(running: Running) -> None:
    async with running.writers() as writers:
        await writers.wait_for(100)
        ended = await running.process.terminate()
        await writers.stop()
    assert ended.status == 0, ended.stderr
    assert ended.seconds < 10
    assert "Traceback" not in ended.stderr
    assert writers.statuses() <= {201, 204, 503}

    # Whatever reached the log was also answered: no caller is left wondering.
    stored = {event["data"]["name"] for event in await running.place.events("--type", "GroupCreated")}
    told = {change.expected[1] for change in writers.acknowledged if change.stream.startswith("group/")}
    assert stored == told


async def test_streams_end_cleanly(running: Running) -> None:
    client, id = running.client, running.workspace_ids[0]
    headers = {"Coder-Session-Token": client.token or ""}
    address = f"{client.base}/api/v2/workspaces/{id}"
    async with (
        client.session.get(f"{address}/watch", headers=headers) as events,
        client.session.ws_connect(f"{address}/watch-ws", headers=headers) as socket,
    ):
        await events.content.readuntil(b"event: data")
        assert (await socket.receive_json())["type"] == "ping"
        ending = asyncio.create_task(running.process.terminate())
        rest = await events.content.read()  # raises when the answer is cut off before its end
        close = await _close_of(socket)
        ended = await ending
    assert rest.rstrip().splitlines()[-1].startswith(b":")
    assert close == aiohttp.WSCloseCode.GOING_AWAY
    assert ended.status == 0
    assert ended.seconds < 10


async def test_a_process_without_web_says_that_it_is_ready(place: Deployment) -> None:
    process = await place.start(LEDGER_ROLES="projector,automation,provisioner")
    assert process.announced == "ready"
    ended = await process.terminate()
    assert (ended.status, ended.stdout) == (0, "")


async def _close_of(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    async with asyncio.timeout(10):
        async for _ in socket:
            pass
    return socket.close_code
