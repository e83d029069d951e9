"""What path parameters may name in a furnished service: random ids alone would meet nothing but 404."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from service.demo.client import Client

_MOST = 4


@dataclass(frozen=True, slots=True)
class Places:
    """A session token, and the values of path parameters by name."""

    token: str
    values: dict[str, list[str]]

    def as_toml(self) -> str:
        """The tool's configuration."""
        lines = [f'"path.{name}" = {json.dumps(values)}' for name, values in self.values.items() if values]
        # Positions that the log has not reached are waited for, and answered with 503: that is promised.
        return "\n".join(["[parameters]", *lines, '"header.Ledger-Position" = "1"', ""])


async def places(admin: Client) -> Places:
    """Look around as an owner."""
    organization = await admin.get("/organizations/default")
    workspaces = (await admin.get("/workspaces"))["workspaces"][:_MOST]
    templates = (await admin.get("/templates"))[:_MOST]
    versions = [template["active_version_id"] for template in templates]
    builds = [workspace["latest_build"] for workspace in workspaces]
    agents = [agent["id"] for build in builds for resource in build["resources"] for agent in resource.get("agents", ())]
    groups = await admin.get(f"/organizations/{organization['id']}/groups")
    # Nobody of these is the one who asks: the run must not take its own rights away.
    people = [user for user in (await admin.get("/users"))["users"] if user["email"] != "bench@example.com"][:_MOST]
    values = {
        "organization": [organization["id"], "default"],
        "organizationname": [organization["name"]],
        "user": [user["id"] for user in people],
        "workspace": [workspace["id"] for workspace in workspaces],
        "workspacename": [workspace["name"] for workspace in workspaces],
        "workspacebuild": [build["id"] for build in builds],
        "buildnumber": ["1"],
        "job": [build["job"]["id"] for build in builds],
        "agent": agents[:_MOST],
        "template": [template["id"] for template in templates],
        "templatename": [template["name"] for template in templates],
        "templateversion": versions,
        "templateversionname": [await _name(admin, version) for version in versions],
        "group": [group["id"] for group in groups][:_MOST],
        "groupName": [group["name"] for group in groups][:_MOST],
        "webhook": [(await admin.post("/webhooks", {"url": "https://hooks.invalid/", "enabled": False}))["id"]],
    }
    return Places(admin.token, values)


async def _name(admin: Client, version: str) -> Any:
    return (await admin.get(f"/templateversions/{version}"))["name"]
