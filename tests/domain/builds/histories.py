"""Builds in the states that decisions about them start from, and the neighbours that they are told of."""

from __future__ import annotations

from dataclasses import replace

from domain.builds.commands import QueueBuild
from domain.builds.events import BuildCancelRequested, BuildQueued, BuildStarted
from domain.builds.values import EndFacts, JobStatus, TemplateFacts, VersionFacts, WorkspaceFacts
from domain.templates.values import Preset, RichParameter
from tests.support.spec import ALICE, BOB

BUILD_ID = "b0000000-0000-4000-8000-000000000001"
JOB_ID = "10b00000-0000-4000-8000-000000000001"
WORKSPACE_ID = "50000000-0000-4000-8000-000000000001"
TEMPLATE_ID = "7e000000-0000-4000-8000-000000000001"
VERSION_ID = "7e000000-0000-4000-8000-000000000002"
OTHER_VERSION_ID = "7e000000-0000-4000-8000-000000000003"
ORGANIZATION_ID = "0a000000-0000-4000-8000-000000000001"
FILE_ID = "f1000000-0000-4000-8000-000000000001"
WORKER = "3c000000-0000-4000-8000-000000000001"
OTHER_WORKER = "3c000000-0000-4000-8000-000000000002"
PRESET_ID = "9e000000-0000-4000-8000-000000000001"

CPU = RichParameter("cpu", type="number", default="2", mutable=True)
BIG = Preset("big", {"cpu": "8"}, id=PRESET_ID)

TEMPLATE = TemplateFacts(TEMPLATE_ID, ORGANIZATION_ID, VERSION_ID, use_classic_parameter_flow=True, require_active_version=False)
VERSION = VersionFacts(VERSION_ID, TEMPLATE_ID, "v1", JobStatus.SUCCEEDED, "", FILE_ID, {}, (CPU,), (BIG,))
WORKSPACE = WorkspaceFacts(WORKSPACE_ID, ALICE, deleted=False, latest_number=0, build_is_active=False)
LIVING = EndFacts(ALICE, "dev", deleted=False)


def asked(transition: str = "start", **more: object) -> QueueBuild:
    """A request for a build, by Bob."""
    return replace(QueueBuild(BUILD_ID, JOB_ID, WORKSPACE_ID, transition, BOB), **more)  # type: ignore[arg-type]


def queued(transition: str = "start", number: int = 1) -> BuildQueued:
    """The first event of a build."""
    return BuildQueued(
        workspace_id=WORKSPACE_ID,
        number=number,
        transition=transition,
        reason="initiator",
        organization_id=ORGANIZATION_ID,
        template_id=TEMPLATE_ID,
        template_version_id=VERSION_ID,
        preset_id=None,
        initiator_id=BOB,
        job_id=JOB_ID,
        file_id=FILE_ID,
        tags={"scope": "organization", "owner": ""},
        parameters=[{"name": "cpu", "value": "2"}],
    )


STARTED = BuildStarted(WORKSPACE_ID, JOB_ID, WORKER)
CANCEL_REQUESTED = BuildCancelRequested(WORKSPACE_ID, JOB_ID)
