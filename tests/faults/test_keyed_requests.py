"""A service killed in the middle of changes with idempotency keys: asked again, each is made once and answered."""

from __future__ import annotations

import asyncio

import aiohttp

from service.http.idempotency import HEADER
from tests.faults.conftest import Running
from tests.support.api import Answer

KILLS, WRITERS = 3, 12


async def test_a_change_with_a_key_is_made_once_however_often_the_service_dies(running: Running) -> None:
    made: dict[str, str] = {}
    for kill in range(KILLS):
        names = [f"once-{kill}-{number}" for number in range(WRITERS)]
        tries = [asyncio.create_task(_create(running, name)) for name in names]
        # Some are answered, some made, some claimed, some not begun.
        await asyncio.sleep(0.02 + 0.02 * kill)
        await running.process.kill()
        first = await asyncio.gather(*tries, return_exceptions=True)
        await running.restart()
        for name, answer in zip(names, first, strict=True):
            again = await _until_answered(running, name)
            assert again.status == 201, again.raw
            if isinstance(answer, Answer) and answer.status == 201:
                assert again.raw == answer.raw, "acknowledged, and answered otherwise afterwards"
            made[name] = again.json["id"]
    listed = (await running.client.get("/workspaces?q=name:once&limit=0", want=200)).json
    assert {w["name"]: w["id"] for w in listed["workspaces"]} == made
    assert listed["count"] == KILLS * WRITERS
    await running.place.verified()


async def _create(running: Running, name: str) -> Answer:
    body = {"name": name, "template_id": running.template_id}
    return await running.client.post("/users/me/workspaces", body, headers={HEADER: f"key-of-{name}"})


async def _until_answered(running: Running, name: str) -> Answer:
    async with asyncio.timeout(30):
        while True:
            try:
                answer = await _create(running, name)
            except aiohttp.ClientError:
                continue
            if "Retry-After" not in answer.headers:
                return answer
            await asyncio.sleep(0.05)
