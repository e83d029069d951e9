"""What may be built, and what is written when a build is queued (contract/lifecycle.md B1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain.builds.commands import StartBuild
from domain.builds.decisions import decide_queue_build, decide_start_build
from domain.builds.events import BuildQueued, BuildStarted
from domain.builds.state import BUILD
from domain.builds.values import JobStatus, PreviousBuild
from domain.kernel.errors import BuildActive, Conflict, DomainError, Forbidden, Invalid, NotAcceptable
from domain.workspaces.events import WorkspaceBuildQueued, WorkspaceDormancySet
from tests.domain.builds.histories import (
    BUILD_ID,
    JOB_ID,
    OTHER_VERSION_ID,
    OTHER_WORKER,
    PRESET_ID,
    STARTED,
    TEMPLATE,
    VERSION,
    VERSION_ID,
    WORKER,
    WORKSPACE,
    WORKSPACE_ID,
    asked,
    queued,
)
from tests.support.spec import ALICE, Then, given

PREVIOUS = PreviousBuild(VERSION_ID, {"cpu": "4"})


def queue(
    command: Any = None, *, workspace: Any = WORKSPACE, template: Any = TEMPLATE, version: Any = VERSION, previous: Any = None
) -> Then:
    """Decide about a request; what is not given is as usual."""
    return given(BUILD).when(lambda _: decide_queue_build(command or asked(), workspace, template, version, previous))


def the_build(then: Then) -> BuildQueued:
    """The queued build of a decision."""
    event = then.events[0]
    assert isinstance(event, BuildQueued), then.refusal
    return event


def test_the_first_build_is_number_one_and_the_workspace_knows_it() -> None:
    queue().then(queued(), WorkspaceBuildQueued(BUILD_ID, 1, "start"))


def test_numbers_grow_by_one() -> None:
    then = queue(asked("stop"), workspace=replace(WORKSPACE, latest_number=7), previous=PREVIOUS)
    assert the_build(then).number == 8


def test_a_build_of_an_ai_task_knows_it() -> None:
    assert the_build(queue(previous=replace(PREVIOUS, of_task=True))).of_task
    assert not the_build(queue(previous=PREVIOUS)).of_task


def test_whoever_imported_the_version_builds_it() -> None:
    assert the_build(queue(version=replace(VERSION, provisioner="terraform"))).provisioner == "terraform"


def test_values_are_those_of_the_build_before() -> None:
    then = queue(workspace=replace(WORKSPACE, latest_number=1), previous=PREVIOUS)
    assert the_build(then).parameters == [{"name": "cpu", "value": "4"}]


def test_a_preset_that_fits_the_values_is_noted() -> None:
    assert the_build(queue(asked(parameters=(("cpu", "8"),)))).preset_id == PRESET_ID


def test_a_chosen_preset_beats_the_values() -> None:
    build = the_build(queue(asked(parameters=(("cpu", "1"),), preset_id=PRESET_ID)))
    assert (build.preset_id, build.parameters) == (PRESET_ID, [{"name": "cpu", "value": "8"}])


def test_a_start_wakes_a_dormant_workspace() -> None:
    events = queue(workspace=replace(WORKSPACE, is_dormant=True)).events
    assert events[-1] == WorkspaceDormancySet(None, None)


@pytest.mark.parametrize("transition", ["stop", "delete"])
def test_nothing_else_wakes_it(transition: str) -> None:
    events = queue(asked(transition), workspace=replace(WORKSPACE, is_dormant=True)).events
    assert not any(isinstance(event, WorkspaceDormancySet) for event in events)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, {"scope": "organization", "owner": ""}),
        ({"scope": "elsewhere", "owner": "x"}, {"scope": "organization", "owner": ""}),
        ({"scope": "user", "zone": "moon"}, {"scope": "user", "zone": "moon", "owner": ALICE}),
    ],
)
def test_the_tags_of_the_job_are_forced_into_shape(tags: dict[str, str], expected: dict[str, str]) -> None:
    assert the_build(queue(version=replace(VERSION, tags=tags))).tags == expected


def test_a_deleted_workspace_can_only_be_deleted_again() -> None:
    deleted = replace(WORKSPACE, deleted=True, latest_number=3)
    queue(workspace=deleted).then_raises(Conflict)
    assert the_build(queue(asked("delete"), workspace=deleted)).number == 4


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"import_status": JobStatus.PENDING}, NotAcceptable),
        ({"import_status": JobStatus.RUNNING}, NotAcceptable),
        ({"import_status": JobStatus.FAILED}, Invalid),
        ({"import_status": JobStatus.CANCELED}, Invalid),
        ({"template_id": None}, Invalid),
        ({"template_id": OTHER_VERSION_ID}, Invalid),
    ],
)
def test_only_an_imported_version_of_the_template_is_built(change: dict[str, Any], kind: type[DomainError]) -> None:
    queue(version=replace(VERSION, **change)).then_raises(kind)


def test_an_unknown_version_is_named() -> None:
    queue(version=None).then_raises(Invalid, field="template_version_id")


def test_an_unknown_preset_is_named() -> None:
    queue(asked(preset_id=OTHER_VERSION_ID)).then_raises(Invalid, field="template_version_preset_id")


def test_one_build_at_a_time() -> None:
    queue(workspace=replace(WORKSPACE, build_is_active=True)).then_raises(BuildActive)


@pytest.mark.parametrize("change", [{"orphan": True}, {"state": b"{}"}])
def test_a_build_s_state_is_the_business_of_template_authors(change: dict[str, Any]) -> None:
    queue(asked("delete", **change)).then_raises(Forbidden)
    assert the_build(queue(asked("delete", may_update_template=True, **change))).transition == "delete"


@pytest.mark.parametrize("transition", ["start", "stop"])
def test_only_a_delete_leaves_resources_behind(transition: str) -> None:
    queue(asked(transition, orphan=True, may_update_template=True)).then_raises(Invalid)


def test_an_orphan_brings_no_state() -> None:
    queue(asked("delete", orphan=True, state=b"{}", may_update_template=True)).then_raises(Invalid)


def test_a_template_may_require_its_active_version() -> None:
    strict = replace(TEMPLATE, require_active_version=True, active_version_id=OTHER_VERSION_ID)
    queue(template=strict).then_raises(Forbidden)
    assert the_build(queue(asked("stop"), template=strict, previous=PREVIOUS)).transition == "stop"
    assert the_build(queue(asked(may_update_template=True), template=strict)).template_version_id == VERSION_ID


def test_the_first_worker_gets_the_job_and_nobody_else() -> None:
    given(BUILD, queued()).when(lambda s: decide_start_build(StartBuild(BUILD_ID, WORKER), s)).then(
        BuildStarted(WORKSPACE_ID, JOB_ID, WORKER)
    )
    given(BUILD, queued(), STARTED).when(lambda s: decide_start_build(StartBuild(BUILD_ID, OTHER_WORKER), s)).then_nothing()
    given(BUILD).when(lambda s: decide_start_build(StartBuild(BUILD_ID, WORKER), s)).then_nothing()
