"""Decisions about webhooks. They carry the whole log out of the deployment: whoever reads or changes them may read all of it.

Reading takes `deployment_config:read` and `audit_log:read` of the whole deployment, changing `deployment_config:update` besides
(contract/authorization.md 7.1: auditors have the first two, owners all). Who may not read finds nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from domain.kernel.context import Context
from domain.kernel.decider import NOTHING, Decision, append
from domain.kernel.errors import Forbidden, Invalid, NotFound, Violation
from domain.kernel.events import Event
from domain.roles import objects
from domain.roles.permissions import Action
from domain.roles.policy import Subject, allows
from domain.webhooks.commands import CreateWebhook, DeleteWebhook, ReplayWebhook, RetireWebhook, UpdateWebhook
from domain.webhooks.events import (
    WebhookCreated,
    WebhookDeleted,
    WebhookDisabled,
    WebhookEnabled,
    WebhookReplayRequested,
    WebhookSecretRotated,
    WebhookUpdated,
)
from domain.webhooks.state import WEBHOOK, Settings, Webhook
from domain.webhooks.targets import url_problem
from domain.webhooks.values import GONE, MAX_DESCRIPTION, PREVIOUS_SECRET_LIFETIME, REQUESTED


def may_read(subject: Subject) -> bool:
    """Whether the subject may know of webhooks and of what they delivered."""
    return allows(subject, Action.READ, objects.deployment_config()) and allows(subject, Action.READ, objects.audit_entry())


def may_change(subject: Subject) -> bool:
    """Whether the subject may make, change, replay, try and delete webhooks."""
    return may_read(subject) and allows(subject, Action.UPDATE, objects.deployment_config())


def check_changeable(state: Webhook, subject: Subject) -> None:
    """Raises `NotFound` for one that is not there, or not for this subject, `Forbidden` for somebody who may only read."""
    if not may_read(subject) or not state.is_live:
        raise NotFound
    if not may_change(subject):
        raise Forbidden


def decide_create_webhook(command: CreateWebhook, state: Webhook, known_types: Collection[str], _context: Context) -> Decision:
    """`known_types`: every event type of this release. Raises `Forbidden`, `Invalid` with all fields that are wrong."""
    if state.is_live:
        return NOTHING
    if not may_change(command.subject):
        raise Forbidden
    wanted = Settings(command.url, command.description, _distinct(command.event_types))
    _check(wanted, known_types, command.private_allowed)
    return _record(command.id, WebhookCreated(wanted.url, wanted.description, list(wanted.event_types), command.enabled))


def decide_update_webhook(command: UpdateWebhook, state: Webhook, known_types: Collection[str], context: Context) -> Decision:
    """All or nothing. A setting that stays is not judged again. Raises `NotFound`, `Forbidden`, `Invalid`."""
    check_changeable(state, command.subject)
    known = state.settings
    wanted = Settings(
        known.url if command.url is None else command.url,
        known.description if command.description is None else command.description,
        known.event_types if command.event_types is None else _distinct(command.event_types),
    )
    events: list[Event] = []
    if wanted != known:
        _check(wanted, {*known_types, *known.event_types}, command.private_allowed or wanted.url == known.url)
        events.append(WebhookUpdated(wanted.url, wanted.description, list(wanted.event_types)))
    if command.rotates_secret:
        events.append(WebhookSecretRotated(context.time + PREVIOUS_SECRET_LIFETIME))
    if command.enabled is not None and command.enabled != state.is_enabled:
        events.append(WebhookEnabled() if command.enabled else WebhookDisabled(REQUESTED))
    return _record(command.id, *events)


def decide_replay_webhook(command: ReplayWebhook, state: Webhook, _context: Context) -> Decision:
    """Each time it is asked for. Raises `NotFound`, `Forbidden`, `Invalid` for a position that the log has not reached."""
    check_changeable(state, command.subject)
    if not 0 <= command.after <= command.head:
        detail = f"must be a position of the log, from 0 to {command.head}"
        raise Invalid("There is nothing after that position.", validations=(Violation("from", detail),))
    return _record(command.id, WebhookReplayRequested(command.after))


def decide_delete_webhook(command: DeleteWebhook, state: Webhook, _context: Context) -> Decision:
    """Raises `NotFound`, `Forbidden`."""
    check_changeable(state, command.subject)
    return _record(command.id, WebhookDeleted())


def decide_retire_webhook(command: RetireWebhook, state: Webhook, _context: Context) -> Decision:
    """Nothing for one that is disabled or deleted by now."""
    return _record(command.id, WebhookDisabled(GONE)) if state.is_enabled else NOTHING


def _record(id: str, *events: Event) -> Decision:
    return (append(WEBHOOK.stream(id), *events),) if events else NOTHING


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _check(wanted: Settings, known_types: Collection[str], private_allowed: bool) -> None:
    violations = []
    if problem := url_problem(wanted.url, private_allowed=private_allowed):
        violations.append(Violation("url", f"It {problem}."))
    if len(wanted.description) > MAX_DESCRIPTION:
        violations.append(Violation("description", f"It is longer than {MAX_DESCRIPTION} characters."))
    unknown = [name for name in wanted.event_types if name not in known_types]
    if unknown:
        violations.append(Violation("event_types", f"There is no type of event called {unknown[0][:100]!r}."))
    if violations:
        raise Invalid("The webhook cannot be like this.", validations=violations)
