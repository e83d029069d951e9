"""What a request began for many workspaces goes on without it: here nobody does what the request would have done next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.organizations.commands import SetWorkspaceSharing
from domain.roles.policy import compile_subject
from domain.templates.commands import UpdateTemplate
from domain.workspaces.commands import UpdateACL
from projections.templates.queries import open_rollouts
from service import bootstrap
from service.automation.unfinished import PATIENCE, Unfinished
from tests.service.automation.world import OWNER, World, open_world

MONDAY = datetime(2026, 10, 19, 4, 0, tzinfo=UTC)
HOUR_MS = 3_600_000


def finisher(world: World, process: int = 0) -> Unfinished:
    """One of a process."""
    services = world.processes[process]
    return Unfinished(services.bus, services.pool, services.positions, world.clock.now)


async def stored(world: World, name: str) -> list[dict[str, Any]]:
    """The envelopes of all events of that name."""
    found = await world.rows(
        "SELECT convert_from(state, 'UTF8')::jsonb AS envelope FROM ledger_events WHERE topic = %s ORDER BY notification_id", f"{name}/1"
    )
    return [row["envelope"] for row in found]


async def test_a_rollout_is_left_alone_for_a_while_then_finished_by_whoever_looks(migrated_url: str) -> None:
    async with open_world(migrated_url, MONDAY, processes=2) as world, bootstrap.connected(migrated_url) as connection:
        await world.found({})
        ids = [await world.workspace(name) for name in ("one", "two", "three")]
        await world.change_template({"allow_user_autostop": False, "default_ttl_ms": HOUR_MS})
        first, second = finisher(world), finisher(world, 1)
        assert 0 < await first.turn(connection) <= PATIENCE.total_seconds()
        assert await stored(world, "WorkspaceTTLSet") == []
        world.clock.time += PATIENCE
        await first.turn(connection)
        await second.turn(connection)
        assert [(await world.document(id))["ttl_ms"] for id in ids] == [HOUR_MS] * 3
        assert len(await stored(world, "WorkspaceTTLSet")) == 3
        (begun,), (ended,) = await stored(world, "TemplateRolloutBegun"), await stored(world, "TemplateRolloutEnded")
        assert (ended["causation_id"], ended["actor"]) == (begun["id"], {"kind": "system"})
        assert ended["correlation_id"] == begun["correlation_id"]
        assert await open_rollouts(connection) == []


async def test_time_that_shall_begin_anew_begins_when_it_was_asked_for(migrated_url: str) -> None:
    async with open_world(migrated_url, MONDAY) as world, bootstrap.connected(migrated_url) as connection:
        await world.found({})
        id = await world.workspace("idle")
        asked = world.clock.time = MONDAY + timedelta(days=3)
        (row,) = await world.rows("SELECT id, organization_id FROM templates")
        await world.execute(UpdateTemplate(row["id"], row["organization_id"], restarts_idleness=True))
        world.clock.time += timedelta(hours=5)
        await finisher(world).turn(connection)
        assert (await world.document(id))["last_used_at"] == asked.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_access_lists_that_a_mode_forbids_go_though_its_request_did_not_end(migrated_url: str) -> None:
    async with open_world(migrated_url, MONDAY) as world, bootstrap.connected(migrated_url) as connection:
        await world.found({})
        ids = [await world.workspace(name) for name in ("one", "two", "three")]
        (organization,) = await world.rows("SELECT id FROM organizations")
        for id in ids:
            await world.execute(UpdateACL(id, {}, {organization["id"]: "use"}, shares_any=True))
        owner = compile_subject(OWNER, ["owner"], {})
        await world.execute(SetWorkspaceSharing(organization["id"], "none", owner, withdrawn_at_once=1))
        shared = "SELECT id FROM workspaces WHERE group_acl <> '{}'"
        assert len(await world.rows(shared)) == 2
        look = finisher(world)
        await look.reset(connection, 0)
        await look.turn(connection)
        assert await world.rows(shared) == []
        assert len(await stored(world, "WorkspaceACLCleared")) == 3
