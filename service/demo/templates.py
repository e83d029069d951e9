"""The example templates: archives as the built-in provisioner reads them, each with a use of its own."""

from __future__ import annotations

import asyncio
import io
import json
import tarfile
from dataclasses import dataclass
from typing import Any

from service.demo.client import Client, DemoFailed
from service.demo.people import DEFAULT, RESEARCH, Society

_IMPORT_SECONDS = 30.0

EDITOR = {"slug": "code", "display_name": "code-server", "icon": "/icon/code.svg", "url": "http://localhost:8080"}
NOTEBOOK = {"slug": "jupyter", "display_name": "Jupyter", "icon": "/icon/jupyter.svg", "url": "http://localhost:8888"}
DOCS = {"slug": "docs", "display_name": "Handbook", "icon": "/icon/book.svg", "url": "https://example.com/handbook", "external": True}


def _agent(*apps: dict[str, Any], name: str = "main", **more: Any) -> dict[str, Any]:
    """Played by the provisioner: connects after a second, and says that its apps are well."""
    health = {app["slug"]: "healthy" for app in apps if "healthcheck" in app}
    simulate = {"connect_after_seconds": 1, "lifecycle": "ready", **({"app_health": health} if health else {})}
    return {"name": name, "directory": "/home/coder", "apps": list(apps), "run": "simulated", "simulate": simulate, **more}


def _resource(*agents: dict[str, Any], kind: str = "docker_container", **more: Any) -> dict[str, Any]:
    return {"name": "main", "type": kind, "agents": list(agents), **more}


def _healthy(app: dict[str, Any]) -> dict[str, Any]:
    return {**app, "healthcheck": {"url": f"{app['url']}/healthz", "interval": 5, "threshold": 3}}


_PYTHON: dict[str, Any] = {
    "readme": "README.md",
    "parameters": [
        {
            "name": "cpu",
            "display_name": "CPU cores",
            "type": "number",
            "default": "2",
            "mutable": True,
            "validation": {"min": 1, "max": 16, "error": "Between one and sixteen cores."},
        },
        {
            "name": "region",
            "display_name": "Region",
            "type": "string",
            "default": "eu",
            "options": [{"name": "Europe", "value": "eu"}, {"name": "America", "value": "us"}],
        },
        {"name": "dotfiles", "display_name": "Dotfiles repository", "type": "string", "default": "", "mutable": True},
    ],
    "presets": [
        {"name": "Small", "default": True, "parameters": {"cpu": "2"}},
        {"name": "Large", "parameters": {"cpu": "8"}},
    ],
    "start": {
        "delay_seconds": 1.0,
        "logs": ["pulling python:3.13", "mounting the home volume", "starting for ${owner.username}"],
        "timings": [{"stage": "apply", "source": "docker", "action": "create", "resource": "main", "seconds": 0.8}],
        "resources": [
            _resource(
                _agent(_healthy(EDITOR), _healthy(NOTEBOOK), DOCS),
                daily_cost=4,
                metadata=[{"key": "cores", "value": "${parameter.cpu}"}, {"key": "region", "value": "${parameter.region}"}],
            )
        ],
    },
    "stop": {"logs": ["stopping"], "resources": [{"name": "home", "type": "docker_volume", "daily_cost": 1}]},
}


@dataclass(frozen=True, slots=True)
class Example:
    """A template; each archive of `versions` becomes a version, the last one is active."""

    name: str
    organization: str
    title: str
    description: str
    icon: str
    versions: tuple[dict[str, Any], ...]
    settings: dict[str, Any]


EXAMPLES = (
    Example(
        "docker",
        DEFAULT,
        "Docker",
        "A container with an editor, up in a second.",
        "/icon/docker.svg",
        ({"start": {"logs": ["pulling ubuntu:24.04", "starting"], "resources": [_resource(_agent(EDITOR), daily_cost=1)]}},),
        {"default_ttl_ms": 8 * 3_600_000},
    ),
    Example(
        "python",
        DEFAULT,
        "Python",
        "Python with notebooks; choose cores and region.",
        "/icon/python.svg",
        (_PYTHON, {**_PYTHON, "start": {**_PYTHON["start"], "logs": ["pulling python:3.14", "starting"]}}),
        {"default_ttl_ms": 4 * 3_600_000, "allow_user_cancel_workspace_jobs": True},
    ),
    Example(
        "kubernetes",
        DEFAULT,
        "Kubernetes",
        "A slow start: two pods, each with an agent.",
        "/icon/k8s.png",
        (
            {
                "start": {
                    "delay_seconds": 6.0,
                    "logs": ["creating the namespace", "claiming the volume", "scheduling pods", "waiting for readiness", "ready"],
                    "resources": [
                        _resource(_agent(EDITOR), _agent(name="database"), kind="kubernetes_pod", daily_cost=9),
                    ],
                },
                "stop": {"delay_seconds": 2.0, "logs": ["draining", "deleting pods"]},
            },
        ),
        {"allow_user_cancel_workspace_jobs": True},
    ),
    Example(
        "gpu",
        DEFAULT,
        "GPU lab",
        "Every start fails: there is never a GPU free.",
        "/icon/nvidia.svg",
        ({"start": {"delay_seconds": 1.0, "logs": ["asking for a GPU"], "fail": "no GPU is free in zone eu-2"}},),
        {},
    ),
    Example(
        "windows",
        DEFAULT,
        "Windows",
        "Its agent never calls home, and times out.",
        "/icon/windows.svg",
        (
            {
                "start": {
                    "resources": [
                        _resource(
                            {"name": "main", "operating_system": "windows", "run": "none", "connection_timeout_seconds": 5},
                            kind="azurerm_windows_virtual_machine",
                        )
                    ]
                }
            },
        ),
        {},
    ),
    Example(
        "notebook",
        RESEARCH,
        "Notebook",
        "Jupyter for the laboratory.",
        "/icon/jupyter.svg",
        ({"start": {"resources": [_resource(_agent(NOTEBOOK), daily_cost=2)]}},),
        {},
    ),
)


def archive(plan: dict[str, Any], readme: str) -> bytes:
    """A tar with `template.yaml` (JSON is YAML) and, where the plan names one, its readme. The same plan gives the same bytes."""
    files = {"template.yaml": json.dumps({"version": 1, **plan}, indent=2).encode()}
    if "readme" in plan:
        files[plan["readme"]] = readme.encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, raw in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(raw), 0o644
            tar.addfile(member, io.BytesIO(raw))
    return buffer.getvalue()


async def publish(society: Society, example: Example, count: int) -> str:
    """Have the template with its first `count` versions, the last of them active; returns its id."""
    admin, organization_id = society.admin, society.organizations[example.organization]
    template = await admin.find(f"/organizations/{organization_id}/templates/{example.name}")
    for number, plan in enumerate(example.versions[:count], start=1):
        name = f"v{number}"
        if template is not None and await admin.find(f"/organizations/{organization_id}/templates/{example.name}/versions/{name}"):
            continue
        version_id = await _import(admin, organization_id, example, name, plan, template and template["id"])
        if template is None:
            body = {"name": example.name, "template_version_id": version_id, "display_name": example.title, "icon": example.icon}
            body |= {"description": example.description, **example.settings}
            template = await admin.post(f"/organizations/{organization_id}/templates", body)
        else:
            await admin.patch(f"/templates/{template['id']}/versions", {"id": version_id})
    assert template is not None, "an example has at least one version"
    return str(template["id"])


async def _import(admin: Client, organization_id: str, example: Example, name: str, plan: dict[str, Any], template_id: str | None) -> str:
    raw = archive(plan, f"# {example.title}\n\n{example.description}\n")
    file = (await admin.send("POST", "/files", raw=raw, want=(200, 201))).document
    body = {"name": name, "message": f"Example {name}", "storage_method": "file", "file_id": file["hash"], "provisioner": "echo"}
    if template_id:
        body["template_id"] = template_id
    version = await admin.post(f"/organizations/{organization_id}/templateversions", body)
    deadline = asyncio.get_running_loop().time() + _IMPORT_SECONDS
    while version["job"]["status"] in ("pending", "running"):
        if asyncio.get_running_loop().time() > deadline:
            raise DemoFailed(f"nobody imports template {example.name}: does a process with the role provisioner run?")
        await asyncio.sleep(0.2)
        version = await admin.get(f"/templateversions/{version['id']}")
    if version["job"]["status"] != "succeeded":
        raise DemoFailed(f"template {example.name} was not imported: {version['job'].get('error', '')}")
    return str(version["id"])
