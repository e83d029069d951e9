"""Tables of this read model; `schema.sql` creates them."""

from __future__ import annotations

from projections.engine.tables import Table

API_KEYS = Table(
    "api_keys",
    key=("id",),
    columns={
        "id": "text",
        "user_id": "uuid",
        "login_type": "text",
        "scopes": "jsonb",
        "allow_list": "jsonb",
        "token_name": "text",
        "lifetime_seconds": "bigint",
        "ip": "text",
        "expires_at": "timestamptz",
        "last_used_at": "timestamptz",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
    },
)
