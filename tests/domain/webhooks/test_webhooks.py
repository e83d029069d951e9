"""Webhooks: set by owners, seen by auditors, nothing to anybody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.kernel.errors import Forbidden, Invalid, NotFound
from domain.kernel.events import Event
from domain.webhooks.commands import CreateWebhook, DeleteWebhook, ReplayWebhook, RetireWebhook, UpdateWebhook
from domain.webhooks.decisions import (
    decide_create_webhook,
    decide_delete_webhook,
    decide_replay_webhook,
    decide_retire_webhook,
    decide_update_webhook,
    may_change,
    may_read,
)
from domain.webhooks.events import (
    WebhookCreated,
    WebhookDeleted,
    WebhookDisabled,
    WebhookEnabled,
    WebhookReplayRequested,
    WebhookSecretRotated,
    WebhookUpdated,
)
from domain.webhooks.state import WEBHOOK
from tests.domain.roles.subjects import ROLES, THING, subject
from tests.support.spec import NOON, Then, context, given

URL = "https://hooks.example.com/ledger"
KNOWN = {"WorkspaceCreated", "WorkspaceDeleted"}
MADE = WebhookCreated(URL, "chat", ["WorkspaceCreated"], True)
OFF = WebhookCreated(URL, "chat", [], False)


def created(*history: Event, by: str = "owner", private_allowed: bool = False, **settings: Any) -> Then:
    wanted = {"url": URL, "description": "chat", "event_types": ("WorkspaceCreated",), "enabled": True, **settings}
    command = CreateWebhook(id=THING, private_allowed=private_allowed, subject=subject(by), **wanted)
    return given(WEBHOOK, *history, id=THING).when(lambda s: decide_create_webhook(command, s, KNOWN, context()))


def updated(*history: Event, by: str = "owner", **changes: Any) -> Then:
    settings: dict[str, Any] = {"url": None, "description": None, "event_types": None, "enabled": None, "rotates_secret": False}
    command = UpdateWebhook(id=THING, private_allowed=False, subject=subject(by), **{**settings, **changes})
    return given(WEBHOOK, *history, id=THING).when(lambda s: decide_update_webhook(command, s, KNOWN, context()))


def replayed(*history: Event, by: str = "owner", after: int = 5) -> Then:
    command = ReplayWebhook(THING, after, 9, subject(by))
    return given(WEBHOOK, *history, id=THING).when(lambda s: decide_replay_webhook(command, s, context()))


def deleted(*history: Event, by: str = "owner") -> Then:
    return given(WEBHOOK, *history, id=THING).when(lambda s: decide_delete_webhook(DeleteWebhook(THING, subject(by)), s, context()))


def retired(*history: Event) -> Then:
    return given(WEBHOOK, *history, id=THING).when(lambda s: decide_retire_webhook(RetireWebhook(THING), s, context()))


def test_a_new_one_is_told_of_what_it_asks_for() -> None:
    created().then(MADE)
    created(event_types=()).then(WebhookCreated(URL, "chat", [], True))
    created(event_types=("WorkspaceCreated", "WorkspaceCreated")).then(MADE)


def test_making_it_twice_changes_nothing() -> None:
    created(MADE).then_nothing()


def test_all_that_is_wrong_is_said_at_once() -> None:
    refusal = created(url="ftp://x", description="x" * 1001, event_types=("WorkspaceCreated", "Nothing")).then_raises(Invalid, field="url")
    assert [violation.field for violation in refusal.validations] == ["url", "description", "event_types"]
    assert "Nothing" in refusal.validations[2].detail


def test_private_targets_must_be_allowed() -> None:
    created(url="http://127.0.0.1/hook").then_raises(Invalid, field="url")
    created(url="http://127.0.0.1/hook", private_allowed=True).then(
        WebhookCreated("http://127.0.0.1/hook", "chat", ["WorkspaceCreated"], True)
    )


@pytest.mark.parametrize("role", ROLES)
def test_owners_change_them_auditors_read_them(role: str) -> None:
    person = subject(role)
    assert may_change(person) == role.startswith("owner")
    assert may_read(person) == (may_change(person) or role == "auditor")
    if not may_change(person):
        created(by=role).then_raises(Forbidden)
        for outcome in (updated(MADE, by=role, enabled=False), replayed(MADE, by=role), deleted(MADE, by=role)):
            outcome.then_raises(Forbidden if may_read(person) else NotFound)


def test_what_is_left_out_stays() -> None:
    updated(MADE).then_nothing()
    updated(MADE, url=URL, description="chat", event_types=("WorkspaceCreated",), enabled=True).then_nothing()
    updated(MADE, description="").then(WebhookUpdated(URL, "", ["WorkspaceCreated"]))
    updated(MADE, event_types=()).then(WebhookUpdated(URL, "chat", []))
    updated(MADE, url="https://other.example").then(WebhookUpdated("https://other.example", "chat", ["WorkspaceCreated"]))


def test_a_setting_that_stays_is_not_judged_again() -> None:
    once = WebhookCreated("http://10.0.0.1/hook", "", ["OfAnotherRelease"], True)
    updated(once, description="now").then(WebhookUpdated("http://10.0.0.1/hook", "now", ["OfAnotherRelease"]))
    updated(once, url="http://10.0.0.2/hook").then_raises(Invalid, field="url")


def test_it_is_switched_off_and_on() -> None:
    updated(MADE, enabled=False).then(WebhookDisabled("requested"))
    updated(OFF, enabled=True).then(WebhookEnabled())
    updated(OFF, enabled=False).then_nothing()


def test_the_secret_before_signs_for_a_day() -> None:
    updated(MADE, rotates_secret=True, enabled=False).then(WebhookSecretRotated(NOON + timedelta(hours=24)), WebhookDisabled("requested"))


def test_it_is_replayed_from_any_position_of_the_log_each_time() -> None:
    replayed(MADE, after=0).then(WebhookReplayRequested(0))
    replayed(MADE, WebhookReplayRequested(9), after=9).then(WebhookReplayRequested(9))
    for after in (-1, 10):
        replayed(MADE, after=after).then_raises(Invalid, field="from")


def test_one_whose_receiver_is_gone_is_disabled_once() -> None:
    retired(MADE).then(WebhookDisabled("gone"))
    retired(MADE, WebhookDisabled("requested")).then_nothing()
    retired(MADE, WebhookDeleted()).then_nothing()


def test_a_deleted_one_is_not_there() -> None:
    deleted(MADE).then(WebhookDeleted())
    for outcome in (deleted(MADE, WebhookDeleted()), updated(MADE, WebhookDeleted(), enabled=True), replayed(), deleted()):
        outcome.then_raises(NotFound)
