"""A history of builds, imports and dry runs in every state a job can be in."""

from __future__ import annotations

import uuid
from datetime import timedelta

from domain.builds.events import (
    BuildCanceled,
    BuildCancelRequested,
    BuildCompleted,
    BuildDeadlineSet,
    BuildFailed,
    BuildLogsOverflowed,
    BuildQueued,
    BuildStarted,
)
from domain.kernel.events import Actor, Event, Metadata, Recorded, Stream
from domain.templates.dry_run_events import DryRunCompleted, DryRunLogsOverflowed, DryRunQueued, DryRunStarted
from domain.templates.version_events import (
    TemplateImportFailed,
    TemplateImportLogsOverflowed,
    TemplateImportStarted,
    TemplateVersionCreated,
)
from tests.support.spec import ALICE, NOON

WORKSPACE = "50000000-0000-4000-8000-000000000001"
ORGANIZATION = "0a000000-0000-4000-8000-000000000001"
TEMPLATE = "7e000000-0000-4000-8000-000000000001"
VERSION = "7e000000-0000-4000-8000-000000000002"
FILE = "f1000000-0000-4000-8000-000000000001"
WORKER = "3c000000-0000-4000-8000-000000000001"
DEFAULT_TAGS = {"scope": "organization", "owner": ""}


def build_id(number: int) -> str:
    """The stream of the build with that number."""
    return str(uuid.UUID(int=0xB0000 + number))


def job_id(number: int) -> str:
    """The job of the build with that number."""
    return str(uuid.UUID(int=0x10B000 + number))


def queued(number: int, tags: dict[str, str] | None = None) -> BuildQueued:
    """The first event of a build."""
    return BuildQueued(
        workspace_id=WORKSPACE,
        number=number,
        transition="start",
        reason="initiator",
        organization_id=ORGANIZATION,
        template_id=TEMPLATE,
        template_version_id=VERSION,
        preset_id=None,
        initiator_id=ALICE,
        job_id=job_id(number),
        file_id=FILE,
        tags=tags or DEFAULT_TAGS,
        parameters=[{"name": "cpu", "value": "2"}],
    )


def history(*happened: tuple[str, str, Event]) -> list[Recorded]:
    """(category, stream id, event) as recorded, a second apart, positions with gaps."""
    versions: dict[str, int] = {}
    recorded = []
    for n, (category, id, event) in enumerate(happened, 1):
        versions[id] = versions.get(id, 0) + 1
        metadata = Metadata(Actor("user", ALICE), str(uuid.UUID(int=0xC0)))
        time = NOON + timedelta(seconds=n)
        recorded.append(Recorded(event, Stream(category, id), versions[id], str(uuid.UUID(int=0xE000 + n)), time, metadata, n * 3))
    return recorded


def builds(number: int, *events: Event) -> list[tuple[str, str, Event]]:
    """Events of one build."""
    return [("build", build_id(number), event) for event in events]


def started(number: int) -> BuildStarted:
    """A worker took it."""
    return BuildStarted(WORKSPACE, job_id(number), WORKER)


_RESOURCES: list[dict[str, object]] = [{"id": FILE, "name": "main", "type": "pod"}]
_IMPORT_JOB = "10b00000-0000-4000-8000-00000000aaaa"
_DRY_RUN = "d0000000-0000-4000-8000-000000000001"

EVERYTHING = history(
    ("template_version", VERSION, TemplateVersionCreated(ORGANIZATION, TEMPLATE, "v1", "", FILE, _IMPORT_JOB, "echo", DEFAULT_TAGS)),
    ("template_version", VERSION, TemplateImportStarted(_IMPORT_JOB, WORKER)),
    ("template_version", VERSION, TemplateImportLogsOverflowed(_IMPORT_JOB)),
    *builds(1, queued(1), started(1), BuildLogsOverflowed(WORKSPACE, job_id(1))),
    ("template_version", VERSION, TemplateImportFailed(_IMPORT_JOB, "no such file", "")),
    *builds(1, BuildCompleted(WORKSPACE, job_id(1), "start", _RESOURCES, [], 3, NOON, NOON + timedelta(hours=1), False, False)),
    *builds(1, BuildDeadlineSet(WORKSPACE, None, None, "ttl_removed")),
    *builds(2, queued(2), BuildCanceled(WORKSPACE, job_id(2), "start")),
    *builds(3, queued(3), started(3), BuildCancelRequested(WORKSPACE, job_id(3)), BuildCanceled(WORKSPACE, job_id(3), "start")),
    *builds(4, queued(4), BuildFailed(WORKSPACE, job_id(4), "start", "reaped", "")),
    ("dry_run", _DRY_RUN, DryRunQueued(ORGANIZATION, VERSION, _DRY_RUN, FILE, DEFAULT_TAGS, [])),
    ("dry_run", _DRY_RUN, DryRunStarted(_DRY_RUN, WORKER)),
    ("dry_run", _DRY_RUN, DryRunLogsOverflowed(_DRY_RUN)),
    ("dry_run", _DRY_RUN, DryRunCompleted(_DRY_RUN, _RESOURCES)),
    *builds(5, queued(5), started(5), BuildCancelRequested(WORKSPACE, job_id(5))),
    *builds(6, queued(6, {"scope": "organization", "owner": "", "zone": "moon"})),
    *builds(7, queued(7)),
)
