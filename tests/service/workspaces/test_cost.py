"""What creating and building ask of the database: counted, so that a statement more is a failing test."""

from __future__ import annotations

from tests.support.api import running_ledger
from tests.support.building import ended, queued_workspace, template
from tests.support.queries import recorded_statements


async def test_creating_a_workspace_asks_for_its_name_and_for_who_could_build_it(migrated_url: str) -> None:
    async with running_ledger(migrated_url, provisioners=0) as ledger:
        admin, of = await ledger.admin(), await template(ledger)
        await queued_workspace(admin, of)
        with recorded_statements(ledger.services.pool) as statements:
            await queued_workspace(admin, of)
    assert ["ledger_events" in s or "provisioner_daemons" in s for s in statements] == [True, True], statements


async def test_a_build_is_an_append_to_begin_and_one_to_end(migrated_url: str) -> None:
    """Its lines, its state and the tokens of its agents are stored with its end; all that is asked is which job is next."""
    agent = {"name": "main", "run": "none"}
    spec = {"start": {"logs": ["one", "two"], "resources": [{"name": "main", "type": "vm", "agents": [agent]}]}}
    async with running_ledger(migrated_url, provisioners=1) as ledger:
        admin, of = await ledger.admin(), await template(ledger, spec)
        first = await queued_workspace(admin, of)
        await ended(admin, first["latest_build"]["id"])
        with recorded_statements(ledger.services.pool, but_of={"provisioner-keeper"}) as statements:
            made = await queued_workspace(admin, of)
            build = await ended(admin, made["latest_build"]["id"])
        lines = (await admin.get(f"/workspacebuilds/{build['id']}/logs", want=200)).json
    assert [line["output"] for line in lines] == ["Build 1 of the workspace: start", "one", "two", ""]
    asked = [s for s in statements if "FROM jobs j" in s and "started_at IS NULL" in s]
    assert len(asked) in (1, 2), "the next job, and perhaps whether there is another"
    assert not [s for s in statements if "INSERT" in s or "UPDATE" in s], statements
