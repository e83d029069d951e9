"""What many operations of the published documents share: security schemes, parameters, headers, errors, subjects.

Data only. Sources: contract/clients.md 0 (tokens, headers), design.md 7 (positions, conditions, idempotency).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.http.routing import Access

SECURITY_SCHEMES: Mapping[str, Mapping[str, str]] = {
    "sessionHeader": {"type": "apiKey", "in": "header", "name": "Coder-Session-Token", "description": "A session or API token."},
    "sessionBearer": {"type": "http", "scheme": "bearer", "description": "The same token in `Authorization: Bearer`."},
    "sessionCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "coder_session_token",
        "description": "What the browser holds after signing in.",
    },
    "sessionQuery": {
        "type": "apiKey",
        "in": "query",
        "name": "coder_session_token",
        "description": "For WebSockets of clients that can set neither header nor cookie.",
    },
    "accessTokenQuery": {"type": "apiKey", "in": "query", "name": "access_token", "description": "The last place where a token is sought."},
    "agentToken": {
        "type": "apiKey",
        "in": "header",
        "name": "Coder-Session-Token",
        "description": "The token of a workspace agent (a UUID), valid while it belongs to the newest build of its workspace.",
    },
    "provisionerKey": {"type": "http", "scheme": "bearer", "description": "The key of a provisioner."},
}
_SESSION: list[dict[str, list[str]]] = [
    {name: []} for name in ("sessionHeader", "sessionBearer", "sessionCookie", "sessionQuery", "accessTokenQuery")
]
SECURITY: Mapping[Access, list[dict[str, list[str]]]] = {
    Access.PUBLIC: [],
    Access.SESSION: _SESSION,
    Access.OPTIONAL: [{}, *_SESSION],
    Access.AGENT: [{"agentToken": []}],
    Access.PROVISIONER: [{"provisionerKey": []}],
}

PATH_PARAMETERS: Mapping[str, tuple[str, str]] = {
    "workspace": ("uuid", "Id of the workspace."),
    "workspacebuild": ("uuid", "Id of the build."),
    "agent": ("uuid", "Id of the agent."),
    "templateversion": ("uuid", "Id of the template version."),
    "template": ("uuid", "Id of the template."),
    "jobID": ("uuid", "Id of the provisioner job."),
    "job": ("uuid", "Id of the provisioner job."),
    "webhook": ("uuid", "Id of the webhook."),
    "provisionerkey": ("string", "Name of the provisioner key."),
    "fileID": ("uuid", "Id of the uploaded file."),
    "group": ("uuid", "Id of the group."),
    "user": ("string", "Id or name of the user, or `me`."),
    "organization": ("string", "Id or name of the organization, or `default`."),
    "workspacename": ("string", "Name of the workspace."),
    "templatename": ("string", "Name of the template."),
    "templateversionname": ("string", "Name of the template version."),
    "groupName": ("string", "Name of the group."),
    "roleName": ("string", "Name of the role."),
    "organizationname": ("string", "Id or name of the organization, or `default`."),
    "keyid": ("string", "Public id of the key: the ten characters before the hyphen."),
    "keyname": ("string", "Name of the token."),
    "id": ("uuid", "Id of the notification."),
    "name": ("string", "Name of the secret."),
    "asset": ("string", "Name of a file that the page loads."),
    "buildnumber": ("int>=0", "Number of the build within its workspace."),
}
"""Path parameter -> type expression and meaning; any other is a string."""

HEADER_PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "LedgerPosition": {
        "name": "Ledger-Position",
        "in": "header",
        "description": "Answer from a state at or after this position of the log; after five seconds of waiting: 503.",
        "schema": {"type": "integer", "format": "int64", "minimum": 0},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same caller, route, body and key within 24 hours get the first answer again; nothing happens twice.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "An ETag that the client has: 304 if the document is still the same.",
        "schema": {"type": "string"},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "An ETag: the change is refused with 412 if the document is another by now.",
        "schema": {"type": "string"},
    },
    "LastEventID": {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "The `id` of the last frame received: the stream goes on from there. Wins over `after`.",
        "schema": {"type": "integer", "format": "int64", "minimum": 0},
    },
}

HEADERS: Mapping[str, Mapping[str, Any]] = {
    "BuildVersion": {"description": "The version of the service.", "schema": {"type": "string", "examples": ["v2.30.0"]}},
    "LedgerPosition": {
        "description": "The position of the change, or the one that the answer shows.",
        "schema": {"type": "integer", "format": "int64", "minimum": 0},
    },
    "ETag": {"description": "Changes whenever the document does; opaque.", "schema": {"type": "string", "examples": ['"4711"']}},
    "IdempotentReplayed": {
        "description": "There if this is the first answer again.",
        "schema": {"type": "string", "const": "true"},
    },
    "RetryAfter": {"description": "Seconds to wait before asking again.", "schema": {"type": "integer", "minimum": 0}},
}
HEADER_NAMES: Mapping[str, str] = {
    "BuildVersion": "X-Coder-Build-Version",
    "LedgerPosition": "Ledger-Position",
    "ETag": "ETag",
    "IdempotentReplayed": "Idempotent-Replayed",
    "RetryAfter": "Retry-After",
}

ERRORS: Mapping[int, tuple[str, str, str]] = {
    400: ("Invalid", "The request is malformed; `validations` names every field that is wrong.", "Validation failed."),
    401: ("Unauthenticated", "There is no token, or it is expired or revoked.", "You are signed out or your session has expired."),
    403: ("Forbidden", "The caller may not do this.", "Forbidden."),
    404: ("NotFound", "It does not exist, or not for this caller.", "Resource not found or you do not have access to this resource"),
    408: ("Unfinished", "Nothing of the body came for a minute.", "The request body did not come."),
    409: ("Conflict", "The state of things does not allow it, or a request with this key is still running.", "Name is already taken."),
    410: ("Gone", "It was deleted.", "It was deleted."),
    412: ("Stale", "`If-Match` no longer matches.", "The document has changed since it was read."),
    413: ("TooLarge", "The body is too large.", "The request body is too large."),
    422: ("KeyReused", "The idempotency key was used with another body.", "The idempotency key was used for another request."),
    429: ("TooMany", "Too many requests within a minute.", "You've been rate limited for sending more than 512 requests in a minute."),
    503: ("Busy", "Not possible at the moment; try again.", "The read models have not caught up."),
}
"""Status -> component name, meaning, an example's message."""

RETRY_AFTER = frozenset({409, 429, 503})
CLOUD_EVENTS = "application/cloudevents+json"
CLOUD_EVENT_FORMS: Mapping[str, str] = {
    "HistoryResponse": "CloudEventsHistoryResponse",
    "EventsResponse": "CloudEventsResponse",
    "LedgerEvent": "CloudEvent",
}
"""What a body becomes when the client accepts CloudEvents."""

STATUS_WORDS: Mapping[int, str] = {
    101: "The connection becomes a WebSocket.",
    200: "Success.",
    201: "Created.",
    202: "Accepted.",
    204: "Done; there is nothing to say.",
    304: "Nothing has changed.",
    307: "See the other address.",
}
TAGS: Mapping[str, str] = {
    "Workspaces": "Create, find, change, share and watch workspaces.",
    "Builds": "Start, stop and delete workspaces; follow what happens.",
    "Agents": "What runs inside a workspace.",
    "Templates": "What workspaces are made from.",
    "Users": "People and their settings.",
    "Organizations": "Organizations, members, roles and groups.",
    "Audit": "Everything that ever happened.",
    "Webhooks": "Who outside is told of what happens.",
    "Operations": "Whether the service lives, is ready, and what it counts.",
    "Documentation": "This documentation.",
}
