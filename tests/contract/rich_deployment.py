"""A small deployment that fills as many fields of the API as it can, and the path parameters that lead to its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.contract.odd_states import Place
from tests.service.templates.authoring import make_version
from tests.support.api import Client, Ledger
from tests.support.building import built, follow, template, workspace

SPEC: Mapping[str, Any] = {
    "variables": [{"name": "region", "type": "string", "default": "eu", "description": "where"}],
    "parameters": [
        {
            "name": "cpu",
            "display_name": "CPU cores",
            "type": "number",
            "default": "2",
            "options": [{"name": "Two", "value": "2", "description": "a pair", "icon": "/2.svg"}],
        },
        {"name": "word", "default": "abc", "validation": {"regex": "^[a-z]+$", "error": "letters"}},
    ],
    "presets": [{"name": "small", "default": True, "description": "d", "icon": "/s.svg", "parameters": {"cpu": "2"}}],
    "start": {
        "logs": ["pulling", "for ${owner.name}"],
        "timings": [{"stage": "plan", "source": "docker", "action": "create", "resource": "main", "seconds": 1.2}],
        "resources": [
            {
                "name": "pod",
                "type": "kubernetes_pod",
                "icon": "/p.svg",
                "metadata": [{"key": "image", "value": "ubuntu", "sensitive": True}],
                "agents": [
                    {
                        "name": "main",
                        "directory": "/tmp",
                        "env": {"EDITOR": "vim"},
                        "display_apps": ["vscode"],
                        "troubleshooting_url": "https://help.example",
                        "scripts": [{"display_name": "Startup", "script": "./setup.sh", "run_on_start": True, "timeout": 30}],
                        "apps": [
                            {
                                "slug": "code",
                                "display_name": "VS Code",
                                "url": "http://localhost:8080",
                                "icon": "/c.svg",
                                "healthcheck": {"url": "http://localhost:8080/healthz", "interval": 5, "threshold": 6},
                            }
                        ],
                        "run": "simulated",
                    }
                ],
            },
            {"name": "disk", "type": "disk"},
        ],
    },
    "stop": {"logs": ["bye"]},
}


@dataclass
class Rich:
    """Somebody who may read it all, the values of path parameters by name, and those of what is in odd states, by what is odd."""

    ledger: Ledger
    admin: Client
    path: dict[str, str]
    odd: dict[str, Place] = field(default_factory=dict)


async def furnish(ledger: Ledger) -> Rich:
    """Two versions of a template, a dry run, a workspace with two builds that is shared, a group, keys, a custom role, a second person."""
    admin, organization = await ledger.admin(), await ledger.organization_id()
    friend = (await ledger.person(name="friend", roles=("auditor",))).user["id"]
    made = await template(ledger, SPEC, name="docker", display_name="Docker", description="boxes", icon="/d.svg")
    version = await make_version(admin, organization, SPEC, template_id=made["id"], name="second")
    await follow(admin, f"/templateversions/{version['id']}/logs?follow")
    dry_run = (await admin.post(f"/templateversions/{version['id']}/dry-run", {"workspace_name": "try"}, want=201)).json["id"]
    await follow(admin, f"/templateversions/{version['id']}/dry-run/{dry_run}/logs?follow")
    group = (await admin.post(f"/organizations/{organization}/groups", {"name": "crew", "display_name": "Crew"}, want=201)).json["id"]
    await admin.patch(f"/groups/{group}", {"add_users": [friend]}, want=200)
    shed = await workspace(admin, made, name="dev", ttl_ms=3_600_000, autostart_schedule="30 9 * * 1-5")
    await admin.patch(f"/workspaces/{shed['id']}/acl", {"user_roles": {friend: "use"}, "group_roles": {group: "admin"}}, want=204)
    await built(admin, shed["id"], "stop")
    started = await built(admin, shed["id"], "start")
    token = await admin.post("/users/me/keys/tokens", {"token_name": "ci"}, want=201)
    webhook = (await admin.post("/webhooks", {"url": "https://hooks.invalid/", "enabled": False}, want=201)).json["id"]
    await _waiting(admin, organization)
    return Rich(
        ledger,
        admin,
        {
            "organization": organization,
            "organizationname": "coder",
            "user": "me",
            "group": group,
            "groupName": "crew",
            "keyname": "ci",
            "keyid": str(admin.token).partition("-")[0],
            "fileID": version["job"]["file_id"],
            "template": made["id"],
            "templatename": "docker",
            "templateversion": version["id"],
            "templateversionname": "second",
            "jobID": dry_run,
            "job": started["job"]["id"],
            "workspace": shed["id"],
            "workspacename": "dev",
            "workspacebuild": started["id"],
            "buildnumber": "1",
            "name": "any",
            "webhook": webhook,
            "position": token.headers["Ledger-Position"],
            "agent": next(agent["id"] for resource in started["resources"] for agent in resource.get("agents", ())),
        },
    )


async def _waiting(admin: Client, organization: str) -> None:
    """A build that no provisioner takes: pending ones show more than others."""
    version = await make_version(admin, organization, {"start": {}}, tags={"region": "nowhere"})
    body = {"name": "remote", "template_version_id": version["id"]}
    await admin.post(f"/organizations/{organization}/templates", body, want=201)
