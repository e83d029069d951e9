"""Commands about webhooks: which streams they change, what their decisions are told, what is written beside the events."""

from __future__ import annotations

from typing import Any

from domain.kernel.context import Context
from domain.kernel.decider import Decision
from domain.kernel.events import event_types
from domain.webhooks.commands import CreateWebhook, DeleteWebhook, ReplayWebhook, RetireWebhook, UpdateWebhook
from domain.webhooks.decisions import (
    decide_create_webhook,
    decide_delete_webhook,
    decide_replay_webhook,
    decide_retire_webhook,
    decide_update_webhook,
)
from domain.webhooks.state import WEBHOOK
from service.commands.unit import CommandRoute, Unit
from service.store.webhooks import replay_asked, webhook_ended


async def _create(command: CreateWebhook, unit: Unit, context: Context) -> Decision:
    return decide_create_webhook(command, unit.new(WEBHOOK, command.id), event_types().keys(), context)


async def _update(command: UpdateWebhook, unit: Unit, context: Context) -> Decision:
    return decide_update_webhook(command, await unit.load(WEBHOOK, command.id), event_types().keys(), context)


async def _replay(command: ReplayWebhook, unit: Unit, context: Context) -> Decision:
    unit.write(replay_asked(command.id, command.after))
    return decide_replay_webhook(command, await unit.load(WEBHOOK, command.id), context)


async def _delete(command: DeleteWebhook, unit: Unit, context: Context) -> Decision:
    unit.write(webhook_ended(command.id))
    return decide_delete_webhook(command, await unit.load(WEBHOOK, command.id), context)


async def _retire(command: RetireWebhook, unit: Unit, context: Context) -> Decision:
    return decide_retire_webhook(command, await unit.load(WEBHOOK, command.id), context)


COMMANDS: tuple[CommandRoute[Any], ...] = (
    CommandRoute(CreateWebhook, lambda c: (c.id,), _create),
    CommandRoute(UpdateWebhook, lambda c: (c.id,), _update),
    CommandRoute(ReplayWebhook, lambda c: (c.id,), _replay),
    CommandRoute(DeleteWebhook, lambda c: (c.id,), _delete),
    CommandRoute(RetireWebhook, lambda c: (c.id,), _retire),
)
