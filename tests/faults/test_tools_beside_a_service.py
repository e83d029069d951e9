"""`rebuild` and `verify` while the service is written to: nobody notices, nothing differs, nothing is appended."""

from __future__ import annotations

from tests.faults.conftest import Running
from tests.support.api import Client
from tests.support.writers import nothing_is_lost


async def test_read_models_are_rebuilt_and_compared_under_load(running: Running) -> None:
    place = running.place
    async with running.writers() as writers:
        await writers.wait_for(200)
        for tool in ("verify", "rebuild"):
            before = len(writers.acknowledged)
            ended = await place.tool(tool)
            assert ended.status == 0, f"{tool}: {ended.stdout} {ended.stderr}"
            assert len(writers.acknowledged) > before, f"nobody could write beside {tool}"
        await writers.wait_for(50)
    assert writers.statuses() <= {201, 204}
    assert writers.dropped == 0
    await nothing_is_lost(place, running.client, writers.acknowledged)
    await place.verified()


async def test_tools_append_nothing(running: Running) -> None:
    await running.process.terminate()
    before = await running.place.events()
    for tool in ("verify", "rebuild", "verify", "migrate"):
        assert (await running.place.tool(tool)).status == 0
    assert await running.place.events() == before


async def test_a_token_made_beside_a_service_lets_its_holder_in(running: Running) -> None:
    ended = await running.place.tool("token", "create", "--user", "admin", "--name", "night-job", "--lifetime", "1h")
    assert ended.status == 0, ended.stderr
    client = Client(running.client.session, running.client.base, ended.stdout.strip())
    assert (await client.get("/users/me", want=200)).json["username"] == "admin"
    listed = (await client.get("/users/me/keys/tokens/night-job", want=200)).json
    assert listed["login_type"] == "token"
