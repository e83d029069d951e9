"""One running service for a module: a workspace, and everybody whose rights on it differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.api import PASSWORD, Client, Ledger
from tests.support.building import template, workspace

HOUR_MS = 3_600_000
NAME = "dev"
CALLERS = ("nobody", "foreign", "shared_use", "shared_admin", "auditor", "template_admin", "org_admin", "site_owner", "owner")


@dataclass
class Neighbourhood:
    """The callers by name, the default organization, a template, and a running workspace that is shared with two of them."""

    ledger: Ledger
    callers: dict[str, Client]
    organization: str
    template: dict[str, Any]
    shed: str

    def id_of(self, caller: str) -> str:
        """The user's id."""
        return str(self.callers[caller].user["id"])

    async def restore(self) -> None:
        """Name, access list and activity of the workspace as they were at first."""
        owner, path = self.callers["owner"], f"/workspaces/{self.shed}"
        await owner.request("PUT", f"{path}/dormant", {"dormant": False})
        await owner.patch(path, {"name": NAME}, want=204)
        await owner.patch(f"{path}/acl", {"user_roles": {self.id_of("shared_use"): "use", self.id_of("shared_admin"): "admin"}}, want=204)


async def settle(ledger: Ledger) -> Neighbourhood:
    """Make all of it over HTTP."""
    admin = await ledger.admin()
    callers = {
        "nobody": ledger.anonymous,
        "foreign": await _foreigner(ledger),
        "shared_use": await ledger.person(),
        "shared_admin": await ledger.person(),
        "auditor": await ledger.person(roles=("auditor",)),
        "template_admin": await ledger.person(roles=("template-admin",)),
        "org_admin": await ledger.person(org_roles=("organization-admin",)),
        "site_owner": admin,
        "owner": await ledger.person(),
    }
    made = await template(ledger)
    shed = await workspace(callers["owner"], made, name=NAME, ttl_ms=8 * HOUR_MS)
    assert shed["latest_build"]["status"] == "running"
    there = Neighbourhood(ledger, callers, await ledger.organization_id(), made, shed["id"])
    await there.restore()
    return there


async def _foreigner(ledger: Ledger) -> Client:
    """A member of another organization alone."""
    admin = await ledger.admin()
    elsewhere = (await admin.post("/organizations", {"name": "elsewhere"}, want=201)).json["id"]
    body = {"email": "far@example.com", "username": "far", "password": PASSWORD, "login_type": "password", "organization_ids": [elsewhere]}
    await admin.post("/users", body, want=201)
    return await ledger.login("far@example.com")
