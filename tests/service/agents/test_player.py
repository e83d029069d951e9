"""Players come and go: what one leaves, the next takes over."""

from __future__ import annotations

from service.settings import Role
from tests.service.agents.living import agents_in, make_workspace, until
from tests.support.api import Opened

REST = frozenset({Role.WEB, Role.PROJECTOR, Role.AUTOMATION})
PLAYER = frozenset({Role.PROVISIONER})
LIVE = {"name": "main", "run": "simulated", "simulate": {"connect_after_seconds": 0}}


async def test_agents_whose_player_died_come_back_with_the_next_one(migrated_url: str) -> None:
    async with Opened() as lasting:
        ledger = await lasting.open(migrated_url, roles=REST, agent_disconnect_seconds=1.0)
        person = await ledger.admin()
        async with Opened() as first:
            await first.open(migrated_url, roles=PLAYER, agent_disconnect_seconds=1.0)
            workspace = await make_workspace(ledger, person, LIVE)
            path = f"/workspaces/{workspace['id']}"
            connected = await until(ledger, person, path, lambda w: agents_in(w)[0]["status"] == "connected")
        silent = await until(ledger, person, path, lambda w: agents_in(w)[0]["status"] == "disconnected")
        await lasting.open(migrated_url, roles=PLAYER, agent_disconnect_seconds=1.0)
        back = await until(ledger, person, path, lambda w: agents_in(w)[0]["status"] == "connected")
    [before], [gone], [after] = agents_in(connected), agents_in(silent), agents_in(back)
    assert after["first_connected_at"] == before["first_connected_at"] < after["last_connected_at"]
    assert gone["lifecycle_state"] == after["lifecycle_state"] == "ready"


async def test_heartbeats_of_the_player_keep_its_agents_connected(migrated_url: str) -> None:
    async with Opened() as opened:
        ledger = await opened.open(migrated_url, agent_disconnect_seconds=1.5)
        person = await ledger.admin()
        workspace = await make_workspace(ledger, person, LIVE, {**LIVE, "name": "brief", "simulate": {"disconnect_after_seconds": 5}})
        path = f"/workspaces/{workspace['id']}"
        # By the time that the second agent leaves, the first has outlived three disconnect times.
        document = await until(ledger, person, path, lambda w: any(a["status"] == "disconnected" for a in agents_in(w)))
    assert {a["name"]: a["status"] for a in agents_in(document)} == {"main": "connected", "brief": "disconnected"}
