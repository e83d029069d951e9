"""What tests of templates do again and again: pack an archive, upload it, make versions and templates over HTTP."""

from __future__ import annotations

import asyncio
import io
import tarfile
from collections.abc import Mapping
from typing import Any

import orjson

from tests.support.api import Answer, Client

TAR = "application/x-tar"
PLAIN: Mapping[str, Any] = {"start": {"resources": [{"name": "main", "type": "docker_container"}]}}


def tar_of(**files: bytes) -> bytes:
    """A tar with these files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def archive(spec: Mapping[str, Any] = PLAIN) -> bytes:
    """An archive whose template.yaml holds `spec`."""
    return tar_of(**{"template.yaml": orjson.dumps({"version": 1, **spec})})


async def upload(client: Client, raw: bytes, content_type: str = TAR, *, want: int | None = None) -> str:
    """POST /files; returns the file's id."""
    answer = await client.request("POST", "/files", data=raw, headers={"Content-Type": content_type}, want=want)
    return str(answer.json["hash"])


async def make_version(client: Client, organization: str, spec: Mapping[str, Any] = PLAIN, **body: Any) -> dict[str, Any]:
    """Upload an archive and make a version of it, whose import is only queued."""
    file = await upload(client, archive(spec))
    request = {"storage_method": "file", "provisioner": "echo", "file_id": file, **body}
    answer = await client.post(f"/organizations/{organization}/templateversions", request, want=201)
    return dict(answer.json)


async def make_template(client: Client, organization: str, name: str, **body: Any) -> dict[str, Any]:
    """A template with a new version of its own."""
    version = await make_version(client, organization)
    request = {"name": name, "template_version_id": version["id"], **body}
    answer = await client.post(f"/organizations/{organization}/templates", request, want=201)
    return dict(answer.json)


async def imported(client: Client, version_id: str) -> dict[str, Any]:
    """The version once its import has ended."""
    async with asyncio.timeout(30):
        while True:
            version = (await client.get(f"/templateversions/{version_id}", want=200)).json
            if version["job"]["status"] not in ("pending", "running", "canceling"):
                return dict(version)
            await asyncio.sleep(0.02)


def fields(answer: Answer) -> list[str]:
    """The failing fields of a refusal."""
    return [violation["field"] for violation in answer.json.get("validations", [])]
