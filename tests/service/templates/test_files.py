"""Uploads and downloads over HTTP."""

from __future__ import annotations

import io
import uuid
import zipfile

from tests.service.templates.authoring import PLAIN, TAR, archive, make_template, make_version, tar_of, upload
from tests.support.api import Client, Ledger

ZIP = "application/zip"


def zip_of(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return out.getvalue()


async def statuses(path: str, *clients: Client) -> list[int]:
    return [(await client.get(path)).status for client in clients]


async def test_the_same_bytes_of_one_person_are_one_file(ledger: Ledger) -> None:
    admin, member = await ledger.admin(), await ledger.person()
    raw = tar_of(a=b"1")
    first = await upload(admin, raw, want=201)
    assert await upload(admin, raw, want=200) == first
    assert await upload(member, raw, want=201) != first
    answer = await admin.get(f"/files/{first}", want=200)
    assert (answer.headers["Content-Type"], answer.raw) == (TAR, raw)


async def test_a_zip_is_kept_as_tar_and_goes_out_as_either(ledger: Ledger) -> None:
    admin = await ledger.admin()
    file = await upload(admin, zip_of(a=b"1"), ZIP, want=201)
    kept = await admin.get(f"/files/{file}", want=200)
    assert kept.headers["Content-Type"] == TAR
    assert await upload(admin, kept.raw, want=200) == file, "what counts is the tar"
    packed = await admin.get(f"/files/{file}?format=zip", want=200)
    assert packed.headers["Content-Type"] == ZIP
    with zipfile.ZipFile(io.BytesIO(packed.raw)) as files:
        assert files.read("a") == b"1"


async def test_what_is_refused(ledger: Ledger) -> None:
    admin = await ledger.admin()
    for content_type in ("text/plain", f"{TAR}; charset=utf-8", TAR.upper()):
        await admin.request("POST", "/files", data=b"x", headers={"Content-Type": content_type}, want=400)
    await admin.request("POST", "/files", data=b"no zip", headers={"Content-Type": ZIP}, want=400)
    file = await upload(admin, tar_of(a=b"1"))
    await admin.get(f"/files/{file}?format=rar", want=400)
    await admin.get("/files/nope", want=400)
    await admin.get(f"/files/{uuid.uuid4()}?format=rar", want=404)
    await ledger.anonymous.get(f"/files/{file}", want=401)


async def test_a_file_opens_to_those_who_may_update_a_template_that_uses_it(ledger: Ledger) -> None:
    author, other = [await ledger.person(org_roles=("organization-template-admin",)) for _ in range(2)]
    member, organization = await ledger.person(), await ledger.organization_id()
    version = await make_version(author, organization)
    file = f"/files/{version['job']['file_id']}"
    assert await statuses(file, author, other, member) == [200, 404, 404], "a version without template opens it to nobody"
    await author.post(f"/organizations/{organization}/templates", {"name": "t", "template_version_id": version["id"]}, want=201)
    assert await statuses(file, author, other, member) == [200, 200, 404]


async def test_a_version_needs_a_file_that_its_author_may_read(ledger: Ledger) -> None:
    author, other = [await ledger.person(org_roles=("organization-template-admin",)) for _ in range(2)]
    organization = await ledger.organization_id()
    file = await upload(author, archive(PLAIN))
    request = {"storage_method": "file", "provisioner": "echo", "file_id": file}
    await other.post(f"/organizations/{organization}/templateversions", request, want=404)
    await make_template(author, organization, "t")
