"""What a changed template means for its workspaces."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.builds.events import BuildDeadlineSet
from domain.kernel.decider import Decision
from domain.kernel.events import Event
from domain.kernel.ids import PREBUILDS_USER
from domain.schedules.cron import parse
from domain.schedules.deadlines import DeadlineRules, Deadlines
from domain.schedules.quiet_hours import parse as parse_quiet_hours
from domain.schedules.requirements import autostop_requirement, days_of
from domain.workspaces.events import (
    WorkspaceAutostartSet,
    WorkspaceBuildQueued,
    WorkspaceDeleted,
    WorkspaceDeletionScheduled,
    WorkspaceDormancySet,
    WorkspaceNextStartSet,
    WorkspaceTTLSet,
    WorkspaceUsed,
)
from domain.workspaces.state import WORKSPACE, Workspace
from domain.workspaces.template_changes import Restarts, decide_follow_template
from domain.workspaces.values import BuildFacts, TemplateFacts
from tests.domain.workspaces.histories import BUILD, HOUR_MS, ID, TEMPLATE, build, created, running
from tests.support.spec import ALICE, NOON, context, given

NO_RESTARTS = Restarts()
DAILY = "CRON_TZ=UTC 0 9 * * *"
#: NOON is a Monday.
TUESDAY, WEDNESDAY = (datetime(2026, 3, day, 9, 0, tzinfo=UTC) for day in (3, 4))
ONLY_WEDNESDAYS = replace(TEMPLATE, autostart_days=days_of(["wednesday"]))
WITHOUT_TTL = DeadlineRules()


def follow(
    state: Workspace,
    template: TemplateFacts = TEMPLATE,
    rules: DeadlineRules | None = None,
    latest: BuildFacts | None = None,
    restarts: Restarts = NO_RESTARTS,
) -> Decision:
    found = DeadlineRules(ttl_ms=HOUR_MS, schedule=parse(state.autostart_schedule) if state.autostart_schedule else None)
    return decide_follow_template(state, template, restarts, rules or found, latest, context())


def test_a_workspace_that_is_in_line_stays_as_it_is() -> None:
    running().when(lambda s: follow(s, latest=build())).then_nothing()


@pytest.mark.parametrize(("default_ttl_ms", "stored"), [(2 * HOUR_MS, 2 * HOUR_MS), (0, None)])
def test_the_ttl_is_the_templates_where_users_may_not_choose(default_ttl_ms: int, stored: int | None) -> None:
    template = replace(TEMPLATE, allow_user_autostop=False, default_ttl_ms=default_ttl_ms)
    running().when(lambda s: follow(s, template)).then(WorkspaceTTLSet(stored))
    running(WorkspaceTTLSet(stored)).when(lambda s: follow(s, template)).then_nothing()


def test_the_ttl_stays_the_users_where_they_may_choose() -> None:
    running().when(lambda s: follow(s, replace(TEMPLATE, default_ttl_ms=5 * HOUR_MS))).then_nothing()


def test_the_next_start_moves_to_an_allowed_day() -> None:
    running(WorkspaceAutostartSet(DAILY, TUESDAY)).when(lambda s: follow(s, ONLY_WEDNESDAYS)).then(WorkspaceNextStartSet(WEDNESDAY))
    running(WorkspaceAutostartSet(DAILY, WEDNESDAY)).when(lambda s: follow(s, ONLY_WEDNESDAYS)).then_nothing()


def test_a_start_that_is_due_is_not_lost() -> None:
    due = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    running(WorkspaceAutostartSet(DAILY, due)).when(follow).then_nothing()


def test_a_dormant_workspace_is_deleted_when_the_template_says_so() -> None:
    since = NOON - timedelta(hours=5)
    template = replace(TEMPLATE, time_til_dormant_autodelete_ms=10 * HOUR_MS)
    dormant = running(WorkspaceDormancySet(since, None))
    dormant.when(lambda s: follow(s, template)).then(WorkspaceDeletionScheduled(since + timedelta(hours=10)))
    running(WorkspaceDormancySet(since, since + timedelta(hours=10))).when(follow).then(WorkspaceDeletionScheduled(None))
    running(WorkspaceDormancySet(since, since + timedelta(hours=10))).when(lambda s: follow(s, template)).then_nothing()


def test_dormancy_can_begin_anew() -> None:
    template = replace(TEMPLATE, time_til_dormant_autodelete_ms=10 * HOUR_MS)
    anew = Restarts(dormant_from=NOON)
    begun = WorkspaceDormancySet(NOON, NOON + timedelta(hours=10))
    running(WorkspaceDormancySet(NOON - timedelta(days=9), None)).when(lambda s: follow(s, template, restarts=anew)).then(begun)
    running(begun).when(lambda s: follow(s, template, restarts=anew)).then_nothing()
    running().when(lambda s: follow(s, template, restarts=anew)).then_nothing()


def test_idleness_can_begin_anew() -> None:
    later = NOON + timedelta(hours=1)
    anew = Restarts(idle_from=later)
    running().when(lambda s: follow(s, restarts=anew)).then(WorkspaceUsed(later))
    running(WorkspaceUsed(later)).when(lambda s: follow(s, restarts=anew)).then_nothing()


def test_a_required_stop_pulls_the_deadline_down() -> None:
    rules = DeadlineRules(HOUR_MS, autostop=autostop_requirement(["tuesday"], 1), quiet_hours=parse_quiet_hours("CRON_TZ=UTC 0 0 * * *"))
    late = build(deadlines=Deadlines(NOON + timedelta(days=20)))
    stop = datetime(2026, 3, 3, 0, 0, tzinfo=UTC)
    running().when(lambda s: follow(s, rules=rules, latest=late)).then(BuildDeadlineSet(ID, stop, stop, "template"))
    running().when(lambda s: follow(s, rules=rules, latest=build(deadlines=Deadlines(stop, stop)))).then_nothing()


@pytest.mark.parametrize("more", [(WorkspaceBuildQueued(BUILD, 2, "stop"),), (WorkspaceBuildQueued(BUILD, 2, "start"),)])
def test_only_a_running_workspace_has_a_deadline_to_move(more: tuple[Event, ...]) -> None:
    running(*more).when(lambda s: follow(s, rules=WITHOUT_TTL, latest=build())).then_nothing()


@pytest.mark.parametrize(
    "history",
    [(), (created(), WorkspaceDeleted(ALICE, "Dev")), (created(owner_id=PREBUILDS_USER),)],
    ids=["unknown", "deleted", "prebuilt"],
)
def test_whose_settings_are_nobodys_business(history: tuple[Event, ...]) -> None:
    template = replace(TEMPLATE, allow_user_autostop=False, default_ttl_ms=HOUR_MS * 3)
    given(WORKSPACE, *history).when(lambda s: follow(s, template)).then_nothing()
