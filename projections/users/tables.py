"""Tables of this read model; `schema.sql` creates them."""

from __future__ import annotations

from projections.engine.tables import Table

USERS = Table(
    "users",
    key=("id",),
    columns={
        "id": "uuid",
        "username": "text",
        "email": "text",
        "name": "text",
        "avatar_url": "text",
        "status": "text",
        "login_type": "text",
        "is_service_account": "boolean",
        "is_system": "boolean",
        "deleted": "boolean",
        "roles": "jsonb",
        "settings": "jsonb",
        "ssh_public_key": "text",
        "ssh_key_updated_at": "timestamptz",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
        "last_seen_at": "timestamptz",
    },
    # With `updated_at`, which moves with every change: so versions are the same ones when the names in them are gone.
    remembered=(
        *("username", "email", "name", "avatar_url", "status", "login_type", "is_service_account", "is_system", "deleted", "roles"),
        *("created_at", "updated_at"),
    ),
    past_indexes=("(lower(username))",),
)
