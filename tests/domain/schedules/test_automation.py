"""The rules of the lifecycle: what is due, first match wins, and from when on (contract/lifecycle.md E, contract/workspaces.md 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.schedules.automation import (
    Candidate,
    Due,
    LatestBuild,
    TemplateRules,
    dormancy_deletes_at,
    due,
    first_due,
    missing_next_start,
    next_due,
)
from domain.schedules.cron import EVERY_DAY, parse
from domain.schedules.requirements import days_of

HOUR_MS = 60 * 60 * 1000
HOUR, DAY, INSTANT = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
T = datetime(2024, 5, 6, 12, tzinfo=UTC)  # a Monday

STOP = Due("stop", "autostop")
START = Due("start", "autostart")
DELETE = Due("delete", "autodelete")

RUNNING = Candidate(LatestBuild("start", T, "succeeded", T, T + 8 * HOUR), TemplateRules(), last_used_at=T)
STOPPED = Candidate(LatestBuild("stop", T, "succeeded", T), TemplateRules(), last_used_at=T, schedule=parse("30 18 * * *"))
FAILED = Candidate(LatestBuild("start", T, "failed", T), TemplateRules(failure_ttl_ms=HOUR_MS), last_used_at=T)
IDLE = replace(RUNNING, template=TemplateRules(time_til_dormant_ms=3 * HOUR_MS, time_til_dormant_autodelete_ms=24 * HOUR_MS))
DORMANT = replace(STOPPED, template=IDLE.template, dormant_at=T, deleting_at=T + DAY)


def becomes_due(candidate: Candidate, at: datetime, action: Due) -> None:
    """Nothing is due before `at`, the action is from then on."""
    assert due(candidate, at - INSTANT) is None
    assert due(candidate, at) == action
    assert first_due(candidate) == at


def never_due(candidate: Candidate) -> None:
    assert first_due(candidate) is None
    assert next_due(candidate, T) is None
    assert due(candidate, T + 3650 * DAY) is None


def build(candidate: Candidate, **changes: object) -> Candidate:
    return replace(candidate, build=replace(candidate.build, **changes))  # type: ignore[arg-type]


class TestAutostop:
    def test_at_the_deadline(self) -> None:
        becomes_due(RUNNING, T + 8 * HOUR, STOP)

    def test_tasks_are_paused(self) -> None:
        becomes_due(replace(RUNNING, is_task=True), T + 8 * HOUR, Due("stop", "task_auto_pause"))

    def test_at_once_when_the_owner_is_suspended(self) -> None:
        suspended = build(replace(RUNNING, owner_status="suspended"), deadline=None)
        becomes_due(suspended, T, STOP)

    def test_not_without_a_deadline(self) -> None:
        never_due(build(RUNNING, deadline=None))

    def test_a_dormant_owner_is_not_a_suspended_one(self) -> None:
        never_due(build(replace(RUNNING, owner_status="dormant"), deadline=None))

    @pytest.mark.parametrize("transition", ["stop", "delete"])
    def test_only_a_started_workspace(self, transition: str) -> None:
        never_due(build(RUNNING, transition=transition))

    def test_not_after_a_failed_start(self) -> None:
        never_due(build(RUNNING, job_status="failed"))

    def test_a_canceled_start_has_not_failed(self) -> None:
        becomes_due(build(RUNNING, job_status="canceled"), T + 8 * HOUR, STOP)

    def test_not_while_dormant(self) -> None:
        never_due(replace(RUNNING, dormant_at=T, owner_status="suspended"))

    @pytest.mark.parametrize("status", ["pending", "running", "canceling"])
    def test_waits_for_the_running_build(self, status: str) -> None:
        never_due(build(replace(RUNNING, owner_status="suspended"), job_status=status, job_completed_at=None))


class TestAutostart:
    def test_at_the_first_start_after_the_stop_was_asked_for(self) -> None:
        becomes_due(STOPPED, T + 6.5 * HOUR, START)

    def test_days_that_the_template_forbids_are_passed_over(self) -> None:
        becomes_due(replace(STOPPED, template=TemplateRules(autostart_days=days_of(["wednesday"]))), T + 2 * DAY + 6.5 * HOUR, START)

    def test_not_if_no_day_is_allowed(self) -> None:
        never_due(replace(STOPPED, template=TemplateRules(autostart_days=0)))

    def test_not_if_the_template_does_not_let_users(self) -> None:
        never_due(replace(STOPPED, template=TemplateRules(allow_user_autostart=False)))

    def test_not_without_a_schedule(self) -> None:
        never_due(replace(STOPPED, schedule=None))

    @pytest.mark.parametrize("status", ["dormant", "suspended"])
    def test_only_for_active_owners(self, status: str) -> None:
        never_due(replace(STOPPED, owner_status=status))

    def test_not_while_dormant(self) -> None:
        never_due(replace(STOPPED, dormant_at=T))

    @pytest.mark.parametrize("transition", ["start", "delete"])
    def test_only_a_stopped_workspace(self, transition: str) -> None:
        never_due(build(STOPPED, transition=transition))

    def test_not_after_a_failed_stop(self) -> None:
        never_due(build(STOPPED, job_status="failed"))

    def test_waits_for_the_running_stop(self) -> None:
        never_due(build(STOPPED, job_status="running", job_completed_at=None))


class TestFailureCleanup:
    @pytest.mark.parametrize("transition", ["start", "stop"])
    def test_once_more_than_the_failure_ttl_has_passed(self, transition: str) -> None:
        becomes_due(build(FAILED, transition=transition), T + HOUR + INSTANT, STOP)

    def test_tasks_are_paused(self) -> None:
        becomes_due(replace(FAILED, is_task=True), T + HOUR + INSTANT, Due("stop", "task_auto_pause"))

    def test_not_after_a_failed_delete(self) -> None:
        never_due(build(FAILED, transition="delete"))

    def test_not_without_a_failure_ttl(self) -> None:
        never_due(replace(FAILED, template=TemplateRules()))

    @pytest.mark.parametrize("status", ["succeeded", "canceled"])
    def test_only_after_a_failure(self, status: str) -> None:
        never_due(build(FAILED, job_status=status))


class TestDormancy:
    def test_an_unused_running_workspace_is_stopped_and_dormant(self) -> None:
        becomes_due(IDLE, T + 3 * HOUR + INSTANT, Due("stop", "dormancy", becomes_dormant=True))

    @pytest.mark.parametrize("transition", ["stop", "delete"])
    def test_one_that_does_not_run_only_becomes_dormant(self, transition: str) -> None:
        becomes_due(build(IDLE, transition=transition), T + 3 * HOUR + INSTANT, Due(None, "dormancy", becomes_dormant=True))

    def test_autostop_comes_first(self) -> None:
        assert due(build(IDLE, deadline=T + HOUR), T + DAY) == STOP

    def test_a_running_start_is_waited_for_a_running_stop_is_not(self) -> None:
        never_due(build(IDLE, job_status="running", deadline=None))
        stopping = build(IDLE, transition="stop", job_status="running")
        becomes_due(stopping, T + 3 * HOUR + INSTANT, Due(None, "dormancy", becomes_dormant=True))

    def test_an_autostart_that_waits_for_the_running_stop_holds_dormancy_back(self) -> None:
        stopping = build(replace(STOPPED, template=IDLE.template, schedule=parse("30 12 * * *")), job_status="running")
        never_due(stopping)

    def test_a_dormant_workspace_stays_so(self) -> None:
        assert due(replace(DORMANT, deleting_at=None), T + 100 * DAY) is None


class TestAutodelete:
    def test_at_its_time(self) -> None:
        becomes_due(DORMANT, T + DAY, DELETE)

    def test_not_if_the_template_no_longer_deletes(self) -> None:
        never_due(replace(DORMANT, template=TemplateRules()))

    def test_never_unless_dormant(self) -> None:
        never_due(replace(DORMANT, dormant_at=None, schedule=None, template=TemplateRules(time_til_dormant_autodelete_ms=HOUR_MS)))

    def test_a_failed_delete_is_tried_again_after_a_day(self) -> None:
        failed = build(DORMANT, transition="delete", job_status="failed", job_completed_at=T + 30 * HOUR)
        becomes_due(failed, T + 54 * HOUR, DELETE)

    def test_another_failed_build_does_not_delay(self) -> None:
        becomes_due(build(DORMANT, job_status="failed", job_completed_at=T + 23 * HOUR), T + DAY, DELETE)

    def test_the_time_follows_the_template(self) -> None:
        assert dormancy_deletes_at(T, IDLE.template) == T + DAY
        assert dormancy_deletes_at(T, TemplateRules()) is None
        assert dormancy_deletes_at(None, IDLE.template) is None


class TestNextStart:
    def test_a_missing_one_is_filled_in_from_now(self) -> None:
        assert missing_next_start(STOPPED, None, T + DAY) == T + DAY + 6.5 * HOUR

    @pytest.mark.parametrize(
        "candidate",
        [
            replace(STOPPED, schedule=None),
            replace(STOPPED, dormant_at=T),
            replace(STOPPED, owner_status="suspended"),
            replace(STOPPED, is_exempt=True),
            build(STOPPED, transition="start"),
            build(STOPPED, job_status="failed"),
        ],
        ids=["no schedule", "dormant", "suspended", "exempt", "running", "failed"],
    )
    def test_only_where_the_workspace_could_autostart(self, candidate: Candidate) -> None:
        assert missing_next_start(candidate, None, T) is None

    def test_a_present_one_stays(self) -> None:
        assert missing_next_start(STOPPED, T, T) is None


@pytest.mark.parametrize("candidate", [RUNNING, STOPPED, FAILED, IDLE, DORMANT])
def test_deleted_workspaces_and_prebuilds_are_left_alone(candidate: Candidate) -> None:
    never_due(replace(candidate, is_exempt=True))


def test_what_is_overdue_is_due_now() -> None:
    assert next_due(RUNNING, T) == T + 8 * HOUR
    assert next_due(RUNNING, T + 9 * HOUR) == T + 9 * HOUR


def test_no_timer_for_what_an_earlier_rule_holds_back() -> None:
    # Dormancy is due at 15:00; from 18:30 on the autostart comes first, and waits for the stop that still runs.
    stopping = build(replace(STOPPED, template=IDLE.template), job_status="running", job_completed_at=None)
    assert due(stopping, T + 6 * HOUR) == Due(None, "dormancy", becomes_dormant=True)
    assert next_due(stopping, T + 6 * HOUR) == T + 6 * HOUR
    assert due(stopping, T + 7 * HOUR) is None
    assert next_due(stopping, T + 7 * HOUR) is None


moments = st.timedeltas(timedelta(0), timedelta(days=9)).map(lambda span: T + span)
spans = st.sampled_from([0, HOUR_MS, 30 * HOUR_MS, 10**18])
candidates = st.builds(
    Candidate,
    build=st.builds(
        LatestBuild,
        st.sampled_from(["start", "stop", "delete"]),
        moments,
        st.sampled_from(["pending", "running", "succeeded", "failed", "canceled", "canceling"]),
        st.none() | moments,
        st.none() | moments,
    ),
    template=st.builds(TemplateRules, st.booleans(), st.integers(0, EVERY_DAY), spans, spans, spans),
    last_used_at=moments,
    owner_status=st.sampled_from(["active", "dormant", "suspended"]),
    schedule=st.sampled_from([None, parse("30 9 * * *"), parse("CRON_TZ=Europe/Dublin 0 6 * * 1-5")]),
    dormant_at=st.none() | moments,
    deleting_at=st.none() | moments,
    is_task=st.booleans(),
)


@settings(deadline=None)
@given(candidates, moments)
def test_timers_miss_nothing_and_never_fire_in_vain(candidate: Candidate, at: datetime) -> None:
    first, found, following = first_due(candidate), due(candidate, at), next_due(candidate, at)
    if found is not None:
        assert first is not None
        assert first <= at
        assert following == at
    elif following is not None:
        assert following > at
        assert due(candidate, following - INSTANT) is None
        assert due(candidate, following) is not None
