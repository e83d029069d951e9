"""A provisioner of another process, as far as a service can see: a few requests over HTTP with a key of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.api import Answer, Client, Ledger


@dataclass(frozen=True, slots=True)
class Provisioner:
    """One daemon with its key."""

    client: Client
    key: str
    name: str = "daemon"

    async def send(self, path: str, body: Any = None, *, method: str = "POST", want: int | None = None) -> Answer:
        """A request about a job; `path` begins with its id."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return await self.client.request(method, f"/provisioners/jobs/{path}", body, headers=headers, want=want)

    async def take(self, wait_seconds: int = 20, **more: Any) -> dict[str, Any]:
        """The next job, waited for."""
        body = {"name": self.name, "version": "1.2.3", "wait_seconds": wait_seconds, **more}
        return dict((await self.send("acquire", body, want=200)).json)

    async def overflow(self, job_id: str) -> None:
        """Print more than the log of a job holds."""
        for _ in range(2):
            await self.send(f"{job_id}/logs", {"logs": [{"output": "x" * 600_000}]}, want=204)


async def attached(ledger: Ledger, name: str, tags: Mapping[str, str]) -> Provisioner:
    """A daemon with a new key of the default organization; it takes jobs with exactly these tags."""
    admin, organization = await ledger.admin(), await ledger.organization_id()
    made = await admin.post(f"/organizations/{organization}/provisionerkeys", {"name": name, "tags": tags}, want=201)
    return Provisioner(ledger.anonymous, made.json["key"])
