"""What authors upload that is no archive fails the import with a reason for them, and is no trouble of the service's."""

from __future__ import annotations

import gzip
import io
import logging
import tarfile

import pytest

from tests.service.templates.authoring import imported, upload
from tests.support.api import Ledger


def bomb() -> bytes:
    """Many megabytes of zeros in a few kilobytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo("template.yaml")
        info.size = 64 << 20
        tar.addfile(info, io.BytesIO(bytes(info.size)))
    return gzip.compress(out.getvalue(), mtime=0)


def escaping() -> bytes:
    """A file that would land outside of the archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("../template.yaml"))
    return out.getvalue()


@pytest.mark.parametrize("content", [b"this is no archive" * 100, gzip.compress(b"nor this", mtime=0), escaping(), bomb()])
async def test_an_unreadable_archive_fails_its_import_quietly(ledger: Ledger, caplog: pytest.LogCaptureFixture, content: bytes) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    body = {"storage_method": "file", "provisioner": "echo", "file_id": await upload(admin, content)}
    version = (await admin.post(f"/organizations/{organization}/templateversions", body, want=201)).json
    job = (await imported(admin, version["id"]))["job"]
    assert job["status"] == "failed"
    assert "archive" in job["error"]
    assert "internal" not in job["error"]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
