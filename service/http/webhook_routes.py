"""The rows of the route table for webhooks."""

from __future__ import annotations

from service.http import webhooks
from service.http.routing import BEFORE, Access, Parameter, Route

_TAG = "Webhooks"
_READ = "deployment_config:read and audit_log:read of the whole deployment"
_CHANGE = f"{_READ}, deployment_config:update; else 403 to readers"
_ONE = f"{_CHANGE}, 404 to others"

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/webhooks",
        webhooks.index,
        access=Access.SESSION,
        permission=_READ,
        summary="List webhooks",
        responses={200: ["Webhook"]},
        tag=_TAG,
    ),
    Route(
        "POST",
        "/webhooks",
        webhooks.create,
        access=Access.SESSION,
        permission=_CHANGE,
        summary="Create a webhook",
        description="Every later event of its types is sent to `url` as a `WebhookPayload`, signed after Standard Webhooks 1.0."
        " `secret` is in this answer alone.",
        request="CreateWebhookRequest",
        responses={201: "Webhook"},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/webhooks/{webhook}",
        webhooks.show,
        access=Access.SESSION,
        permission=_READ,
        summary="Get a webhook",
        responses={200: "Webhook"},
        tag=_TAG,
    ),
    Route(
        "PATCH",
        "/webhooks/{webhook}",
        webhooks.update,
        access=Access.SESSION,
        permission=_ONE,
        summary="Update a webhook, or replace its secret",
        description="What is left out stays. After the secret is replaced, both it and the one before sign for 24 hours. What had failed"
        " is tried again at once.",
        request="UpdateWebhookRequest",
        responses={200: "Webhook"},
        tag=_TAG,
    ),
    Route(
        "DELETE",
        "/webhooks/{webhook}",
        webhooks.delete,
        access=Access.SESSION,
        permission=_ONE,
        summary="Delete a webhook",
        responses={204: None},
        tag=_TAG,
    ),
    Route(
        "POST",
        "/webhooks/{webhook}/replay",
        webhooks.replay,
        access=Access.SESSION,
        permission=_ONE,
        summary="Deliver again from a position",
        description="Everything after `from` goes out again, in order, under the message ids that it had.",
        request="ReplayWebhookRequest",
        responses={202: "Webhook"},
        tag=_TAG,
    ),
    Route(
        "POST",
        "/webhooks/{webhook}/test",
        webhooks.test,
        access=Access.SESSION,
        permission=_ONE,
        summary="Try a webhook",
        description="Sends one signed message of the type `webhook.test` and answers with what came back.",
        responses={200: "WebhookTestResponse"},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/webhooks/{webhook}/deliveries",
        webhooks.list_deliveries,
        access=Access.SESSION,
        permission=_READ,
        summary="Inspect deliveries",
        description="Those that are pending; delivered ones of the last 3 days, failed ones of the last 30.",
        responses={200: "WebhookDeliveriesResponse"},
        query=(
            Parameter("limit", "int", f"At most this many, up to {webhooks.MOST}.", default=webhooks.DEFAULT_LIMIT),
            BEFORE,
            Parameter("state", "'pending'|'delivered'|'failed'", "Only those in this state."),
        ),
        tag=_TAG,
    ),
)
