"""What this service asks of others: the requests that receivers of webhooks are sent, for the published document."""

from __future__ import annotations

from typing import Any

from service.http.openapi_responses import media
from service.http.routing import JSON

_ABOUT = """Sent to each webhook for every event that it wants, in the order of the event's workspace, at least once.

**Checked by the receiver:** `webhook-signature` holds one or more words `v1,<base64>`, each the HMAC-SHA256 of
`webhook-id.webhook-timestamp.body` under a secret of the webhook (the bytes behind `whsec_`). A message is genuine if one of them
is right and `webhook-timestamp` is of the last minutes; one whose `webhook-id` was seen before is a repetition."""


def webhooks() -> dict[str, Any]:
    """The member `webhooks` of an OpenAPI 3.1 document."""
    operation = {
        "operationId": "receiveEvent",
        "summary": "An event, told to a receiver",
        "description": _ABOUT,
        "tags": ["Webhooks"],
        "security": [],
        "parameters": [
            _header("webhook-id", "The same in every attempt and replay of an event for one webhook.", {"type": "string"}),
            _header("webhook-timestamp", "When this attempt was made, in seconds since 1970.", {"type": "string", "pattern": "^[0-9]+$"}),
            _header("webhook-signature", "Signatures, separated by spaces.", {"type": "string"}),
        ],
        "requestBody": {"required": True, "content": {JSON: media(JSON, "WebhookPayload")}},
        "responses": {
            "2XX": {"description": "Taken. Any other answer, or none within 15 seconds, and it comes again."},
            "410": {"description": "The webhook is disabled: nothing comes any more."},
            "429": {"description": "Everything for this webhook waits for as long as `Retry-After` says."},
        },
    }
    return {"event": {"post": operation}}


def _header(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "description": description, "schema": schema}
