"""Builds over HTTP (contract/lifecycle.md B1, B6, B8)."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.support.api import Client, Ledger, running_ledger
from tests.support.building import HANG, PLAIN, built, ended, first_line, queued_workspace, template, workspace

UNKNOWN = "00000000-0000-0000-0000-00000000dead"
NIL = "00000000-0000-0000-0000-000000000000"


async def test_a_build_is_answered_as_it_was_queued(ledger: Ledger) -> None:
    admin = await ledger.admin()
    made = await workspace(admin, await template(ledger))
    answer = await admin.post(f"/workspaces/{made['id']}/builds", {"transition": "stop"}, want=201)
    build = answer.json
    assert (build["status"], build["job"]["status"], build["build_number"], build["resources"]) == ("pending", "pending", 2, [])
    assert (build["reason"], build["template_version_name"]) == ("initiator", "")
    assert build["matched_provisioners"]["available"] >= 1
    assert int(answer.headers["Ledger-Position"]) > 0
    assert (await ended(admin, build["id"]))["status"] == "stopped"


async def test_one_build_at_a_time(ledger: Ledger) -> None:
    admin = await ledger.admin()
    made = await queued_workspace(admin, await template(ledger, HANG))
    for transition in ("start", "stop", "delete"):
        await admin.post(f"/workspaces/{made['id']}/builds", {"transition": transition}, want=409)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"transition": "explode"}, 400),
        ({"transition": "start", "reason": "autostart"}, 400),
        ({"transition": "stop", "orphan": True}, 400),
        ({"transition": "delete", "orphan": True, "state": "e30="}, 400),
        ({"transition": "start", "state": "no base64!"}, 400),
        ({"transition": "start", "state": "é"}, 400),
        ({"transition": "start", "log_level": "debug"}, 400),
        ({"transition": "start", "template_version_id": UNKNOWN}, 400),
        ({"transition": "start", "template_version_preset_id": UNKNOWN}, 400),
        ({"transition": "delete", "orphan": True}, 403),
        ({"transition": "stop", "state": "e30="}, 403),
    ],
)
async def test_what_an_owner_may_not_ask_for(ledger: Ledger, body: dict[str, Any], status: int) -> None:
    person = await ledger.person()
    made = await workspace(person, await template(ledger))
    await person.post(f"/workspaces/{made['id']}/builds", body, want=status)
    assert len((await person.get(f"/workspaces/{made['id']}/builds", want=200)).json) == 1


async def test_builds_are_listed_newest_first_and_paged(ledger: Ledger) -> None:
    admin = await ledger.admin()
    made = await workspace(admin, await template(ledger))
    for transition in ("stop", "start"):
        await built(admin, made["id"], transition)
    path = f"/workspaces/{made['id']}/builds"
    builds = (await admin.get(path, want=200)).json
    assert [build["build_number"] for build in builds] == [3, 2, 1]
    assert (await admin.get(f"{path}?limit=1&offset=1", want=200)).json == builds[1:2]
    assert (await admin.get(f"{path}?after_id={builds[2]['id']}", want=200)).json == builds[:2]
    assert (await admin.get(f"{path}?since={builds[1]['created_at']}", want=200)).json == builds[:1]
    await admin.get(f"{path}?since=yesterday", want=400)
    assert (await admin.get(f"{path}?after_id={NIL}", want=200)).json == builds
    by_number = f"/users/me/workspace/{made['name']}/builds"
    assert (await admin.get(f"{by_number}/2", want=200)).json == builds[1]
    await admin.get(f"{by_number}/9", want=404)
    await admin.get(f"{by_number}/two", want=400)


async def test_what_became_an_ai_task_stays_one(ledger: Ledger) -> None:
    admin = await ledger.admin()
    agents = [{"name": "main", "run": "none", "apps": [{"slug": "ai", "url": "http://localhost:1"}]}]
    spec = {"start": {"resources": [{"name": "pod", "agents": agents}], "ai_task": {"app": "ai"}}}
    plain, made = await workspace(admin, await template(ledger)), await workspace(admin, await template(ledger, spec))
    assert (plain["latest_build"]["has_ai_task"], made["latest_build"]["has_ai_task"]) == (False, True)
    answer = await admin.post(f"/workspaces/{made['id']}/builds", {"transition": "stop"}, want=201)
    assert "has_ai_task" not in answer.json
    for found in ("waiting or stopping", await ended(admin, answer.json["id"])):
        listed = (await admin.get("/workspaces?q=has-ai-task:true", want=200)).json["workspaces"]
        assert [row["id"] for row in listed] == [made["id"]], found
    assert (await admin.get(f"/workspacebuilds/{answer.json['id']}", want=200)).json["has_ai_task"] is True
    assert [row["id"] for row in (await admin.get("/workspaces?q=has-ai-task:false", want=200)).json["workspaces"]] == [plain["id"]]


async def test_a_page_of_builds_starts_after_one_of_the_workspace_alone(ledger: Ledger) -> None:
    admin = await ledger.admin()
    of = await template(ledger)
    made, other = await workspace(admin, of), await workspace(admin, of)
    for cursor in (UNKNOWN, other["latest_build"]["id"]):
        refused = await admin.get(f"/workspaces/{made['id']}/builds?after_id={cursor}", want=400)
        assert [violation["field"] for violation in refused.json["validations"]] == ["after_id"]


async def test_a_delete_ends_the_workspace_but_not_its_builds(ledger: Ledger) -> None:
    admin = await ledger.admin()
    of = await template(ledger)
    made = await workspace(admin, of)
    build = await built(admin, made["id"], "delete")
    assert build["status"] == "deleted"
    await admin.get(f"/workspaces/{made['id']}", want=410)
    await admin.get(f"/workspacebuilds/{build['id']}", want=200)
    await admin.post(f"/workspaces/{made['id']}/builds", {"transition": "start"}, want=409)
    await workspace(admin, of, name=made["name"])


async def test_an_orphan_delete_needs_no_provisioner(migrated_url: str) -> None:
    async with running_ledger(migrated_url, provisioners=0) as ledger:
        admin = await ledger.admin()
        made = await queued_workspace(admin, await template(ledger))
        await admin.patch(f"/workspacebuilds/{made['latest_build']['id']}/cancel?expect_status=pending", want=200)
        await admin.post(f"/workspaces/{made['id']}/builds", {"transition": "delete", "orphan": True}, want=201)
        await admin.get(f"/workspaces/{made['id']}", want=410)


async def test_cancelling_a_running_build_takes_the_template_s_consent(ledger: Ledger) -> None:
    person = await ledger.person()
    made = await queued_workspace(person, await template(ledger, HANG))
    path = f"/workspacebuilds/{made['latest_build']['id']}/cancel"
    await first_line(person, made["latest_build"]["id"], "working")
    await person.patch(path, want=403)
    await person.patch(f"{path}?expect_status=pending", want=412)
    await person.patch(f"{path}?expect_status=succeeded", want=400)
    willing = await queued_workspace(person, await template(ledger, HANG, allow_user_cancel_workspace_jobs=True))
    path = f"/workspacebuilds/{willing['latest_build']['id']}/cancel"
    await person.patch(path, want=200)
    await ended(person, willing["latest_build"]["id"])
    await person.patch(path, want=400)


async def state_of(client: Client, build_id: str) -> bytes:
    return (await client.get(f"/workspacebuilds/{build_id}/state", want=200)).raw


async def test_a_build_inherits_the_state_of_the_one_before_until_it_leaves_its_own(migrated_url: str) -> None:
    async with running_ledger(migrated_url, provisioners=0) as ledger:
        admin = await ledger.admin()
        made = await queued_workspace(admin, await template(ledger))
        first = made["latest_build"]["id"]
        await admin.patch(f"/workspacebuilds/{first}/cancel", want=200)
        await admin.put(f"/workspacebuilds/{first}/state", {"state": base64.b64encode(b"kept").decode()}, want=204)
        builds = f"/workspaces/{made['id']}/builds"
        second = (await admin.post(builds, {"transition": "stop"}, want=201)).json["id"]
        assert await state_of(admin, second) == b"kept"
        await admin.patch(f"/workspacebuilds/{second}/cancel", want=200)
        given = {"transition": "stop", "state": base64.b64encode(b"given").decode()}
        third = (await admin.post(builds, given, want=201)).json["id"]
        assert await state_of(admin, third) == b"given"


async def test_a_build_s_state_is_hidden_from_those_who_may_not_update_the_template(ledger: Ledger) -> None:
    person = await ledger.person()
    made = await workspace(person, await template(ledger))
    path = f"/workspacebuilds/{made['latest_build']['id']}/state"
    await person.get(path, want=404)
    await person.put(path, {"state": ""}, want=404)
    assert await state_of(await ledger.admin(), made["latest_build"]["id"]) == b""


@pytest.mark.parametrize("sub", ["", "/parameters", "/resources", "/logs", "/timings"])
async def test_a_stranger_s_build_looks_like_none(ledger: Ledger, sub: str) -> None:
    made = await workspace(await ledger.person(), await template(ledger))
    stranger = await ledger.person()
    refused = await stranger.get(f"/workspacebuilds/{made['latest_build']['id']}{sub}", want=404)
    assert refused.json == (await stranger.get(f"/workspacebuilds/{UNKNOWN}{sub}", want=404)).json
    await stranger.get(f"/workspacebuilds/nope{sub}", want=400)


async def test_what_a_build_used_made_and_took(ledger: Ledger) -> None:
    spec: dict[str, Any] = {
        **PLAIN,
        "parameters": [{"name": "cpu", "type": "number", "default": "2"}],
        "start": {**PLAIN["start"], "daily_cost": 7, "timings": [{"stage": "apply", "resource": "main", "seconds": 1.5}]},
    }
    admin = await ledger.admin()
    build = (await workspace(admin, await template(ledger, spec)))["latest_build"]
    path = f"/workspacebuilds/{build['id']}"
    assert build["daily_cost"] == 7
    assert (await admin.get(f"{path}/parameters", want=200)).json == [{"name": "cpu", "value": "2"}]
    assert (await admin.get(f"{path}/resources", want=200)).json == build["resources"]
    timings = (await admin.get(f"{path}/timings", want=200)).json
    assert [(t["stage"], t["resource"], t["job_id"]) for t in timings["provisioner_timings"]] == [("apply", "main", build["job"]["id"])]


async def test_of_two_callers_with_one_tag_one_builds(ledger: Ledger) -> None:
    admin = await ledger.admin()
    made = await workspace(admin, await template(ledger))
    tag = (await admin.get(f"/workspaces/{made['id']}", want=200)).headers["ETag"]
    path = f"/workspaces/{made['id']}/builds"
    build = (await admin.post(path, {"transition": "stop"}, headers={"If-Match": tag}, want=201)).json
    await ended(admin, build["id"])
    await admin.post(path, {"transition": "start"}, headers={"If-Match": tag}, want=412)
