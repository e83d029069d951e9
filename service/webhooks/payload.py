"""What a webhook says of an event: the event on the wire (design.md 7), in the envelope of Standard Webhooks."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import orjson

from domain.kernel.events import Recorded
from service.store.wire import to_wire

#: Whose events keep an order among themselves beyond their own stream's: they name it.
_OF_A_WORKSPACE = frozenset({"build", "agent"})
TEST_TYPE = "webhook.test"


def message_id(webhook_id: str, event_id: str) -> str:
    """The same whenever this event goes to this webhook: receivers know by it what they have seen."""
    return f"msg_{uuid.uuid5(uuid.UUID(webhook_id), event_id).hex}"


def group_of(recorded: Recorded) -> str:
    """Within it deliveries keep the log's order: the workspace of the event, else its own stream."""
    return str(recorded.event.workspace_id) if recorded.stream.category in _OF_A_WORKSPACE else recorded.stream.id  # type: ignore[attr-defined]


def event_body(recorded: Recorded, usernames: Mapping[str, str | None]) -> bytes:
    """The schema `WebhookPayload`. An erased person reads as everywhere on the wire: without a name."""
    document = to_wire(recorded, usernames)
    return _body(document["type"], document["time"], document)


def test_body(webhook_id: str, time: str) -> bytes:
    """A message of the same shape that no event stands behind; `time` is RFC 3339."""
    return _body(TEST_TYPE, time, {"webhook_id": webhook_id})


def _body(type: str, timestamp: str, data: Mapping[str, Any]) -> bytes:
    return orjson.dumps({"type": type, "timestamp": timestamp, "data": data})
