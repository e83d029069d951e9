"""Cancelling builds, and the small decisions about their jobs (contract/lifecycle.md B6, B7, B8)."""

from __future__ import annotations

import pytest

from domain.builds.commands import CancelBuild, NoteLogsOverflow, ReplaceBuildState
from domain.builds.decisions import decide_cancel_build, decide_note_logs_overflow, decide_replace_state
from domain.builds.events import BuildCanceled, BuildCancelRequested, BuildFailed, BuildLogsOverflowed, BuildStateReplaced
from domain.builds.state import BUILD
from domain.kernel.errors import Invalid, NotFound, Stale
from domain.kernel.events import Event
from domain.workspaces.events import WorkspaceBuildEnded
from tests.domain.builds.histories import BUILD_ID, CANCEL_REQUESTED, JOB_ID, STARTED, WORKSPACE_ID, queued
from tests.support.spec import Then, given


def cancel(*history: Event, expect: str | None = None) -> Then:
    command = CancelBuild(BUILD_ID, WORKSPACE_ID, expect)
    return given(BUILD, *history).when(lambda s: decide_cancel_build(command, s))


@pytest.mark.parametrize("expect", [None, "pending"])
def test_what_nobody_took_ends_at_once(expect: str | None) -> None:
    cancel(queued(), expect=expect).then(
        BuildCanceled(WORKSPACE_ID, JOB_ID, "start"), WorkspaceBuildEnded(BUILD_ID, 1, "start", "canceled")
    )


@pytest.mark.parametrize("expect", [None, "running"])
def test_the_worker_of_a_running_build_is_asked_to_stop(expect: str | None) -> None:
    cancel(queued(), STARTED, expect=expect).then(BuildCancelRequested(WORKSPACE_ID, JOB_ID))


def test_another_status_than_expected_is_stale() -> None:
    cancel(queued(), expect="running").then_raises(Stale)
    cancel(queued(), STARTED, expect="pending").then_raises(Stale)


def test_nothing_is_cancelled_twice_or_too_late() -> None:
    cancel(queued(), STARTED, CANCEL_REQUESTED, expect="running").then_raises(Invalid)
    cancel(queued(), STARTED, BuildFailed(WORKSPACE_ID, JOB_ID, "start", "x"), expect="running").then_raises(Invalid)
    cancel(queued(), BuildCanceled(WORKSPACE_ID, JOB_ID, "start")).then_raises(Invalid)


def test_what_never_was_is_not_found() -> None:
    cancel().then_raises(NotFound)
    given(BUILD).when(lambda s: decide_replace_state(ReplaceBuildState(BUILD_ID, b""), s)).then_raises(NotFound)


def test_a_full_log_is_noted_once() -> None:
    note = NoteLogsOverflow(BUILD_ID)
    overflowed = BuildLogsOverflowed(WORKSPACE_ID, JOB_ID)
    given(BUILD, queued(), STARTED).when(lambda s: decide_note_logs_overflow(note, s)).then(overflowed)
    given(BUILD, queued(), STARTED, overflowed).when(lambda s: decide_note_logs_overflow(note, s)).then_nothing()
    given(BUILD).when(lambda s: decide_note_logs_overflow(note, s)).then_nothing()


def test_a_replaced_state_leaves_a_trace_and_none_of_its_bytes() -> None:
    given(BUILD, queued()).when(lambda s: decide_replace_state(ReplaceBuildState(BUILD_ID, b"secret"), s)).then(
        BuildStateReplaced(WORKSPACE_ID)
    )
