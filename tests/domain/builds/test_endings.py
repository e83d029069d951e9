"""How builds end, and what that means for workspace, name and agents (contract/lifecycle.md B6, B9, C2, C5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.agents.events import AgentCreated, AgentDeleted
from domain.builds.commands import BuiltAgent, CompleteBuild, EndCanceledBuild, FailBuild
from domain.builds.endings import decide_complete_build, decide_end_canceled_build, decide_fail_build, orphaned
from domain.builds.events import BuildCanceled, BuildCompleted, BuildFailed
from domain.builds.state import BUILD
from domain.builds.values import OlderAgent
from domain.kernel.decider import fold
from domain.kernel.events import Event
from domain.reservations.events import NameReleased
from domain.schedules.deadlines import NO_DEADLINES, Deadlines
from domain.workspaces.events import WorkspaceBuildEnded, WorkspaceDeleted, WorkspaceNextStartSet
from tests.domain.builds.histories import (
    BUILD_ID,
    CANCEL_REQUESTED,
    JOB_ID,
    LIVING,
    OTHER_WORKER,
    STARTED,
    WORKER,
    WORKSPACE_ID,
    asked,
    queued,
)
from tests.support.spec import ALICE, NOON, Then, given, recorded

AGENT = BuiltAgent("a9000000-0000-4000-8000-000000000001", "4e000000-0000-4000-8000-000000000001", "main", None, 120, b"d", {"apps": []})
OLD = OlderAgent("a9000000-0000-4000-8000-000000000002", "b0000000-0000-4000-8000-000000000009")
COMPLETE = CompleteBuild(BUILD_ID, WORKSPACE_ID, WORKER)


def completed(transition: str = "start", deadlines: Deadlines = NO_DEADLINES) -> BuildCompleted:
    return BuildCompleted(WORKSPACE_ID, JOB_ID, transition, [], [], 0, deadlines.deadline, deadlines.max_deadline)


def complete(*history: Event, command: CompleteBuild = COMPLETE, deadlines: Deadlines = NO_DEADLINES, workspace: Any = LIVING) -> Then:
    return given(BUILD, *history).when(lambda s: decide_complete_build(command, s, deadlines, workspace))


def test_a_success_ends_build_and_workspace_s_activity_together() -> None:
    complete(queued(), STARTED).then(completed(), WorkspaceBuildEnded(BUILD_ID, 1, "start", "succeeded"))


def test_a_success_carries_the_deadlines() -> None:
    deadlines = Deadlines(NOON, NOON + timedelta(hours=1))
    assert complete(queued(), STARTED, deadlines=deadlines).events[0] == completed(deadlines=deadlines)


def test_agents_of_earlier_builds_make_room_for_the_new_ones() -> None:
    then = complete(queued(), STARTED, command=replace(COMPLETE, agents=(AGENT,)), workspace=replace(LIVING, older_agents=(OLD,)))
    assert then.events[1:3] == [
        AgentDeleted(WORKSPACE_ID, OLD.build_id),
        AgentCreated(WORKSPACE_ID, BUILD_ID, AGENT.resource_id, "main", None, 120, {"apps": []}),
    ]
    assert [part.stream.id for part in then.decision[1:3]] == [OLD.id, AGENT.id]


def test_the_next_start_is_set_when_it_is_news() -> None:
    later = replace(LIVING, next_start_at=NOON, computed_start_at=NOON + timedelta(days=1))
    assert complete(queued(), STARTED, workspace=later).events[-1] == WorkspaceNextStartSet(NOON + timedelta(days=1))
    same = replace(later, computed_start_at=NOON)
    assert not any(isinstance(e, WorkspaceNextStartSet) for e in complete(queued(), STARTED, workspace=same).events)


def test_a_delete_takes_the_workspace_and_frees_its_name() -> None:
    complete(queued("delete"), STARTED).then(
        completed("delete"),
        WorkspaceBuildEnded(BUILD_ID, 1, "delete", "succeeded"),
        WorkspaceDeleted(ALICE, "dev", BUILD_ID),
        NameReleased("workspace", WORKSPACE_ID),
    )


def test_a_deleted_workspace_is_not_deleted_twice() -> None:
    complete(queued("delete"), STARTED, workspace=replace(LIVING, deleted=True)).then(
        completed("delete"), WorkspaceBuildEnded(BUILD_ID, 1, "delete", "succeeded")
    )


def test_a_success_that_a_cancel_came_too_late_for_is_one() -> None:
    assert complete(queued(), STARTED, CANCEL_REQUESTED).events[0] == completed()


@pytest.mark.parametrize(
    "history", [(), (queued(),), (queued(), STARTED, completed()), (queued(), STARTED, BuildFailed(WORKSPACE_ID, JOB_ID, "start", "x"))]
)
def test_only_a_running_build_completes(history: tuple[Event, ...]) -> None:
    complete(*history).then_nothing()


def test_only_the_worker_that_has_the_job_ends_it() -> None:
    complete(queued(), STARTED, command=replace(COMPLETE, worker_id=OTHER_WORKER)).then_nothing()
    foreign = FailBuild(BUILD_ID, WORKSPACE_ID, OTHER_WORKER, "no")
    given(BUILD, queued(), STARTED).when(lambda s: decide_fail_build(foreign, s)).then_nothing()
    stop = EndCanceledBuild(BUILD_ID, WORKSPACE_ID, OTHER_WORKER)
    given(BUILD, queued(), STARTED, CANCEL_REQUESTED).when(lambda s: decide_end_canceled_build(stop, s)).then_nothing()


def test_an_orphan_delete_without_anybody_to_do_it_ends_at_once() -> None:
    decision = orphaned(asked("delete", orphan=True), queued("delete", 5), replace(LIVING, older_agents=(OLD,)))
    assert [event for part in decision for event in part.events] == [
        completed("delete"),
        AgentDeleted(WORKSPACE_ID, OLD.build_id),
        WorkspaceBuildEnded(BUILD_ID, 5, "delete", "succeeded"),
        WorkspaceDeleted(ALICE, "dev", BUILD_ID),
        NameReleased("workspace", WORKSPACE_ID),
    ]


@pytest.mark.parametrize("transition", ["start", "stop"])
def test_a_workspace_that_was_an_ai_task_stays_one(transition: str) -> None:
    complete(replace(queued(transition), of_task=True), STARTED).then(
        replace(completed(transition), has_ai_task=True), WorkspaceBuildEnded(BUILD_ID, 1, transition, "succeeded")
    )
    became = complete(queued(), STARTED, command=replace(COMPLETE, has_ai_task=True)).events[0]
    assert fold(BUILD, recorded(BUILD, BUILD_ID, queued(), STARTED, became)).of_task


def failed(*history: Event, worker: str | None = WORKER) -> Then:
    command = FailBuild(BUILD_ID, WORKSPACE_ID, worker, "no disk", "INSUFFICIENT_QUOTA")
    return given(BUILD, *history).when(lambda s: decide_fail_build(command, s))


@pytest.mark.parametrize("history", [(queued(), STARTED), (queued(), STARTED, CANCEL_REQUESTED)])
def test_a_failure_says_why(history: tuple[Event, ...]) -> None:
    failed(*history).then(
        BuildFailed(WORKSPACE_ID, JOB_ID, "start", "no disk", "INSUFFICIENT_QUOTA"), WorkspaceBuildEnded(BUILD_ID, 1, "start", "failed")
    )


def test_the_reaper_ends_what_nobody_took() -> None:
    assert failed(queued()).events == []
    assert isinstance(failed(queued(), worker=None).events[0], BuildFailed)


def test_an_ended_build_does_not_fail() -> None:
    failed(queued(), STARTED, completed(), worker=None).then_nothing()


def test_a_worker_that_was_asked_to_stop_ends_the_build_as_canceled() -> None:
    command = EndCanceledBuild(BUILD_ID, WORKSPACE_ID, WORKER)
    given(BUILD, queued(), STARTED, CANCEL_REQUESTED).when(lambda s: decide_end_canceled_build(command, s)).then(
        BuildCanceled(WORKSPACE_ID, JOB_ID, "start"), WorkspaceBuildEnded(BUILD_ID, 1, "start", "canceled")
    )
    given(BUILD, queued(), STARTED).when(lambda s: decide_end_canceled_build(command, s)).then_nothing()
