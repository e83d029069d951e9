"""Tables of this read model; `schema.sql` creates them."""

from __future__ import annotations

from projections.engine.tables import Table

AVAILABLE_USERS = Table(
    "available_users",
    key=("id",),
    columns={
        "id": "uuid",
        "username": "text",
        "name": "text",
        "avatar_url": "text",
        "username_key": "text",
        "email_key": "text",
        "name_key": "text",
        "status": "text",
        "login_type": "text",
        "is_service_account": "boolean",
        "roles": "jsonb",
        "created_at": "timestamptz",
        "last_seen_at": "timestamptz",
    },
)
