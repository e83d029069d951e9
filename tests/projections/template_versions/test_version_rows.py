"""Template versions and dry runs as rows and documents."""

from __future__ import annotations

import pytest

from domain.kernel.ids import NIL
from domain.organizations.events import OrganizationCreated
from domain.templates.dry_run_events import DryRunCompleted, DryRunQueued, DryRunStarted
from domain.templates.events import TemplateCreated
from domain.templates.settings import changed
from domain.templates.values import TemplatePlan
from domain.templates.version_events import (
    TemplateImportCompleted,
    TemplateImportFailed,
    TemplateImportStarted,
    TemplateVersionArchived,
    TemplateVersionAttached,
    TemplateVersionCreated,
    TemplateVersionUnarchived,
    TemplateVersionUpdated,
)
from projections.template_versions.queries import (
    VersionPage,
    dry_run_by_job,
    planned_version,
    previous_version,
    templates_of_file,
    version_by_id,
    version_by_name,
    versions_of,
)
from projections.template_versions.render import render_version
from tests.projections.workspaces.histories import ANN, ORGANIZATION, Entry, history, person, uid
from tests.support.projecting import Projecting

FAMILY, FILE, DRY = uid("family"), uid("archive"), uid("dry")
V1, V2, V3, LONE = (uid(f"family {name}") for name in ("v1", "v2", "v3", "lone"))


def made(id: str, name: str, template_id: str | None) -> Entry:
    return id, TemplateVersionCreated(ORGANIZATION, template_id, name, "", FILE, uid(f"{name} job"), "echo", {"scope": "organization"})


HISTORY: list[Entry] = [
    person(ANN, "Ann"),
    (ORGANIZATION, OrganizationCreated("coder", "Coder", "", "", is_default=True)),
    made(V1, "v1", None),
    (V1, TemplateImportStarted(uid("v1 job"), uid("worker"))),
    (V1, TemplateImportCompleted(uid("v1 job"), TemplatePlan(tags={"a": "b"}).to_dict(), "# Read me")),
    (FAMILY, TemplateCreated(ORGANIZATION, "family", V1, "echo", changed({}, {}), {}, {})),
    (V1, TemplateVersionAttached(FAMILY)),
    made(V2, "v2", FAMILY),
    (V2, TemplateImportFailed(uid("v2 job"), "no such thing", "CODE")),
    (V2, TemplateVersionArchived(FAMILY)),
    made(V3, "v3", FAMILY),
    (V3, TemplateVersionUpdated(FAMILY, "third", "hello")),
    (V3, TemplateVersionArchived(FAMILY)),
    (V3, TemplateVersionUnarchived(FAMILY)),
    made(LONE, "lone", None),
    (DRY, DryRunQueued(ORGANIZATION, V1, uid("dry job"), FILE, {}, [{"name": "a", "value": "1"}])),
    (DRY, DryRunStarted(uid("dry job"), uid("worker"))),
    (DRY, DryRunCompleted(uid("dry job"), [{"name": "disk"}])),
]


async def test_every_batch_size_gives_the_same_rows(projecting: Projecting) -> None:
    await projecting.same_for_every_batch_size(history(*HISTORY))


async def test_an_imported_version_of_a_template(projecting: Projecting) -> None:
    await projecting.fold(history(*HISTORY))
    row = await version_by_id(projecting.connection, V1)
    assert row is not None
    document = render_version(row)
    assert (document["template_id"], document["readme"], document["archived"]) == (FAMILY, "# Read me", False)
    assert document["created_by"] == {"id": ANN, "name": "Real Ann", "username": "Ann"}
    assert document["job"]["status"] == "succeeded"
    assert document["job"]["worker_id"] == uid("worker")
    assert "matched_provisioners" not in document


async def test_a_version_without_template_shows_the_nil_uuid(projecting: Projecting) -> None:
    await projecting.fold(history(*HISTORY))
    row = await version_by_id(projecting.connection, LONE)
    assert row is not None
    waiting = {"available": 1, "count": 1, "most_recently_seen": None}
    document = render_version(row, queue=(1, 2), matched_provisioners=waiting)
    assert (document["template_id"], document["matched_provisioners"]) == (NIL, waiting)
    job = document["job"]
    assert (job["status"], job["queue_position"], job["queue_size"]) == ("pending", 1, 2)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        (VersionPage(), ["v1", "third"]),
        (VersionPage(include_archived=True), ["v1", "v2", "third"]),
        (VersionPage(after_id=V1), ["third"]),
        (VersionPage(include_archived=True, limit=1, offset=1), ["v2"]),
        (VersionPage(after_id=V3), []),
    ],
)
async def test_a_page_of_versions_oldest_first(projecting: Projecting, page: VersionPage, names: list[str]) -> None:
    await projecting.fold(history(*HISTORY))
    assert [row["name"] for row in await versions_of(projecting.connection, FAMILY, page)] == names


async def test_names_count_by_case_and_find_archived_ones(projecting: Projecting) -> None:
    await projecting.fold(history(*HISTORY))
    assert await version_by_name(projecting.connection, FAMILY, "V1") is None
    assert await version_by_name(projecting.connection, FAMILY, "v3") is None, "its name has changed"
    found = await version_by_name(projecting.connection, FAMILY, "v2")
    assert found is not None
    assert render_version(found)["job"]["error_code"] == "CODE"
    before = await previous_version(projecting.connection, FAMILY, found)
    assert before is not None
    assert before["id"] == V1
    assert await previous_version(projecting.connection, FAMILY, before) is None


async def test_what_decides_about_reading_comes_with_the_plan(projecting: Projecting) -> None:
    await projecting.fold(history(*HISTORY))
    row = await planned_version(projecting.connection, V1)
    assert row is not None
    assert (row["template_id"], row["group_acl"], row["plan"]["tags"]) == (FAMILY, {}, {"a": "b"})
    lone = await planned_version(projecting.connection, LONE)
    assert lone is not None
    assert (lone["template_id"], lone["group_acl"], lone["plan"], lone["completed_at"]) == (None, None, None, None)


async def test_a_dry_run_is_found_by_its_job_and_an_import_is_none(projecting: Projecting) -> None:
    await projecting.fold(history(*HISTORY))
    row = await dry_run_by_job(projecting.connection, uid("dry job"))
    assert row is not None
    assert (row["dry_run_id"], row["template_version_id"], row["resources"]) == (DRY, V1, [{"name": "disk"}])
    imported = await dry_run_by_job(projecting.connection, uid("v1 job"))
    assert imported is not None
    assert imported["dry_run_id"] is None
    assert await dry_run_by_job(projecting.connection, uid("nothing")) is None


async def test_the_templates_that_use_a_file(projecting: Projecting) -> None:
    await projecting.fold(history(*HISTORY))
    assert [row["id"] for row in await templates_of_file(projecting.connection, FILE)] == [FAMILY]
