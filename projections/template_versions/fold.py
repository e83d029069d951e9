"""Folds template versions, the results of their imports, and dry runs. How a job stands is in `jobs`."""

from __future__ import annotations

from typing import Any

from domain.kernel.events import Recorded
from domain.templates.dry_run_events import DryRunCompleted, DryRunQueued
from domain.templates.version_events import (
    TemplateImportCanceled,
    TemplateImportCompleted,
    TemplateImportFailed,
    TemplateVersionArchived,
    TemplateVersionAttached,
    TemplateVersionCreated,
    TemplateVersionUnarchived,
    TemplateVersionUpdated,
)
from projections.engine.model import ReadModel
from projections.engine.tables import Row, Rows
from projections.template_versions.tables import DRY_RUNS, TEMPLATE_VERSIONS

MODEL = ReadModel("template_versions", (TEMPLATE_VERSIONS, DRY_RUNS))


@MODEL.on(TemplateVersionCreated)
def on_version_created(rows: Rows, event: TemplateVersionCreated, recorded: Recorded) -> None:
    """A version waits to be imported."""
    rows.put(
        TEMPLATE_VERSIONS,
        {
            "id": recorded.stream.id,
            "template_id": event.template_id,
            "organization_id": event.organization_id,
            "name": event.name,
            "message": event.message,
            "readme": "",
            "archived": False,
            "file_id": event.file_id,
            "job_id": event.job_id,
            "provisioner": event.provisioner,
            "created_by": recorded.metadata.actor.id,
            "created_at": recorded.time,
            "updated_at": recorded.time,
        },
    )


@MODEL.on(TemplateVersionAttached)
def on_version_attached(rows: Rows, event: TemplateVersionAttached, recorded: Recorded) -> None:
    """A template was made from it."""
    if (row := _edit(rows, recorded)) is not None:
        row["template_id"] = event.template_id


@MODEL.on(TemplateVersionUpdated)
def on_version_updated(rows: Rows, event: TemplateVersionUpdated, recorded: Recorded) -> None:
    """Another name, which builds of it show, or another message."""
    if (row := _edit(rows, recorded)) is not None:
        row["name"], row["message"] = event.name, event.message
        rows.touch("template_version", recorded.stream.id, recorded.position)


@MODEL.on(TemplateVersionArchived)
def on_version_archived(rows: Rows, _event: TemplateVersionArchived, recorded: Recorded) -> None:
    """Hidden from lists."""
    if (row := _edit(rows, recorded)) is not None:
        row["archived"] = True


@MODEL.on(TemplateVersionUnarchived)
def on_version_unarchived(rows: Rows, _event: TemplateVersionUnarchived, recorded: Recorded) -> None:
    """Back in lists."""
    if (row := _edit(rows, recorded)) is not None:
        row["archived"] = False


@MODEL.on(TemplateImportCompleted)
def on_import_completed(rows: Rows, event: TemplateImportCompleted, recorded: Recorded) -> None:
    """What the archive declares is known."""
    if (row := _edit(rows, recorded)) is not None:
        row["plan"], row["readme"] = event.plan, event.readme


@MODEL.on(TemplateImportFailed, TemplateImportCanceled)
def on_import_ended(rows: Rows, _event: Any, recorded: Recorded) -> None:
    """Nothing is known, and nothing will be."""
    _edit(rows, recorded)


def _edit(rows: Rows, recorded: Recorded) -> Row | None:
    row = rows.edit(TEMPLATE_VERSIONS, recorded.stream.id)
    if row is not None:
        row["updated_at"] = recorded.time
    return row


@MODEL.on(DryRunQueued, reads=lambda _event, recorded: ((DRY_RUNS, (recorded.stream.id,)),))
def on_dry_run_queued(rows: Rows, event: DryRunQueued, recorded: Recorded) -> None:
    """A dry run waits for a worker."""
    rows.put(
        DRY_RUNS,
        {
            "id": recorded.stream.id,
            "template_version_id": event.template_version_id,
            "job_id": event.job_id,
            "resources": [],
            "parameters": event.parameters,
        },
    )


@MODEL.on(DryRunCompleted, reads=lambda _event, recorded: ((DRY_RUNS, (recorded.stream.id,)),))
def on_dry_run_completed(rows: Rows, event: DryRunCompleted, recorded: Recorded) -> None:
    """What a start build would make."""
    if (row := rows.edit(DRY_RUNS, recorded.stream.id)) is not None:
        row["resources"] = event.resources
