"""The built-in provisioner at work in running services over one real database."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from service.provisioner.jobs import JobBoard
from service.provisioner.reaper import Patience, Reaper
from service.settings import Role
from tests.support.api import Ledger, Opened, running_ledger
from tests.support.building import HANG, PLAIN, built, ended, first_line, queued_workspace, template, workspace

#: Ends the sessions that wait for an answer to which jobs are next.
CUT_WHO_ASKS = """
    SELECT pg_terminate_backend(pid)
    FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%ORDER BY j.created_at, j.id%'
"""
NO_PROVISIONER = frozenset(Role) - {Role.PROVISIONER}


async def events(ledger: Ledger, name: str) -> int:
    """How many events of that name the log holds."""
    async with ledger.services.pool.connection() as connection:
        cursor = await connection.execute("SELECT count(*) FROM ledger_events WHERE topic LIKE %s", (f"{name}/%",))
        row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def test_every_job_goes_to_exactly_one_of_two_processes(migrated_url: str) -> None:
    async with Opened() as opened:
        first = await opened.open(migrated_url)
        await opened.open(migrated_url, roles=frozenset({Role.PROVISIONER}))
        admin = await first.admin()
        of = await template(first)
        made = await asyncio.gather(*(queued_workspace(admin, of) for _ in range(12)))
        builds = await asyncio.gather(*(ended(admin, w["latest_build"]["id"]) for w in made))
        assert {build["status"] for build in builds} == {"running"}
        assert await events(first, "BuildStarted") == 12
        assert await events(first, "BuildCompleted") == 12


async def test_a_process_runs_no_more_jobs_than_it_may(migrated_url: str) -> None:
    async with running_ledger(migrated_url, provisioners=2) as ledger:
        admin = await ledger.admin()
        of = await template(ledger, HANG)
        made = [await queued_workspace(admin, of) for _ in range(4)]
        await asyncio.gather(*(first_line(admin, w["latest_build"]["id"], "working") for w in made[:2]))
        builds = [(await admin.get(f"/workspacebuilds/{w['latest_build']['id']}", want=200)).json for w in made]
        assert [build["status"] for build in builds] == ["starting", "starting", "pending", "pending"]
        places = [(build["job"]["queue_position"], build["job"]["queue_size"]) for build in builds]
        assert places == [(0, 0), (0, 0), (1, 2), (2, 2)]
        await admin.patch(f"/workspacebuilds/{builds[0]['id']}/cancel", want=200)
        await first_line(admin, builds[2]["id"], "working")


async def test_imports_do_not_wait_for_builds(migrated_url: str) -> None:
    async with running_ledger(migrated_url, provisioners=1) as ledger:
        admin = await ledger.admin()
        hung = await queued_workspace(admin, await template(ledger, HANG))
        await first_line(admin, hung["latest_build"]["id"], "working")
        assert (await template(ledger))["active_version_id"]


async def test_a_cancel_ends_a_running_build_at_once(ledger: Ledger) -> None:
    admin = await ledger.admin()
    made = await queued_workspace(admin, await template(ledger, HANG))
    build_id = made["latest_build"]["id"]
    await first_line(admin, build_id, "working")
    await admin.patch(f"/workspacebuilds/{build_id}/cancel", want=200)
    build = await ended(admin, build_id)
    assert (build["status"], build["job"].get("error")) == ("canceled", None)


async def test_a_pending_build_is_cancelled_without_anybody_s_help(migrated_url: str) -> None:
    async with running_ledger(migrated_url, provisioners=0) as ledger:
        admin = await ledger.admin()
        made = await queued_workspace(admin, await template(ledger))
        build_id = made["latest_build"]["id"]
        await admin.patch(f"/workspacebuilds/{build_id}/cancel?expect_status=pending", want=200)
        build = await ended(admin, build_id)
        assert build["status"] == "canceled"
        assert "started_at" not in build["job"]


async def test_a_declared_failure_is_the_job_s_error(ledger: Ledger) -> None:
    admin = await ledger.admin()
    made = await workspace(admin, await template(ledger, {"start": {"fail": "no disk", "logs": ["trying"]}}))
    assert (made["latest_build"]["status"], made["latest_build"]["job"]["error"]) == ("failed", "no disk")


async def test_an_archive_that_declares_nonsense_fails_its_import(ledger: Ledger) -> None:
    admin = await ledger.admin()
    of = await template(ledger, {"start": {"resources": [{"name": "main", "colour": "red"}]}})
    version = (await admin.get(f"/templateversions/{of['active_version_id']}", want=200)).json
    assert version["job"]["status"] == "failed"
    assert "colour" in version["job"]["error"]


async def test_texts_of_a_build_know_its_parameters_and_surroundings(ledger: Ledger) -> None:
    spec: dict[str, Any] = {
        "parameters": [{"name": "cpu", "type": "number", "default": "2"}],
        "start": {
            "logs": ["${owner.username} wants ${parameter.cpu} of $${these}"],
            "resources": [{"name": "main", "metadata": [{"key": "name", "value": "${workspace.name}-${workspace.transition}"}]}],
        },
    }
    admin = await ledger.admin()
    made = await workspace(admin, await template(ledger, spec))
    build = made["latest_build"]
    assert build["resources"][0]["metadata"][0]["value"] == f"{made['name']}-start"
    lines = (await admin.get(f"/workspacebuilds/{build['id']}/logs", want=200)).json
    assert "admin wants 2 of ${these}" in [line["output"] for line in lines]


async def test_a_log_that_is_too_long_ends_with_a_warning(ledger: Ledger) -> None:
    spec = {
        "parameters": [{"name": "noise", "type": "string", "default": "x" * 60_000}],
        "start": {"logs": ["${parameter.noise}"] * 30},
    }
    admin = await ledger.admin()
    made = await workspace(admin, await template(ledger, spec))
    build = (await admin.get(f"/workspacebuilds/{made['latest_build']['id']}", want=200)).json
    assert (build["status"], build["job"]["logs_overflowed"]) == ("running", True)
    lines = (await admin.get(f"/workspacebuilds/{build['id']}/logs", want=200)).json
    assert [line["log_level"] for line in lines].count("warn") == 1
    assert lines[-1]["log_level"] == "warn"
    assert sum(len(line["output"]) for line in lines) <= 1 << 20


async def test_a_restarted_service_goes_on_with_what_it_had_begun(migrated_url: str) -> None:
    async with running_ledger(migrated_url) as ledger:
        admin = await ledger.admin()
        made = await queued_workspace(admin, await template(ledger, HANG))
        build_id = made["latest_build"]["id"]
        await first_line(admin, build_id, "working")
        before = (await admin.get(f"/workspacebuilds/{build_id}", want=200)).json
    async with running_ledger(migrated_url) as ledger:
        admin = await ledger.login("admin@example.com")
        await first_line(admin, build_id, "The provisioner was restarted: the job begins anew.")
        after = (await admin.get(f"/workspacebuilds/{build_id}", want=200)).json
        assert (after["status"], after["job"]["worker_id"]) == ("starting", before["job"]["worker_id"])
        await admin.patch(f"/workspacebuilds/{build_id}/cancel", want=200)
        assert (await ended(admin, build_id))["status"] == "canceled"
        assert await events(ledger, "BuildStarted") == 1


async def test_a_job_whose_provisioner_is_gone_for_good_fails(migrated_url: str) -> None:
    async with running_ledger(migrated_url) as ledger:
        admin = await ledger.admin()
        made = await queued_workspace(admin, await template(ledger, HANG))
        build_id = made["latest_build"]["id"]
        await first_line(admin, build_id, "working")
    async with running_ledger(migrated_url, roles=NO_PROVISIONER) as ledger:
        admin = await ledger.login("admin@example.com")
        services = ledger.services
        reaper = Reaper(JobBoard(services.bus, services.pool, services.positions), Patience(0.0, 0.0, 1800.0))
        async with services.pool.connection() as connection:
            assert await reaper.reap(connection) == 1
            assert await reaper.reap(connection) in (0, 1)
        build = await ended(admin, build_id)
        assert (build["status"], build["job"]["status"]) == ("failed", "failed")
        lines = (await admin.get(f"/workspacebuilds/{build_id}/logs", want=200)).json
        assert (lines[-1]["log_level"], lines[-1]["stage"]) == ("error", "Starting workspace")
        assert await events(ledger, "BuildFailed") == 1


async def test_a_job_that_nobody_takes_for_too_long_fails(migrated_url: str) -> None:
    async with running_ledger(migrated_url, provisioners=0) as ledger:
        admin = await ledger.admin()
        made = await queued_workspace(admin, await template(ledger, PLAIN))
        services = ledger.services
        reaper = Reaper(JobBoard(services.bus, services.pool, services.positions), Patience(0.0, 1800.0, 0.0))
        async with services.pool.connection() as connection:
            assert await reaper.reap(connection) == 1
        build = await ended(admin, made["latest_build"]["id"])
        assert build["status"] == "failed"
        assert build["job"]["started_at"] == build["job"]["completed_at"]


async def test_agents_of_the_build_before_are_gone_with_their_tokens(ledger: Ledger) -> None:
    agent = {"name": "main", "run": "none", "apps": [{"slug": "code"}], "scripts": [{"display_name": "Startup", "run_on_start": True}]}
    admin = await ledger.admin()
    made = await workspace(admin, await template(ledger, {"start": {"resources": [{"name": "main", "agents": [agent]}]}}))
    first = made["latest_build"]["resources"][0]["agents"][0]
    second = (await built(admin, made["id"], "start"))["resources"][0]["agents"][0]
    assert first["id"] != second["id"]
    async with ledger.services.pool.connection() as connection:
        cursor = await connection.execute("SELECT agent_id FROM agent_token_digests")
        assert [row[0] for row in await cursor.fetchall()] == [second["id"]]
    await built(admin, made["id"], "stop")
    assert await events(ledger, "AgentDeleted") == 2


async def test_a_connection_that_is_cut_while_it_asks_for_jobs_does_not_end_the_taking(
    migrated_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_ledger(migrated_url, provisioners=1) as ledger:
        admin, pool = await ledger.admin(), ledger.services.pool
        of = await template(ledger, {"start": {"delay_seconds": 3, "logs": ["working"]}})
        first, second = [await queued_workspace(admin, of) for _ in range(2)]
        await first_line(admin, first["latest_build"]["id"], "working")
        async with pool.connection() as holder, holder.transaction(), pool.connection() as other, asyncio.timeout(30):
            # Whoever asks for the second job, once the first has ended, waits for this lock.
            await holder.execute("LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE")
            while (await other.execute(CUT_WHO_ASKS)).rowcount == 0:
                await asyncio.sleep(0.02)
        assert (await ended(admin, second["latest_build"]["id"]))["status"] == "running"
    assert "provisioner cannot take jobs" in caplog.text
