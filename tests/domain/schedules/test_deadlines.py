"""TTL, deadlines, activity bump and extension (contract/workspaces.md 2.2, 2.5, 2.6, 5.3, 5.5, 8; contract/lifecycle.md A8, B4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.kernel.errors import Conflict, DomainError, Invalid
from domain.schedules import quiet_hours
from domain.schedules.cron import parse
from domain.schedules.deadlines import (
    FOREVER,
    NO_DEADLINES,
    BadTTL,
    DeadlineRules,
    Deadlines,
    bumped,
    deadlines_at_completion,
    effective_ttl_ms,
    extended,
    initial_ttl_ms,
    later,
    normal_ttl_ms,
    recomputed,
    without_ttl,
)
from domain.schedules.requirements import WEEKDAYS, AutostopRequirement, days_of

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

T = datetime(2024, 5, 6, 12, tzinfo=UTC)  # a Monday, in week 70 since 2023-01-02
WORKDAYS = days_of(WEEKDAYS[:5])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def stop_rules(days: list[str], weeks: int = 1, quiet: str = "CRON_TZ=UTC 0 0 * * *", ttl_ms: int = 0) -> DeadlineRules:
    return DeadlineRules(ttl_ms, autostop=AutostopRequirement(days_of(days), weeks), quiet_hours=quiet_hours.parse(quiet))


class TestTTL:
    @pytest.mark.parametrize(
        ("sent", "stored"),
        [
            (None, None),
            (0, None),
            (MINUTE_MS, MINUTE_MS),
            (90_000, MINUTE_MS),
            (2 * MINUTE_MS - 1, MINUTE_MS),
            (30 * DAY_MS, 30 * DAY_MS),
            (30 * DAY_MS + 59_999, 30 * DAY_MS),
        ],
    )
    def test_whole_minutes_are_stored(self, sent: int | None, stored: int | None) -> None:
        assert normal_ttl_ms(sent) == stored

    @pytest.mark.parametrize("sent", [1, 30_000, MINUTE_MS - 1, -1, -MINUTE_MS, -HOUR_MS, -(10**30)])
    def test_shorter_than_a_minute(self, sent: int) -> None:
        with pytest.raises(BadTTL) as caught:
            normal_ttl_ms(sent)
        assert caught.value.text == "time until shutdown must be at least one minute"

    @pytest.mark.parametrize("sent", [30 * DAY_MS + MINUTE_MS, 365 * DAY_MS, 10**30])
    def test_longer_than_thirty_days(self, sent: int) -> None:
        with pytest.raises(BadTTL) as caught:
            normal_ttl_ms(sent)
        assert caught.value.text == "time until shutdown must be less than 30 days"

    @pytest.mark.parametrize(
        ("sent", "default", "stored"),
        [(None, DAY_MS, DAY_MS), (0, DAY_MS, DAY_MS), (HOUR_MS, DAY_MS, HOUR_MS), (None, 0, None), (0, 0, None), (None, 90_000, 90_000)],
    )
    def test_new_workspaces_take_the_templates_default(self, sent: int | None, default: int, stored: int | None) -> None:
        assert initial_ttl_ms(sent, default) == stored

    def test_a_bad_ttl_is_not_replaced_by_the_default(self) -> None:
        with pytest.raises(BadTTL):
            initial_ttl_ms(30_000, DAY_MS)

    def test_the_templates_ttl_counts_where_users_may_not_choose(self) -> None:
        assert effective_ttl_ms(HOUR_MS, DAY_MS, allow_user_autostop=True) == HOUR_MS
        assert effective_ttl_ms(None, DAY_MS, allow_user_autostop=True) == 0
        assert effective_ttl_ms(HOUR_MS, DAY_MS, allow_user_autostop=False) == DAY_MS
        assert effective_ttl_ms(HOUR_MS, 0, allow_user_autostop=False) == 0


class TestDeadlines:
    @pytest.mark.parametrize("pair", [(None, T), (T + HOUR, T)])
    def test_an_impossible_pair_cannot_be_made(self, pair: tuple[datetime | None, datetime]) -> None:
        with pytest.raises(ValueError, match="deadline"):
            Deadlines(*pair)

    def test_removing_the_ttl_leaves_a_started_build_its_maximum(self) -> None:
        assert without_ttl(Deadlines(T, T + DAY), "start") == Deadlines(T + DAY, T + DAY)
        assert without_ttl(Deadlines(T), "start") == NO_DEADLINES

    @pytest.mark.parametrize("transition", ["stop", "delete"])
    def test_removing_the_ttl_leaves_other_builds_alone(self, transition: str) -> None:
        assert without_ttl(Deadlines(T, T + DAY), transition) == Deadlines(T, T + DAY)


class TestCompletion:
    def test_no_rule_no_deadline(self) -> None:
        assert deadlines_at_completion(T, DeadlineRules()) == NO_DEADLINES

    def test_ttl_counts_from_completion(self) -> None:
        assert deadlines_at_completion(T, DeadlineRules(8 * HOUR_MS)) == Deadlines(T + 8 * HOUR)

    def test_prebuilds_get_none(self) -> None:
        rules = replace(stop_rules(["saturday"], ttl_ms=HOUR_MS), is_prebuild=True)
        assert deadlines_at_completion(T, rules) == NO_DEADLINES

    def test_a_ttl_that_reaches_the_next_autostart_counts_from_there(self) -> None:
        rules = DeadlineRules(8 * HOUR_MS, parse("0 18 * * *"))
        assert deadlines_at_completion(T, rules) == Deadlines(at("2024-05-07 02:00"))

    @pytest.mark.parametrize("ttl_ms", [5 * HOUR_MS, 6 * HOUR_MS])
    def test_a_ttl_that_ends_by_the_next_autostart_does_not(self, ttl_ms: int) -> None:
        assert deadlines_at_completion(T, DeadlineRules(ttl_ms, parse("0 18 * * *"))) == Deadlines(later(T, ttl_ms))

    def test_an_autostart_on_a_forbidden_day_does_not_count_nor_does_the_one_after_it(self) -> None:
        saturday_next = DeadlineRules(4 * 24 * HOUR_MS, parse("0 18 * * *"), autostart_days=WORKDAYS)
        friday = at("2024-05-10 19:00")
        assert deadlines_at_completion(friday, saturday_next) == Deadlines(friday + 4 * DAY)

    def test_a_ttl_beyond_the_calendar_ends_with_it(self) -> None:
        assert deadlines_at_completion(T, DeadlineRules(10**15)) == Deadlines(FOREVER)
        assert deadlines_at_completion(T, DeadlineRules(10**30)) == Deadlines(FOREVER)

    def test_no_quiet_hours_no_required_stop(self) -> None:
        rules = replace(stop_rules(["saturday"]), quiet_hours=None)
        assert deadlines_at_completion(T, rules) == NO_DEADLINES

    @pytest.mark.parametrize(
        ("completed", "days", "weeks", "quiet", "maximum"),
        [
            ("2024-05-06 12:00", ["saturday"], 1, "CRON_TZ=UTC 0 0 * * *", "2024-05-11 00:00"),
            ("2024-05-06 12:00", ["monday"], 1, "CRON_TZ=UTC 0 0 * * *", "2024-05-13 00:00"),  # today's are over
            ("2024-05-06 12:00", ["monday"], 1, "CRON_TZ=UTC 0 20 * * *", "2024-05-06 20:00"),  # today's are still to come
            ("2024-05-06 12:00", ["monday"], 1, "CRON_TZ=UTC 0 14 * * *", "2024-05-06 14:00"),  # in exactly two hours
            ("2024-05-06 12:01", ["monday"], 1, "CRON_TZ=UTC 0 14 * * *", "2024-05-13 14:00"),  # less than two hours away
            ("2024-05-05 23:00", ["monday"], 1, "CRON_TZ=UTC 0 0 * * *", "2024-05-13 00:00"),
            ("2024-05-05 22:00", ["monday"], 1, "CRON_TZ=UTC 0 0 * * *", "2024-05-06 00:00"),
            ("2024-05-06 12:00", ["monday", "wednesday"], 1, "CRON_TZ=UTC 30 0 * * *", "2024-05-08 00:30"),
            ("2024-05-06 12:00", list(WEEKDAYS), 1, "CRON_TZ=UTC 0 0 * * *", "2024-05-07 00:00"),
            ("2024-05-06 12:00", ["saturday"], 1, "CRON_TZ=Australia/Sydney 0 0 * * *", "2024-05-10 14:00"),
            ("2024-05-06 12:00", ["saturday"], 1, "CRON_TZ=America/New_York 0 23 * * *", "2024-05-12 03:00"),
            ("2024-05-06 12:00", ["saturday"], 2, "CRON_TZ=UTC 0 0 * * *", "2024-05-11 00:00"),  # week 70 is even
            ("2024-05-13 12:00", ["saturday"], 2, "CRON_TZ=UTC 0 0 * * *", "2024-05-25 00:00"),  # week 71 is not
            ("2024-05-06 12:00", ["saturday"], 3, "CRON_TZ=UTC 0 0 * * *", "2024-05-25 00:00"),  # 72 is the next divisible by three
            ("2024-05-06 12:00", ["monday"], 16, "CRON_TZ=UTC 0 0 * * *", "2024-07-15 00:00"),  # week 80, reached on its very Monday
            ("2024-03-30 12:00", ["sunday"], 1, "CRON_TZ=Europe/Dublin 30 3 * * *", "2024-03-31 02:30"),
            ("2018-11-03 12:00", ["sunday"], 1, "CRON_TZ=America/Sao_Paulo 0 6 * * *", "2018-11-04 08:00"),  # a day without midnight
        ],
    )
    def test_required_stops(self, completed: str, days: list[str], weeks: int, quiet: str, maximum: str) -> None:
        expected = Deadlines(at(maximum), at(maximum))
        assert deadlines_at_completion(at(completed), stop_rules(days, weeks, quiet)) == expected

    def test_the_required_stop_caps_the_deadline(self) -> None:
        saturday = at("2024-05-11 00:00")
        assert deadlines_at_completion(T, stop_rules(["saturday"], ttl_ms=HOUR_MS)) == Deadlines(T + HOUR, saturday)
        assert deadlines_at_completion(T, stop_rules(["saturday"], ttl_ms=20 * DAY_MS)) == Deadlines(saturday, saturday)


class TestTemplateChange:
    def test_the_maximum_counts_from_the_original_completion_and_the_deadline_stays(self) -> None:
        rules = stop_rules(["saturday"], ttl_ms=DAY_MS)
        assert recomputed(Deadlines(T + HOUR), T, rules, T + HOUR / 2) == Deadlines(T + HOUR, at("2024-05-11 00:00"))

    def test_a_later_deadline_is_pulled_down(self) -> None:
        saturday = at("2024-05-11 00:00")
        assert recomputed(Deadlines(T + 9 * DAY), T, stop_rules(["saturday"], ttl_ms=DAY_MS), T) == Deadlines(saturday, saturday)

    def test_a_missing_deadline_is_set(self) -> None:
        saturday = at("2024-05-11 00:00")
        assert recomputed(NO_DEADLINES, T, stop_rules(["saturday"], ttl_ms=DAY_MS), T) == Deadlines(saturday, saturday)

    def test_an_overdue_stop_leaves_two_hours(self) -> None:
        now = T + 30 * DAY
        assert recomputed(NO_DEADLINES, T, stop_rules(["saturday"]), now) == Deadlines(now + 2 * HOUR, now + 2 * HOUR)

    def test_a_stop_within_two_hours_stays_as_announced(self) -> None:
        near = Deadlines(T + HOUR, T + 2 * HOUR - timedelta(seconds=1))
        assert recomputed(near, T - DAY, DeadlineRules(), T) is near
        assert recomputed(Deadlines(T + HOUR, T + 2 * HOUR), T - DAY, DeadlineRules(DAY_MS), T) == Deadlines(T + HOUR)

    def test_a_requirement_that_went_leaves_the_deadline_of_the_ttl(self) -> None:
        assert recomputed(Deadlines(T + 9 * HOUR, T + DAY), T, DeadlineRules(DAY_MS), T) == Deadlines(T + 9 * HOUR)

    def test_without_a_ttl_only_the_maximum_is_left(self) -> None:
        saturday = at("2024-05-11 00:00")
        assert recomputed(Deadlines(T + 9 * HOUR), T, DeadlineRules(), T) == NO_DEADLINES
        assert recomputed(Deadlines(T + 9 * HOUR), T, stop_rules(["saturday"]), T) == Deadlines(saturday, saturday)

    def test_prebuilds_keep_none(self) -> None:
        assert recomputed(NO_DEADLINES, T, replace(stop_rules(["saturday"]), is_prebuild=True), T) == NO_DEADLINES


class TestBump:
    RULES = DeadlineRules(8 * HOUR_MS)

    def bump(self, current: Deadlines, rules: DeadlineRules = RULES, bump_ms: int = HOUR_MS, transition: str = "start") -> Deadlines | None:
        return bumped(current, transition, T - DAY, rules, bump_ms, T)

    def test_activity_moves_the_deadline(self) -> None:
        assert self.bump(Deadlines(T + HOUR / 2)) == Deadlines(T + HOUR)

    def test_a_deadline_that_has_passed_moves_too(self) -> None:
        assert self.bump(Deadlines(T - HOUR)) == Deadlines(T + HOUR)

    def test_never_earlier(self) -> None:
        assert self.bump(Deadlines(T + 2 * HOUR)) is None

    @pytest.mark.parametrize(("left", "moves"), [(timedelta(minutes=57), False), (timedelta(minutes=57) - timedelta(microseconds=1), True)])
    def test_only_once_five_percent_are_used_up(self, left: timedelta, moves: bool) -> None:
        assert (self.bump(Deadlines(T + left)) is not None) == moves

    def test_capped_at_the_maximum(self) -> None:
        cap = T + HOUR * 3 / 4
        assert self.bump(Deadlines(T + HOUR / 2, cap)) == Deadlines(cap, cap)
        assert self.bump(Deadlines(cap, cap)) is None

    def test_across_the_next_autostart_the_ttl_counts_from_there(self) -> None:
        rules = DeadlineRules(8 * HOUR_MS, parse("30 12 * * *"))
        assert self.bump(Deadlines(T + HOUR / 4), rules) == Deadlines(T + HOUR / 2 + 8 * HOUR)

    def test_an_autostart_at_the_very_end_is_not_crossed(self) -> None:
        assert self.bump(Deadlines(T + HOUR / 4), DeadlineRules(8 * HOUR_MS, parse("0 13 * * *"))) == Deadlines(T + HOUR)

    def test_an_autostart_on_a_forbidden_day_is_not_crossed(self) -> None:
        rules = DeadlineRules(8 * HOUR_MS, parse("30 12 * * *"), autostart_days=days_of(["friday"]))
        assert self.bump(Deadlines(T + HOUR / 4), rules) == Deadlines(T + HOUR)

    def test_what_is_never_bumped(self) -> None:
        near = Deadlines(T + HOUR / 4)
        assert self.bump(NO_DEADLINES) is None
        assert self.bump(near, bump_ms=0) is None
        assert self.bump(near, rules=replace(self.RULES, is_prebuild=True)) is None
        assert self.bump(near, transition="stop") is None
        assert bumped(near, "start", None, self.RULES, HOUR_MS, T) is None


class TestExtend:
    CURRENT = Deadlines(T + 8 * HOUR)

    def extend(self, new: datetime, current: Deadlines = CURRENT, completed: datetime | None = T - HOUR) -> Deadlines:
        return extended(current, "start", completed, new, T)

    @pytest.mark.parametrize("new", [T + 29 * HOUR / 60, T + HOUR / 2, T + 7 * HOUR, T + 8 * HOUR, T + 9 * HOUR, T + 400 * DAY])
    def test_later_or_earlier_both_work(self, new: datetime) -> None:
        assert self.extend(new) == Deadlines(new)

    def test_up_to_the_maximum(self) -> None:
        current = Deadlines(T + 8 * HOUR, T + 9 * HOUR)
        assert self.extend(T + 9 * HOUR, current) == Deadlines(T + 9 * HOUR, T + 9 * HOUR)
        self.refused(Invalid, "latest", lambda: self.extend(T + 9 * HOUR + timedelta(microseconds=1), current))

    @pytest.mark.parametrize("transition", ["stop", "delete"])
    def test_only_a_started_workspace(self, transition: str) -> None:
        self.refused(Conflict, transition, lambda: extended(NO_DEADLINES, transition, None, T, T))

    def test_not_while_building(self) -> None:
        self.refused(Conflict, "still building", lambda: self.extend(T, NO_DEADLINES, None))

    def test_not_without_a_deadline(self) -> None:
        self.refused(Conflict, "manually", lambda: self.extend(T, NO_DEADLINES))

    @pytest.mark.parametrize("new", [T + 29 * HOUR / 60 - timedelta(microseconds=1), T + HOUR / 4, T, T - 365 * DAY])
    def test_too_near(self, new: datetime) -> None:
        error = self.refused(Invalid, "", lambda: self.extend(new))
        assert error.message == "Cannot extend workspace: new deadline must be at least 30 minutes in the future"

    def test_not_before_completion(self) -> None:
        self.refused(Invalid, "completion", lambda: self.extend(T + HOUR, completed=T + 2 * HOUR))

    @staticmethod
    def refused(kind: type[DomainError], phrase: str, act: Callable[[], Deadlines]) -> DomainError:
        with pytest.raises(kind) as caught:
            act()
        assert caught.value.message.startswith("Cannot extend workspace: ")
        assert phrase in caught.value.message
        assert caught.value.validations == ()
        return caught.value
