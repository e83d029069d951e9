"""Template versions over HTTP: imported, read, listed, archived."""

from __future__ import annotations

import uuid
from typing import Any

import aiohttp
import pytest

from tests.service.templates.authoring import PLAIN, archive, fields, imported, make_template, make_version, tar_of, upload
from tests.support.api import Client, Ledger

SPEC: dict[str, Any] = {
    **PLAIN,
    "variables": [{"name": "region", "default": "eu"}, {"name": "key", "required": True, "sensitive": True}],
    "parameters": [{"name": "cpu", "type": "number", "default": "2", "validation": {"min": 1, "max": 4}}, {"name": "must"}],
    "presets": [{"name": "small", "parameters": {"cpu": "1"}}],
}
KEY = [{"name": "key", "value": "hush"}, {"name": "unknown", "value": "x"}]
HANGING = {**PLAIN, "import": {"delay_seconds": 600}}


async def made(client: Client, organization: str, spec: Any = PLAIN, **body: Any) -> dict[str, Any]:
    version = await make_version(client, organization, spec, **body)
    return await imported(client, version["id"])


async def test_what_an_import_finds_out(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    version = await made(admin, organization, SPEC, user_variable_values=KEY)
    assert version["job"]["status"] == "succeeded", version["job"]
    at = f"/templateversions/{version['id']}"
    assert [p["name"] for p in (await admin.get(f"{at}/rich-parameters", want=200)).json] == ["cpu", "must"]
    variables = {v["name"]: v["value"] for v in (await admin.get(f"{at}/variables", want=200)).json}
    assert variables == {"region": "eu", "key": "*redacted*"}
    (preset,) = (await admin.get(f"{at}/presets", want=200)).json
    assert preset["Name"] == "small"
    assert str(uuid.UUID(preset["ID"])) == preset["ID"]
    (resource,) = (await admin.get(f"{at}/resources", want=200)).json
    assert (resource["name"], resource["workspace_transition"], resource["job_id"]) == ("main", "start", version["job"]["id"])
    for nothing in ("external-auth", "schema", "parameters"):
        assert (await admin.get(f"{at}/{nothing}", want=200)).json == []
    assert (await admin.get(f"{at}/logs", want=200)).json


async def test_what_is_declared_is_carried_out_whatever_provisioner_a_client_names(ledger: Ledger) -> None:
    # The command-line tool names terraform for every archive, and packs only directories in which a .tf file lies.
    admin, organization = await ledger.admin(), await ledger.organization_id()
    file = await upload(admin, tar_of(**{"main.tf": b"", "template.yaml": b"version: 1"}))
    body = {"storage_method": "file", "provisioner": "terraform", "file_id": file}
    version = (await admin.post(f"/organizations/{organization}/templateversions", body, want=201)).json
    assert (await imported(admin, version["id"]))["job"]["status"] == "succeeded"
    request = {"name": "pushed", "template_version_id": version["id"]}
    assert (await admin.post(f"/organizations/{organization}/templates", request, want=201)).json["provisioner"] == "echo"


async def test_an_import_bears_the_tags_of_its_archive_and_of_its_request(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    spec = {**PLAIN, "tags": {"zone": "moon", "size": "small", "kind": "vm"}}
    version = await make_version(admin, organization, spec, tags={"size": "big", "kind": ""})
    assert version["job"]["tags"] == {"zone": "moon", "size": "big", "kind": "vm", "scope": "organization", "owner": ""}
    # Nobody bears them, so nobody takes it.
    shown = (await admin.get(f"/templateversions/{version['id']}", want=200)).json
    assert (shown["job"]["status"], shown["matched_provisioners"]["count"]) == ("pending", 0)


@pytest.mark.parametrize("raw", [tar_of(**{"main.tf": b""}), b"no archive at all"])
async def test_what_is_declared_nowhere_waits_for_a_provisioner_of_its_kind(ledger: Ledger, raw: bytes) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    body = {"storage_method": "file", "provisioner": "terraform", "file_id": await upload(admin, raw)}
    version = (await admin.post(f"/organizations/{organization}/templateversions", body, want=201)).json
    shown = (await admin.get(f"/templateversions/{version['id']}", want=200)).json
    assert (shown["job"]["status"], shown["matched_provisioners"]["count"]) == ("pending", 0)
    (told,) = (await admin.get(f"/templateversions/{version['id']}/logs", want=200)).json
    assert (told["log_level"], told["stage"]) == ("warn", "Queued")
    assert "no template.yaml" in told["output"]
    request = {"name": "pushed", "template_version_id": version["id"]}
    assert (await admin.post(f"/organizations/{organization}/templates", request, want=201)).json["provisioner"] == "terraform"


async def test_secret_values_are_in_no_event(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    await made(admin, organization, SPEC, user_variable_values=[{"name": "key", "value": "unspeakable"}])
    async with ledger.services.pool.connection() as connection:
        cursor = await connection.execute("SELECT count(*) FROM ledger_events WHERE convert_from(state, 'UTF8') LIKE '%unspeakable%'")
        assert await cursor.fetchone() == (0,)


async def test_values_are_inherited_from_the_active_version(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    lacking = await made(admin, organization, SPEC)
    assert (lacking["job"]["status"], lacking["job"]["error_code"]) == ("failed", "REQUIRED_TEMPLATE_VARIABLES")
    first = await made(admin, organization, SPEC, user_variable_values=KEY)
    body = {"name": "docker", "template_version_id": first["id"]}
    template = (await admin.post(f"/organizations/{organization}/templates", body, want=201)).json
    second = await made(admin, organization, SPEC, template_id=template["id"])
    assert second["job"]["status"] == "succeeded"


async def test_what_is_not_known_while_an_import_runs(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    version = await make_version(admin, organization, HANGING)
    at = f"/templateversions/{version['id']}"
    wanted = {"rich-parameters": 425, "variables": 403, "presets": 200, "external-auth": 200, "resources": 400}
    assert {sub: (await admin.get(f"{at}/{sub}")).status for sub in wanted} == wanted
    await admin.post(f"{at}/dry-run", {}, want=425)
    await admin.post(f"{at}/dynamic-parameters/evaluate", {"owner_id": admin.user["id"]}, want=425)
    await admin.patch(f"{at}/cancel", want=200)
    assert (await imported(admin, version["id"]))["job"]["status"] == "canceled"
    await admin.patch(f"{at}/cancel", want=400)


async def test_a_version_is_refused_field_by_field(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    path = f"/organizations/{organization}/templateversions"
    assert fields(await admin.post(path, {"name": "a b"}, want=400)) == ["name", "storage_method", "file_id", "example_id", "provisioner"]
    good = {"storage_method": "file", "provisioner": "echo"}
    await admin.post(path, {**good, "file_id": str(uuid.uuid4()), "template_id": str(uuid.uuid4())}, want=404)
    await admin.post(path, {**good, "file_id": str(uuid.uuid4()), "example_id": "x"}, want=400)
    assert fields(await admin.post(path, {**good, "example_id": "x"}, want=400)) == ["example_id"]
    member = await ledger.person()
    await member.post(path, {**good, "file_id": str(uuid.uuid4())}, want=404)
    await member.post(path, {**good, "file_id": await upload(member, archive())}, want=403)


async def test_names_in_a_template_are_unique(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    template = await make_template(admin, organization, "docker")
    first = await make_version(admin, organization, template_id=template["id"], name="one")
    answer = await admin.post(
        f"/organizations/{organization}/templateversions",
        {"storage_method": "file", "provisioner": "echo", "file_id": first["job"]["file_id"], "template_id": template["id"], "name": "one"},
        want=409,
    )
    assert fields(answer) == ["name"]
    second = await make_version(admin, organization, template_id=template["id"])
    assert second["name"], "somebody gave it a name"
    assert fields(await admin.patch(f"/templateversions/{second['id']}", {"name": "one"}, want=400)) == ["name"]
    await admin.patch(f"/templateversions/{first['id']}", {"name": "two"}, want=200)
    await admin.patch(f"/templateversions/{second['id']}", {"name": "one"}, want=200)


async def test_the_versions_of_a_template(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    first = await made(admin, organization, name="one")
    body = {"name": "docker", "template_version_id": first["id"]}
    template = (await admin.post(f"/organizations/{organization}/templates", body, want=201)).json
    second = await made(admin, organization, template_id=template["id"], name="two")
    third = await made(admin, organization, {**PLAIN, "import": {"fail": "no"}}, template_id=template["id"], name="three")
    at, named = f"/templates/{template['id']}/versions", f"/organizations/{organization}/templates/docker/versions"

    async def listed(query: str = "") -> list[str]:
        return [v["name"] for v in (await admin.get(f"{at}{query}", want=200)).json]

    assert await listed() == ["one", "two", "three"]
    assert await listed(f"?after_id={first['id']}&limit=1") == ["two"]
    assert fields(await admin.get(f"{at}?after_id={uuid.uuid4()}", want=400)) == ["after_id"]
    assert await listed(f"?after_id={uuid.UUID(int=0)}") == ["one", "two", "three"]
    assert (await admin.get(f"{at}/two", want=200)).json["id"] == second["id"]
    await admin.get(f"{at}/TWO", want=404)
    assert (await admin.get(f"{named}/two/previous", want=200)).json["id"] == first["id"]
    await admin.get(f"{named}/one/previous", want=204)
    assert (await admin.post(f"{at}/archive", {}, want=200)).json == {"template_id": template["id"], "archived_ids": [third["id"]]}
    assert (await admin.post(f"{at}/archive", {"all": True}, want=200)).json["archived_ids"] == [second["id"]]
    assert (await admin.post(f"{at}/archive", {"all": True}, want=200)).json["archived_ids"] is None
    assert await listed() == ["one"]
    assert await listed("?include_archived=true") == ["one", "two", "three"]
    await admin.post(f"/templateversions/{second['id']}/unarchive", want=200)
    await admin.post(f"/templateversions/{first['id']}/archive", want=409)
    assert await listed() == ["one", "two"]


async def test_a_dry_run_shows_what_a_start_would_make(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    member, other = await ledger.person(), await ledger.person()
    first = await made(admin, organization, SPEC, user_variable_values=KEY)
    await admin.post(f"/organizations/{organization}/templates", {"name": "docker", "template_version_id": first["id"]}, want=201)
    path = f"/templateversions/{first['id']}/dry-run"
    assert fields(await member.post(path, {}, want=400)) == ["must"]
    body = {"workspace_name": "trial", "rich_parameter_values": [{"name": "must", "value": "m"}]}
    job = (await member.post(path, body, want=201)).json
    at = f"{path}/{job['id']}"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{ledger.base}/api/v2{at}/logs?follow", headers=token(member)) as socket,
    ):
        async for _ in socket:
            pass
    done = (await member.get(at, want=200)).json
    assert (done["status"], done["type"]) == ("succeeded", "template_version_dry_run")
    (resource,) = (await member.get(f"{at}/resources", want=200)).json
    assert resource["name"] == "main"
    assert (await member.get(f"{at}/matched-provisioners", want=200)).json["available"] >= 1
    await member.patch(f"{at}/cancel", want=400)
    await other.get(at, want=403)
    await admin.get(at, want=200)
    await admin.get(f"{path}/{uuid.uuid4()}", want=404)
    await admin.get(f"{path}/{first['job']['id']}", want=403)


def token(client: Client) -> dict[str, str]:
    return {"Coder-Session-Token": client.token or ""}


async def test_the_form_is_judged_once_and_over_a_socket(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    version = await made(admin, organization, SPEC, user_variable_values=KEY)
    path = f"/templateversions/{version['id']}/dynamic-parameters"
    me, nobody = admin.user["id"], str(uuid.uuid4())
    once = (await admin.post(f"{path}/evaluate", {"id": 7, "inputs": {"cpu": "9"}, "owner_id": me}, want=200)).json
    assert (once["id"], [bool(p["diagnostics"]) for p in once["parameters"]]) == (0, [True, True])
    lost = (await admin.post(f"{path}/evaluate", {"id": 7}, want=200)).json
    assert (lost["parameters"], lost["diagnostics"][0]["extra"]["code"]) == (None, "owner_not_found")
    await admin.get(path, want=426)
    assert fields(await admin.get(f"{path}?user_id=x", want=400)) == ["user_id"]
    await admin.get(f"{path}?user_id=", want=426)
    url = f"{ledger.base}/api/v2{path}"
    async with aiohttp.ClientSession() as session, session.ws_connect(url, headers=token(admin)) as socket:
        assert (await socket.receive_json(timeout=30))["id"] == -1
        for id, owner, known in ((1, {"owner_id": nobody}, False), (2, {}, False), (3, {"owner_id": me}, True), (4, {}, True)):
            await socket.send_json({"id": id, "inputs": {"cpu": "3", "must": "m"}, **owner})
            answer = await socket.receive_json(timeout=30)
            assert (answer["id"], not answer["diagnostics"], answer["parameters"] is not None) == (id, known, known)
        await socket.send_str("{no json")
        closed = await socket.receive(timeout=30)
        assert (closed.type, closed.data) == (aiohttp.WSMsgType.CLOSE, 1007)
