"""What a template may be set to."""

from __future__ import annotations

from typing import Any

import pytest

from domain.templates.settings import DEFAULTS, changed, creation_violations, reschedules, update_violations

MINUTE = 60_000


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({}, []),
        ({"default_ttl_ms": -1, "activity_bump_ms": -1}, ["default_ttl_ms", "activity_bump_ms"]),
        ({"failure_ttl_ms": 1, "time_til_dormant_ms": 1, "time_til_dormant_autodelete_ms": 1}, []),
        ({"failure_ttl_ms": -1}, ["failure_ttl_ms"]),
        (
            {"time_til_dormant_ms": -1, "time_til_dormant_autodelete_ms": -1},
            ["time_til_dormant_autodeletion_ms", "time_til_dormant_autodeletion_ms"],
        ),
        (
            {"autostop_requirement": {"days_of_week": ["x"], "weeks": 17}},
            ["autostop_requirement.days_of_week", "autostop_requirement.weeks"],
        ),
        ({"autostart_requirement": {"days_of_week": ["Monday"]}}, ["autostart_requirement.days_of_week"]),
        ({"cors_behavior": "x"}, ["cors_behavior"]),
        ({"max_port_share_level": "public"}, ["max_port_sharing_level"]),
        ({"time_til_autostop_notify_ms": MINUTE - 1}, ["time_til_autostop_notify_ms"]),
    ],
)
def test_what_a_new_template_cannot_have(changes: dict[str, Any], fields: list[str]) -> None:
    assert [v.field for v in creation_violations(changes)] == fields


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({}, []),
        (dict(DEFAULTS), []),
        ({"failure_ttl_ms": 0, "time_til_dormant_ms": MINUTE, "time_til_dormant_autodelete_ms": MINUTE}, []),
        (
            {"failure_ttl_ms": MINUTE - 1, "time_til_dormant_ms": 1, "time_til_dormant_autodelete_ms": -1},
            ["failure_ttl_ms", "time_til_dormant_ms", "time_til_dormant_autodelete_ms"],
        ),
        ({"autostop_requirement": {"days_of_week": [], "weeks": -1}}, ["autostop_requirement.weeks"]),
        ({"max_port_share_level": "owner"}, ["max_port_sharing_level"]),
        ({"description": "x" * 129, "icon": "x" * 257}, ["description", "icon"]),
        ({"description": "x" * 128, "icon": "x" * 256}, []),
        (
            {"default_ttl_ms": -1, "time_til_dormant_ms": 1, "cors_behavior": "x"},
            ["default_ttl_ms", "time_til_dormant_ms", "cors_behavior"],
        ),
    ],
)
def test_what_a_template_cannot_become(changes: dict[str, Any], fields: list[str]) -> None:
    assert [v.field for v in update_violations(changes)] == fields


def test_a_new_template_has_the_defaults() -> None:
    assert changed({}, {}) == dict(DEFAULTS)


def test_weekdays_come_out_in_week_order_and_no_weeks_are_one() -> None:
    after = changed({}, {"autostop_requirement": {"days_of_week": ["sunday", "monday", "monday"], "weeks": 0}})
    assert after["autostop_requirement"] == {"days_of_week": ["monday", "sunday"], "weeks": 1}


def test_what_is_not_given_stays() -> None:
    before = changed({}, {"default_ttl_ms": MINUTE, "icon": "/a.png"})
    assert changed(before, {"icon": "/b.png"}) == {**before, "icon": "/b.png"}


@pytest.mark.parametrize(
    ("changes", "want"),
    [
        ({"default_ttl_ms": MINUTE}, True),
        ({"allow_user_autostop": False}, True),
        ({"autostart_requirement": {"days_of_week": ["monday"]}}, True),
        ({"time_til_dormant_autodelete_ms": MINUTE}, True),
        ({"display_name": "x", "allow_user_cancel_workspace_jobs": True}, False),
    ],
)
def test_which_changes_concern_existing_workspaces(changes: dict[str, Any], want: bool) -> None:
    before = changed({}, {})
    assert reschedules(before, changed(before, changes)) is want
