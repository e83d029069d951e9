"""A running service with a template whose version is imported, and a person who makes workspaces of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.service.templates.authoring import make_version
from tests.support.api import Answer, Client, Ledger

SECONDS = 30.0


async def until(ledger: Ledger, fetch: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool]) -> Any:
    """What `fetch` gives once `holds` says so; looks again after each change of the read models, not after some time."""
    positions = ledger.services.positions
    while True:
        seen = positions.current
        found = await fetch()
        if holds(found):
            return found
        await positions.wait_until(seen + 1, SECONDS)


@dataclass(slots=True)
class Yard:
    """The service, its first user, a member `ann`, and a template of one container."""

    ledger: Ledger
    admin: Client
    ann: Client
    organization: str
    template: dict[str, Any]

    async def template_of(self, spec: dict[str, Any], name: str, **body: Any) -> dict[str, Any]:
        """A template whose version has been imported."""
        version = await make_version(self.admin, self.organization, spec)
        await self.imported(version["id"])
        request = {"name": name, "template_version_id": version["id"], **body}
        return dict((await self.admin.post(f"/organizations/{self.organization}/templates", request, want=201)).json)

    async def imported(self, version_id: str) -> None:
        """Wait until the import of a version has ended well."""

        async def status() -> str:
            return str((await self.admin.get(f"/templateversions/{version_id}", want=200)).json["job"]["status"])

        assert await until(self.ledger, status, lambda s: s not in ("pending", "running")) == "succeeded"

    async def create(self, name: str, client: Client | None = None, **body: Any) -> dict[str, Any]:
        """A workspace whose first build is queued."""
        request = {"name": name, "template_id": self.template["id"], **body}
        return dict((await (client or self.ann).post("/users/me/workspaces", request, want=201)).json)

    async def running(self, name: str, client: Client | None = None, **body: Any) -> dict[str, Any]:
        """A workspace whose first build has succeeded, as its owner sees it."""
        made = await self.create(name, client, **body)
        return await self.settled(made["id"], "running", client)

    async def settled(self, id: str, status: str, client: Client | None = None) -> dict[str, Any]:
        """The workspace once its latest build has that status."""
        path = f"/workspaces/{id}?include_deleted=true"

        async def read() -> Answer:
            return await (client or self.ann).get(path, want=200)

        answer = await until(self.ledger, read, lambda a: a.json["latest_build"]["status"] == status)
        return dict(answer.json)


@pytest.fixture
async def yard(ledger: Ledger) -> Yard:
    """All of it, made over HTTP."""
    admin = await ledger.admin()
    made = Yard(ledger, admin, await ledger.person(name="ann"), await ledger.organization_id(), {})
    made.template = await made.template_of({"start": {"resources": [{"name": "main"}]}, "stop": {}, "delete": {}}, "docker")
    return made
