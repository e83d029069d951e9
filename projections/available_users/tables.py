"""Tables of this read model; `schema.sql` creates them, and the numbers of people that it keeps by itself (`roster_counts`)."""

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
        # Organizations and groups that the person is in, each with its organization: {"<place>": "<organization>"}.
        "places": "jsonb",
        "created_at": "timestamptz",
    },
)

ROSTERS = Table(
    "rosters",
    key=("place", "person_id"),
    columns={
        "place": "uuid",
        "person_id": "uuid",
        "organization_id": "uuid",
        "username_key": "text",
    },
)
