"""Dormant and awake (contract/workspaces.md 5.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.kernel.errors import Conflict
from domain.kernel.events import Event
from domain.kernel.ids import PREBUILDS_USER
from domain.workspaces.commands import SetDormancy
from domain.workspaces.dormancy import decide_set_dormancy
from domain.workspaces.events import WorkspaceAutostartSet, WorkspaceDormancySet, WorkspaceNextStartSet, WorkspaceUsed
from tests.domain.workspaces.histories import HOUR_MS, ID, TEMPLATE, running
from tests.support.spec import NOON, Then, context

SINCE = NOON - timedelta(hours=2)
DORMANT = WorkspaceDormancySet(SINCE, None)


def set_dormancy(dormant: bool, *more: Event, autodelete_ms: int = 0, **fields: object) -> Then:
    template = replace(TEMPLATE, time_til_dormant_autodelete_ms=autodelete_ms)
    return running(*more, **fields).when(lambda w: decide_set_dormancy(SetDormancy(ID, dormant), w, template, context()))


def test_dormant_from_now_on() -> None:
    set_dormancy(True).then(WorkspaceDormancySet(NOON, None))


def test_a_template_may_say_when_a_dormant_workspace_is_deleted() -> None:
    set_dormancy(True, autodelete_ms=HOUR_MS).then(WorkspaceDormancySet(NOON, NOON + timedelta(hours=1)))


def test_waking_clears_both_times() -> None:
    set_dormancy(False, DORMANT).then(WorkspaceDormancySet(None, None))


@pytest.mark.parametrize(("dormant", "history"), [(True, [DORMANT]), (False, [])])
def test_what_is_so_already_changes_nothing(dormant: bool, history: list[Event]) -> None:
    set_dormancy(dormant, *history).then_nothing()


def test_a_prebuild_does_not_sleep() -> None:
    set_dormancy(True, owner_id=PREBUILDS_USER).then_raises(Conflict, message="Dormancy updates are not supported")


def test_falling_asleep_takes_the_next_start_and_leaves_the_last_use() -> None:
    state = running(WorkspaceAutostartSet("0 9 * * *", NOON), WorkspaceUsed(SINCE), DORMANT, WorkspaceNextStartSet(NOON)).state
    assert (state.next_start_at, state.last_used_at, state.autostart_schedule) == (None, state.last_used_at, "0 9 * * *")


def test_waking_counts_as_a_use() -> None:
    asleep, awake = running(DORMANT).state, running(DORMANT, WorkspaceDormancySet(None, None)).state
    assert asleep.last_used_at is not None
    assert awake.last_used_at is not None
    assert awake.last_used_at > asleep.last_used_at
    assert awake.dormant_at is None
