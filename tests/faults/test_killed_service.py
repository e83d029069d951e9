"""kill -9 of the service: what was acknowledged is there after the restart, in the log and in what readers see."""

from __future__ import annotations

from tests.faults.conftest import Running
from tests.support.writers import nothing_is_lost


async def test_a_killed_service_has_lost_nothing_that_it_acknowledged(running: Running) -> None:
    async with running.writers() as writers:
        await writers.wait_for(300)
        await running.process.kill()
        await writers.stop()
    assert writers.statuses() <= {201, 204}

    await running.restart()

    await nothing_is_lost(running.place, running.client, writers.acknowledged)
    await running.place.verified()


async def test_a_service_killed_twice_goes_on_with_builds_that_nobody_finished(running: Running) -> None:
    body = {"name": "unfinished", "template_id": running.template_id}
    created = (await running.client.post("/users/me/workspaces", body, want=201)).json
    await running.process.kill()
    await running.restart()
    await running.process.kill()
    await running.restart()
    build = created["latest_build"]["id"]
    assert (await running.client.get(f"/workspacebuilds/{build}", want=200)).json["workspace_id"] == created["id"]
    again = await running.client.post("/users/me/workspaces", body)
    assert again.status == 409, "the name was given away, and stays so"
    await running.place.verified()
