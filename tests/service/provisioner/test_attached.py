"""A provisioner of another process, here a few requests over HTTP, imports a template and builds from it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from service.provisioner.archive import unpack
from tests.service.agents.living import agents_in
from tests.service.templates.authoring import make_version
from tests.support.api import Ledger
from tests.support.attached import Provisioner, attached

TAGS = {"cluster": "far-away"}
PLAN = {
    "daily_cost": 4,
    "resources": [{"name": "vm", "type": "virtual_machine", "daily_cost": 4, "agents": [{"name": "main", "run": "none"}]}],
}


async def provisioner(ledger: Ledger, name: str = "far") -> Provisioner:
    """A daemon with a new key."""
    return await attached(ledger, name, TAGS)


async def queued(ledger: Ledger, far: Provisioner) -> tuple[dict[str, Any], dict[str, Any]]:
    """A workspace whose build waits for the daemon, which has imported its template; the build's job is taken."""
    admin, organization = await ledger.admin(), await ledger.organization_id()
    version = await make_version(admin, organization, tags=TAGS)
    job = await far.take()
    assert (job["type"], job["template_version_id"]) == ("template_version_import", version["id"])
    archive = (await far.send(f"{job['job_id']}/archive", method="GET", want=200)).raw
    assert list(unpack(archive)) == ["template.yaml"]
    template = {"version": 1, "parameters": [{"name": "size", "default": "big"}]}
    await far.send(f"{job['job_id']}/complete", {"template": template, "readme": "# Far away"}, want=200)
    assert (await admin.get(f"/templateversions/{version['id']}", want=200)).json["readme"] == "# Far away"
    body = {"name": "far", "template_version_id": version["id"]}
    made = (await admin.post(f"/organizations/{organization}/templates", body, want=201)).json
    workspace = (await admin.post("/users/me/workspaces", {"name": "far", "template_id": made["id"]}, want=201)).json
    return workspace, await far.take()


async def test_a_build_is_carried_out_over_http(ledger: Ledger) -> None:
    admin = await ledger.admin()
    far = await provisioner(ledger)
    workspace, job = await queued(ledger, far)
    assert (job["type"], job["transition"], job["parameters"]) == ("workspace_build", "start", {"size": "big"})
    assert (job["workspace"], job["owner"]["username"]) == ({"id": workspace["id"], "name": "far"}, "admin")
    at = job["job_id"]
    await far.send(f"{at}/logs", {"logs": [{"stage": "apply", "output": "making a vm"}]}, want=204)
    assert (await far.send(f"{at}/heartbeat", want=200)).json == {"canceled": False}
    ended = (await far.send(f"{at}/complete", {"plan": PLAN, "state": base64.b64encode(b"opaque").decode()}, want=200)).json

    shown = (await admin.get(f"/workspaces/{workspace['id']}", want=200)).json
    build = shown["latest_build"]
    assert (build["status"], build["daily_cost"], [r["name"] for r in build["resources"]]) == ("running", 4, ["vm"])
    assert [a["id"] for a in agents_in(shown)] == [agent["agent_id"] for agent in ended["agents"]]
    logs = (await admin.get(f"/workspacebuilds/{build['id']}/logs", want=200)).json
    assert [(line["stage"], line["output"]) for line in logs] == [("apply", "making a vm")]
    assert (await admin.get(f"/workspacebuilds/{build['id']}/state", want=200)).raw == b"opaque"
    # The token in the answer is the agent's.
    agent = replace(ledger.anonymous, token=ended["agents"][0]["token"])
    await agent.post("/workspaceagents/me/heartbeat", want=200)
    daemons = (await admin.get(f"/organizations/{shown['organization_id']}/provisionerdaemons", want=200)).json
    mine = next(d for d in daemons if d["name"] == "daemon")
    assert (mine["key_name"], mine["tags"]["cluster"], mine["previous_job"]["id"]) == ("far", "far-away", at)


async def test_imports_and_dry_runs_say_that_their_log_is_full_too(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    far = await provisioner(ledger)
    version = await make_version(admin, organization, tags=TAGS)

    async def fill(job_id: str, path: str) -> list[str]:
        await far.overflow(job_id)
        return [line["log_level"] for line in (await admin.get(f"{path}/logs", want=200)).json]

    at = f"/templateversions/{version['id']}"
    job = await far.take()
    assert await fill(job["job_id"], at) == ["info", "warn"]
    await far.send(f"{job['job_id']}/complete", {"template": {"version": 1}}, want=200)
    assert (await admin.get(at, want=200)).json["job"]["logs_overflowed"] is True
    run = (await admin.post(f"{at}/dry-run", {}, want=201)).json
    await far.take(types=["template_version_dry_run"])
    assert await fill(run["id"], f"{at}/dry-run/{run['id']}") == ["info", "warn"]
    assert (await admin.get(f"{at}/dry-run/{run['id']}", want=200)).json["logs_overflowed"] is True


async def test_a_daemon_that_asks_again_gets_its_job_again(ledger: Ledger) -> None:
    far = await provisioner(ledger)
    _, job = await queued(ledger, far)
    again = await far.take()
    assert (again["job_id"], again["is_resumed"]) == (job["job_id"], True)
    assert (await replace(far, name="other").send("acquire", {"name": "other"}, want=204)).raw == b""


async def test_a_job_ends_with_an_error_and_no_other_way_afterwards(ledger: Ledger) -> None:
    admin = await ledger.admin()
    far = await provisioner(ledger)
    workspace, job = await queued(ledger, far)
    await far.send(f"{job['job_id']}/fail", {"error": "out of quota", "error_code": "INSUFFICIENT_QUOTA"}, want=204)
    build = (await admin.get(f"/workspaces/{workspace['id']}", want=200)).json["latest_build"]
    assert (build["status"], build["job"]["error"], build["job"]["error_code"]) == ("failed", "out of quota", "INSUFFICIENT_QUOTA")
    for path, body in (("complete", {"plan": PLAN}), ("fail", {"error": "x"}), ("heartbeat", None), ("canceled", None)):
        await far.send(f"{job['job_id']}/{path}", body, want=409)


async def test_a_cancel_reaches_the_daemon_with_its_heartbeat(ledger: Ledger) -> None:
    admin = await ledger.admin()
    far = await provisioner(ledger)
    workspace, job = await queued(ledger, far)
    at = job["job_id"]
    await far.send(f"{at}/canceled", want=409)
    await admin.patch(f"/workspacebuilds/{workspace['latest_build']['id']}/cancel", want=200)
    assert (await far.send(f"{at}/heartbeat", want=200)).json == {"canceled": True}
    await far.send(f"{at}/canceled", want=204)
    assert (await admin.get(f"/workspaces/{workspace['id']}", want=200)).json["latest_build"]["status"] == "canceled"


async def test_a_plan_that_cannot_be_is_refused_with_its_key(ledger: Ledger) -> None:
    far = await provisioner(ledger)
    _, job = await queued(ledger, far)
    wrong: tuple[Mapping[str, Any], ...] = (
        {"resources": [{"name": "vm", "typo": 1}]},
        {"resources": [{"name": "vm", "type": "x", "agents": [{"name": "main", "run": "process"}]}]},
    )
    for plan in wrong:
        answer = await far.send(f"{job['job_id']}/complete", {"plan": plan}, want=400)
        assert answer.json["validations"][0]["field"] == "plan"
    for state in ("no base64!", "é"):
        answer = await far.send(f"{job['job_id']}/complete", {"plan": PLAN, "state": state}, want=400)
        assert answer.json["validations"][0]["field"] == "state"
    await far.send("acquire", {"name": "", "types": ["poetry"]}, want=400)


async def test_keys_are_for_administrators_and_end_at_once(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    at = f"/organizations/{organization}/provisionerkeys"
    far = await provisioner(ledger, "short-lived")
    (listed,) = (await admin.get(at, want=200)).json
    assert (listed["name"], listed["tags"]) == ("short-lived", {**TAGS, "scope": "organization", "owner": ""})
    assert "key" not in listed
    await admin.post(at, {"name": "short-lived"}, want=409)
    await admin.post(at, {"name": "no name"}, want=400)
    member = await ledger.person()
    assert (await member.post(at, {"name": "mine"})).status in (403, 404)
    assert (await member.delete(f"{at}/short-lived")).status in (403, 404)
    await far.send("acquire", {"name": "daemon"}, want=204)
    await admin.delete(f"{at}/short-lived", want=204)
    await far.send("acquire", {"name": "daemon"}, want=401)
    await replace(far, key="").send("acquire", {"name": "daemon"}, want=401)
    await admin.delete(f"{at}/short-lived", want=404)


async def test_a_dry_run_shows_what_the_daemon_would_make(ledger: Ledger) -> None:
    admin = await ledger.admin()
    far = await provisioner(ledger)
    workspace, job = await queued(ledger, far)
    await far.send(f"{job['job_id']}/complete", {"plan": PLAN}, want=200)
    at = f"/templateversions/{workspace['latest_build']['template_version_id']}/dry-run"
    run = (await admin.post(at, {"rich_parameter_values": [{"name": "size", "value": "small"}]}, want=201)).json
    planned = await far.take(types=["template_version_dry_run"])
    assert (planned["job_id"], planned["parameters"]) == (run["id"], {"size": "small"})
    await far.send(f"{run['id']}/complete", {"plan": PLAN}, want=200)
    assert [r["name"] for r in (await admin.get(f"{at}/{run['id']}/resources", want=200)).json] == ["vm"]
