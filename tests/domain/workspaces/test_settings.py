"""Renaming, schedules, TTL, deadline, automatic updates, favourites, usage (contract/workspaces.md 5 and 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.builds.events import BuildDeadlineSet
from domain.kernel.errors import Conflict, Invalid, MethodRefused, NameTaken, NotFound
from domain.kernel.ids import PREBUILDS_USER
from domain.reservations.events import NameReleased, NameReserved
from domain.reservations.values import Reservation
from domain.schedules.deadlines import NO_DEADLINES, Deadlines
from domain.workspaces.commands import (
    ExtendDeadline,
    FavoriteWorkspace,
    RecordUsage,
    RenameWorkspace,
    SetAutomaticUpdates,
    SetAutostart,
    SetTTL,
    UnfavoriteWorkspace,
)
from domain.workspaces.decisions import decide_record_usage, decide_rename, decide_set_automatic_updates
from domain.workspaces.events import (
    WorkspaceAutomaticUpdatesSet,
    WorkspaceAutostartSet,
    WorkspaceDeleted,
    WorkspaceDormancySet,
    WorkspaceFavorited,
    WorkspaceRenamed,
    WorkspaceTTLSet,
    WorkspaceUnfavorited,
    WorkspaceUsed,
)
from domain.workspaces.favorites import decide_favorite, decide_unfavorite
from domain.workspaces.schedules import decide_extend, decide_set_autostart, decide_set_ttl
from domain.workspaces.state import WORKSPACE
from tests.domain.workspaces.histories import HOUR_MS, ID, TEMPLATE, build, running
from tests.support.spec import ALICE, BOB, NOON, Then, context, given

NEXT = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
DELETED = WorkspaceDeleted(ALICE, "Dev")
DORMANT = WorkspaceDormancySet(NOON, None)


def rename(name: str, *more: WorkspaceDeleted, holder: str | None = None) -> Then:
    return running(*more).when(lambda w: decide_rename(RenameWorkspace(ID, ALICE, name), w, Reservation(holder)))


def test_a_new_name_frees_the_old_one() -> None:
    rename("other").then(NameReleased("workspace", ID), NameReserved("workspace", ID), WorkspaceRenamed(ALICE, "other"))


def test_another_case_keeps_the_reservation() -> None:
    rename("DEV", holder=ID).then(WorkspaceRenamed(ALICE, "DEV"))


def test_the_same_name_changes_nothing_even_when_deleted() -> None:
    rename("Dev", DELETED).then_nothing()


def test_a_deleted_workspace_is_not_renamed() -> None:
    rename("other", DELETED).then_raises(MethodRefused)


def test_a_name_in_use_is_refused() -> None:
    rename("other", holder=BOB).then_raises(NameTaken, field="name")


def test_what_does_not_exist_is_not_found() -> None:
    given(WORKSPACE).when(lambda w: decide_rename(RenameWorkspace(ID, ALICE, "x"), w, Reservation())).then_raises(NotFound)


def autostart(wanted: str | None, *more: WorkspaceDormancySet, template: object = TEMPLATE, **fields: object) -> Then:
    return running(*more, **fields).when(lambda w: decide_set_autostart(SetAutostart(ID, wanted), w, template, context()))  # type: ignore[arg-type]


def test_a_schedule_is_set_with_its_next_start() -> None:
    autostart("30 9 * * 1-5").then(WorkspaceAutostartSet("30 9 * * 1-5", NEXT))


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_schedule_switches_off(nothing: str | None) -> None:
    autostart(nothing, schedule="30 9 * * *").then(WorkspaceAutostartSet(None, None))


def test_switching_off_what_is_off_changes_nothing() -> None:
    autostart(None).then_nothing()


def test_a_dormant_workspace_gets_no_next_start() -> None:
    autostart("30 9 * * *", DORMANT).then(WorkspaceAutostartSet("30 9 * * *", None))


def test_a_bad_schedule_is_refused() -> None:
    autostart("often").then_raises(Invalid, field="schedule")


def test_a_schedule_without_any_allowed_start_is_refused() -> None:
    autostart("30 9 * * 1", template=replace(TEMPLATE, autostart_days=0b10)).then_raises(Invalid, field="schedule")


@pytest.mark.parametrize("schedule", ["30 9 * * *", None])
def test_a_template_that_forbids_autostart_forbids_switching_it_off_too(schedule: str | None) -> None:
    autostart(schedule, template=replace(TEMPLATE, allow_user_autostart=False)).then_raises(
        Invalid, field="schedule", message="Autostart is not allowed for workspaces using this template"
    )


def test_a_prebuild_has_no_autostart() -> None:
    autostart("often", owner_id=PREBUILDS_USER).then_raises(Conflict, message="Autostart is not supported for prebuilt workspaces")


def ttl(ttl_ms: int | None, facts: object = None, template: object = TEMPLATE, **fields: object) -> Then:
    return running(**fields).when(lambda w: decide_set_ttl(SetTTL(ID, ttl_ms), w, template, facts))  # type: ignore[arg-type]


def test_a_ttl_counts_from_the_next_start() -> None:
    ttl(2 * HOUR_MS + 59_999, build()).then(WorkspaceTTLSet(2 * HOUR_MS))


def test_the_same_ttl_changes_nothing() -> None:
    ttl(HOUR_MS, build()).then_nothing()


@pytest.mark.parametrize("nothing", [None, 0])
def test_without_ttl_a_started_build_runs_on(nothing: int | None) -> None:
    ttl(nothing, build()).then(WorkspaceTTLSet(None), BuildDeadlineSet(ID, None, None, "ttl_removed"))


def test_without_ttl_the_maximum_stays() -> None:
    latest = NOON + timedelta(hours=9)
    ttl(None, build(deadlines=Deadlines(NOON, latest))).then(WorkspaceTTLSet(None), BuildDeadlineSet(ID, latest, latest, "ttl_removed"))


def test_without_ttl_a_stopped_build_is_left_alone() -> None:
    ttl(None, build("stop")).then(WorkspaceTTLSet(None))


@pytest.mark.parametrize(
    ("ttl_ms", "message"), [(59_999, "at least one minute"), (-1, "at least"), (31 * 24 * HOUR_MS, "less than 30 days")]
)
def test_a_ttl_out_of_bounds_is_refused(ttl_ms: int, message: str) -> None:
    refusal = ttl(ttl_ms).then_raises(Invalid, field="ttl_ms")
    assert message in refusal.validations[0].detail


def test_a_template_may_forbid_an_own_ttl() -> None:
    refusal = ttl(1, template=replace(TEMPLATE, allow_user_autostop=False)).then_raises(Invalid, field="ttl_ms")
    assert "Custom autostop TTL is not allowed" in refusal.validations[0].detail


def test_a_prebuild_has_no_ttl() -> None:
    ttl(1, owner_id=PREBUILDS_USER).then_raises(Conflict, message="TTL updates are not supported")


def extend(deadline: datetime, facts: object = None, **fields: object) -> Then:
    facts = build() if facts is None else facts
    return running(**fields).when(lambda w: decide_extend(ExtendDeadline(ID, deadline), w, facts, context()))  # type: ignore[arg-type]


def test_a_deadline_moves_both_ways() -> None:
    for hours in (9, 0.5):
        deadline = NOON + timedelta(hours=hours)
        extend(deadline).then(BuildDeadlineSet(ID, deadline, None, "extend"))


def test_the_same_deadline_changes_nothing() -> None:
    extend(NOON + timedelta(hours=1)).then_nothing()


def test_a_deadline_too_near_is_refused() -> None:
    extend(NOON + timedelta(minutes=28)).then_raises(Invalid, message="at least 30 minutes in the future")


@pytest.mark.parametrize("facts", [build("stop"), build(is_active=True), build(deadlines=NO_DEADLINES)])
def test_only_a_completed_start_with_a_deadline_is_extended(facts: object) -> None:
    extend(NOON + timedelta(hours=9), facts).then_raises(Conflict)


def test_a_prebuild_is_not_extended() -> None:
    extend(NOON, owner_id=PREBUILDS_USER).then_raises(Conflict, message="Deadline extension is not supported")


@pytest.mark.parametrize(("word", "events"), [("always", [WorkspaceAutomaticUpdatesSet("always")]), ("never", [])])
def test_automatic_updates(word: str, events: list[WorkspaceAutomaticUpdatesSet]) -> None:
    running().when(lambda w: decide_set_automatic_updates(SetAutomaticUpdates(ID, word), w)).then(*events)


@pytest.mark.parametrize("word", ["", "Always", " never"])
def test_other_words_for_automatic_updates_are_refused(word: str) -> None:
    running().when(lambda w: decide_set_automatic_updates(SetAutomaticUpdates(ID, word), w)).then_raises(Invalid, field="automatic_updates")


def test_a_favourite_is_marked_once_and_unmarked_once() -> None:
    running().when(lambda w: decide_favorite(FavoriteWorkspace(ID), w)).then(WorkspaceFavorited())
    running(WorkspaceFavorited()).when(lambda w: decide_favorite(FavoriteWorkspace(ID), w)).then_nothing()
    running(WorkspaceFavorited()).when(lambda w: decide_unfavorite(UnfavoriteWorkspace(ID), w)).then(WorkspaceUnfavorited())
    running().when(lambda w: decide_unfavorite(UnfavoriteWorkspace(ID), w)).then_nothing()


def use(*more: WorkspaceUsed, facts: object = None, bumps: bool = False, bump_ms: int = HOUR_MS) -> Then:
    template = replace(TEMPLATE, activity_bump_ms=bump_ms)
    return running(*more).when(lambda w: decide_record_usage(RecordUsage(ID, bumps), w, facts, template, context()))  # type: ignore[arg-type]


def test_a_use_is_noted() -> None:
    use().then(WorkspaceUsed(NOON))


@pytest.mark.parametrize(("seconds", "events"), [(59, []), (60, [WorkspaceUsed(NOON)])])
def test_uses_within_a_minute_are_one(seconds: int, events: list[WorkspaceUsed]) -> None:
    use(WorkspaceUsed(NOON - timedelta(seconds=seconds))).then(*events)


def test_activity_moves_the_deadline_when_it_is_proven() -> None:
    near = build(deadlines=Deadlines(NOON + timedelta(minutes=10)))
    just = WorkspaceUsed(NOON)
    use(just, facts=near, bumps=True).then(BuildDeadlineSet(ID, NOON + timedelta(hours=1), None, "activity"))
    use(just, facts=near).then_nothing()
    use(just, facts=near, bumps=True, bump_ms=0).then_nothing()
