"""Templates over HTTP."""

from __future__ import annotations

from tests.service.templates.authoring import make_template, make_version
from tests.support.api import Ledger


async def test_a_template_is_made_from_a_version_and_read_back(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    version = await make_version(admin, organization, name="v1")
    assert version["job"]["status"] == "pending"
    template = await make_template(admin, organization, "docker", display_name="Docker")
    assert (await admin.get(f"/templates/{template['id']}", want=200)).json == template
    assert (await admin.get(f"/organizations/{organization}/templates/DOCKER", want=200)).json == template
    assert (await admin.get("/templates", want=200)).json == [template]
