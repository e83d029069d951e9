"""Uploaded archives (contract/lifecycle.md A1)."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from typing import Any

from aiohttp import web
from psycopg import AsyncConnection

from domain.kernel.errors import Forbidden, Invalid, NotFound
from domain.roles import objects
from domain.roles.permissions import Action
from domain.roles.policy import Subject, allows
from projections.template_versions.queries import templates_of_file
from service.http.call import Call
from service.http.paths import path_uuid
from service.http.responses import json_response
from service.http.routing import Access, Parameter, Route
from service.http.template_access import template_object
from service.provisioner.archive import MAX_BYTES, tar_to_zip, zip_to_tar
from service.store.files import TAR, StoredFile, file_content, find_file, store_file

ZIP = "application/zip"
_ZIPS = frozenset({ZIP, "application/x-zip-compressed"})
_TAG = "Files"


async def upload(call: Call) -> web.Response:
    """Keep an archive as tar; the same bytes of the same person are kept once."""
    caller = call.caller
    if not allows(caller.subject, Action.CREATE, objects.file(id="", owner_id=caller.user_id)):
        raise Forbidden
    content_type = call.request.headers.get("Content-Type", "")
    if content_type != TAR and content_type not in _ZIPS:
        raise Invalid(f"Unsupported content type {content_type!r}.", f"Use one of {', '.join((TAR, *sorted(_ZIPS)))}.")
    raw = await call.body(MAX_BYTES)
    content, digest = await asyncio.to_thread(_as_tar, raw, content_type)
    async with call.pool.connection() as connection:
        id, is_new = await store_file(connection, str(uuid.uuid4()), content, digest, caller.user_id)
    return json_response({"hash": id}, 201 if is_new else 200)


def _as_tar(raw: bytes, content_type: str) -> tuple[bytes, str]:
    content = raw if content_type == TAR else zip_to_tar(raw)
    return content, hashlib.sha256(content).hexdigest()


async def download(call: Call) -> web.Response:
    """The archive as it is kept, or as zip."""
    async with call.pool.connection() as connection:
        file = await readable_file(connection, call.caller.subject, path_uuid(call.path["fileID"]))
        if file is None:
            raise NotFound
        wanted = call.request.query.get("format", "")
        if wanted not in ("", "zip"):
            raise Invalid(f"Unsupported conversion {wanted!r}.", "Leave format out, or give zip.")
        content = await file_content(connection, file.id)
    if content is None:
        raise NotFound
    if wanted != "zip":
        return web.Response(body=content, headers={"Content-Type": file.content_type})
    return web.Response(body=await asyncio.to_thread(tar_to_zip, content), headers={"Content-Type": ZIP})


async def readable_file(connection: AsyncConnection[Any], subject: Subject, id: str) -> StoredFile | None:
    """The file, if it is the subject's own or one that a template uses which the subject may update."""
    file = await find_file(connection, id)
    if file is None or allows(subject, Action.READ, objects.file(id=file.id, owner_id=file.uploaded_by)):
        return file
    using = await templates_of_file(connection, id)
    return file if any(allows(subject, Action.UPDATE, template_object(row)) for row in using) else None


ROUTES = (
    Route(
        "POST",
        "/files",
        upload,
        access=Access.SESSION,
        permission="file:create",
        summary="Upload an archive",
        request="binary",
        responses={200: "UploadResponse", 201: "UploadResponse"},
        tag=_TAG,
        consumes=TAR,
    ),
    Route(
        "GET",
        "/files/{fileID}",
        download,
        access=Access.SESSION,
        permission="file:read, or template:update on a template that uses it",
        summary="Download an archive",
        responses={200: None},
        query=(Parameter("format", summary="`zip` converts it; empty leaves it as it is."),),
        tag=_TAG,
        produces=(TAR, ZIP),
    ),
)
