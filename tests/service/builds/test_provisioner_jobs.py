"""Jobs and daemons as an organization's administrators see them (contract/lifecycle.md C3)."""

from __future__ import annotations

import pytest

from tests.support.api import Ledger
from tests.support.building import template, workspace


async def test_a_job_is_shown_with_its_surroundings(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    of = await template(ledger, display_name="Fine")
    made = await workspace(admin, of)
    embedded = made["latest_build"]["job"]
    job = (await admin.get(f"/organizations/{organization}/provisionerjobs/{embedded['id']}", want=200)).json
    assert (job["status"], job["worker_id"]) == ("succeeded", embedded["worker_id"])
    assert job["worker_name"].startswith("builder-")
    metadata = job["metadata"]
    assert (metadata["template_name"], metadata["template_display_name"]) == (of["name"], "Fine")
    assert (metadata["workspace_id"], metadata["workspace_build_transition"]) == (made["id"], "start")


async def test_jobs_are_filtered_newest_first(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    person = await ledger.person()
    made = await workspace(person, await template(ledger))
    path = f"/organizations/{organization}/provisionerjobs"
    (job,) = (await admin.get(f"{path}?initiator={person.user['id']}", want=200)).json
    assert job["id"] == made["latest_build"]["job"]["id"]
    assert (await admin.get(f"{path}?initiator={person.user['id']}&status=failed,pending", want=200)).json == []
    assert len((await admin.get(f"{path}?status=succeeded", want=200)).json) == 2
    assert (await admin.get(f'{path}?tags={{"zone":"moon"}}', want=200)).json == []


@pytest.mark.parametrize("query", ["offset=1", "status=lost", "ids=x", "tags=x", 'tags={"a":1}', "initiator=me", "limit=-1"])
async def test_a_filter_that_cannot_be_is_refused(ledger: Ledger, query: str) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    await admin.get(f"/organizations/{organization}/provisionerjobs?{query}", want=400)


@pytest.mark.parametrize(("org_roles", "status"), [((), 404), (("organization-template-admin",), 200), (("organization-admin",), 200)])
async def test_who_sees_jobs_and_daemons(ledger: Ledger, org_roles: tuple[str, ...], status: int) -> None:
    organization = await ledger.organization_id()
    person = await ledger.person(org_roles=org_roles)
    await person.get(f"/organizations/{organization}/provisionerjobs", want=status)
    await person.get(f"/organizations/{organization}/provisionerdaemons", want=status)


async def test_daemons_say_what_they_do_and_did(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    made = await workspace(admin, await template(ledger))
    path = f"/organizations/{organization}/provisionerdaemons"
    daemons = (await admin.get(path, want=200)).json
    assert {daemon["organization_id"] for daemon in daemons} == {organization}
    worker = next(d for d in daemons if d["id"] == made["latest_build"]["job"]["worker_id"])
    assert (worker["status"], worker["current_job"]) == ("idle", None)
    assert worker["previous_job"]["id"] == made["latest_build"]["job"]["id"]
    (again,) = (await admin.get(f"{path}?ids={worker['id']}", want=200)).json
    assert {**again, "last_seen_at": ""} == {**worker, "last_seen_at": ""}
    assert (await admin.get(f"{path}?status=offline", want=200)).json == []
    assert len((await admin.get(f"{path}?max_age=1h30m&limit=2", want=200)).json) == 2
    await admin.get(f"{path}?max_age=soon", want=400)
