"""The few calls that set a service up for a benchmark: sign in, import a template, fill the log."""

from __future__ import annotations

import asyncio
import io
import json
import tarfile
from typing import Any

import aiohttp

from ops.bench.servers import EMAIL, PASSWORD, Server, service

TEMPLATE = {
    "version": 1,
    "start": {
        "resources": [
            {
                "name": "main",
                "type": "docker_container",
                "agents": [
                    {
                        "name": "main",
                        "run": "none",
                        # Never too late: thousands of agents that time out while something else is measured would be measured too.
                        "connection_timeout_seconds": 0,
                        "apps": [{"slug": "code", "display_name": "Editor", "url": "http://localhost:8080"}],
                    }
                ],
            }
        ]
    },
}


def archive(template: dict[str, Any]) -> bytes:
    """The template as a tar (JSON is YAML)."""
    raw = json.dumps(template).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("template.yaml")
        info.size = len(raw)
        tar.addfile(info, io.BytesIO(raw))
    return buffer.getvalue()


class Api:
    """A signed-in caller of a service."""

    def __init__(self, server: Server, session: aiohttp.ClientSession) -> None:
        self._base = f"http://{server.address}/api/v2"
        self._session = session
        self.token = ""

    async def sign_in(self, email: str = EMAIL) -> None:
        """As the first user, or as somebody else with the same password."""
        answer = await self.call("POST", "/users/login", {"email": email, "password": PASSWORD})
        self.token = answer["session_token"]

    async def call(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, kind: str = "application/json") -> Any:
        """One request; raises `RuntimeError` for a refusal."""
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        headers = {"Coder-Session-Token": self.token, "Content-Type": kind}
        async with self._session.request(method, self._base + path, data=data, headers=headers) as response:
            text = await response.read()
            if response.status >= 400:
                raise RuntimeError(f"{method} {path}: {response.status} {text[:300]!r}")
            return json.loads(text) if text.strip() else None

    async def template(self, name: str, template: dict[str, Any] | None = None) -> str:
        """Import a template and return its id."""
        file = await self.call("POST", "/files", raw=archive(template or TEMPLATE), kind="application/x-tar")
        body = {"storage_method": "file", "file_id": file["hash"], "provisioner": "echo"}
        version = await self.call("POST", "/organizations/default/templateversions", body)
        await self.until(f"/templateversions/{version['id']}", lambda v: v["job"]["status"] == "succeeded")
        created = await self.call(
            "POST",
            "/organizations/default/templates",
            {"name": name, "template_version_id": version["id"], "template_use_classic_parameter_flow": True},
        )
        return str(created["id"])

    async def workspace(self, template_id: str, name: str) -> dict[str, Any]:
        """Create a workspace of the caller's."""
        created: dict[str, Any] = await self.call("POST", "/users/me/workspaces", {"name": name, "template_id": template_id})
        return created

    async def until(self, path: str, predicate: Any, seconds: float = 60.0, *, every: float = 0.05) -> Any:
        """Ask again, `every` so many seconds, until the answer fits."""
        async with asyncio.timeout(seconds):
            while True:
                answer = await self.call("GET", path)
                if predicate(answer):
                    return answer
                await asyncio.sleep(every)


async def running_workspace(dsn: str, session: aiohttp.ClientSession) -> dict[str, Any]:
    """A workspace of the first user's that runs, made in a database that nothing serves: others are made like it."""
    with service(LEDGER_DATABASE_URL=dsn) as server:
        api = Api(server, session)
        await api.sign_in()
        made = await api.workspace(await api.template("bench"), "one")
        running: dict[str, Any] = await api.until(f"/workspaces/{made['id']}", lambda w: w["latest_build"]["status"] == "running")
        return running
