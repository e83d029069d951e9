"""Ids and histories of templates, versions and dry runs that the tests beside this file begin with."""

from __future__ import annotations

from typing import Any

from domain.kernel.events import Event
from domain.templates.events import TemplateCreated
from domain.templates.settings import changed
from domain.templates.values import Preset, RichParameter, TemplatePlan
from domain.templates.version_events import TemplateImportCompleted, TemplateImportStarted, TemplateVersionCreated

ORG = "0f000000-0000-4000-8000-000000000001"
OTHER_ORG = "0f000000-0000-4000-8000-000000000002"
TEMPLATE_ID = "7e000000-0000-4000-8000-000000000001"
VERSION_ID = "5e000000-0000-4000-8000-000000000001"
SECOND_ID = "5e000000-0000-4000-8000-000000000002"
FILE_ID = "f1000000-0000-4000-8000-000000000001"
JOB_ID = "10b00000-0000-4000-8000-000000000001"
WORKER, OTHER_WORKER = "worker-1", "worker-2"
TAGS = {"scope": "organization", "owner": ""}
PLAN = TemplatePlan(
    readme="# text",
    tags={"zone": "eu"},
    parameters=(RichParameter("cpu", type="number", default="2", mutable=True), RichParameter("must")),
    presets=(Preset("small", {"cpu": "1"}, id="d0000000-0000-4000-8000-000000000001"),),
)


def template_created(name: str = "docker", **settings: Any) -> TemplateCreated:
    """A template of everybody in the organization."""
    return TemplateCreated(ORG, name, VERSION_ID, "echo", changed({}, settings), {}, {ORG: "use"})


def version_created(template_id: str | None = TEMPLATE_ID, name: str = "v1", tags: dict[str, str] | None = None) -> TemplateVersionCreated:
    """A version whose import is queued."""
    return TemplateVersionCreated(ORG, template_id, name, "first", FILE_ID, JOB_ID, "echo", TAGS if tags is None else tags)


def imported(template_id: str | None = TEMPLATE_ID, name: str = "v1") -> tuple[Event, ...]:
    """A version that can be built."""
    return (
        version_created(template_id, name),
        TemplateImportStarted(JOB_ID, WORKER),
        TemplateImportCompleted(JOB_ID, PLAN.to_dict(), "# text"),
    )
