"""A crowd in the read models of a running service, put there by a few statements instead of a log of its own."""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import AsyncConnection, sql

from projections.live import LIVE_SCHEMA

_STATEMENTS: tuple[LiteralString, ...] = (
    """
    CREATE TEMPORARY TABLE crowd AS
    SELECT gen_random_uuid() AS id, n, 'P' || n AS username, 'p' || n || '@e.co' AS email, 'N ' || n AS name,
      CASE WHEN mod(n, 20000) = 7 THEN 'suspended' WHEN mod(n, 3) = 0 THEN 'dormant' ELSE 'active' END AS status,
      CASE WHEN mod(n, 20000) = 8 THEN 'none' ELSE 'password' END AS login_type,
      mod(n, 20000) = 8 AS is_service_account,
      CASE WHEN mod(n, 20000) = 9 THEN '["auditor"]' ELSE '[]' END::jsonb AS roles,
      now() - make_interval(mins => n) AS created_at,
      CASE WHEN mod(n, 2) = 0 THEN now() - make_interval(mins => n) END AS last_seen_at
    FROM generate_series(1, %(people)s) n
    """,
    """
    INSERT INTO users (
      id, username, email, name, avatar_url, status, login_type, is_service_account, is_system, deleted, roles, settings,
      ssh_public_key, created_at, updated_at, last_seen_at
    )
    SELECT id, username, email, name, '', status, login_type, is_service_account, false, false, roles, '{}', '', created_at, created_at,
      last_seen_at
    FROM crowd
    """,
    """
    INSERT INTO available_users (
      id, username, name, avatar_url, username_key, email_key, name_key, status, login_type, is_service_account, roles, places, created_at
    )
    SELECT id, username, name, '', lower(username), email, lower(name), status, login_type, is_service_account, roles,
      jsonb_build_object(%(organization)s::text, %(organization)s::text)
        || CASE WHEN n <= %(in_group)s THEN jsonb_build_object(%(group)s::text, %(organization)s::text) ELSE '{}' END,
      created_at
    FROM crowd
    """,
    """
    INSERT INTO rosters (place, person_id, organization_id, username_key)
    SELECT p.place::uuid, a.id, p.organization_id::uuid, a.username_key
    FROM crowd c
    JOIN available_users a ON a.id = c.id
    CROSS JOIN LATERAL jsonb_each_text(a.places) p (place, organization_id)
    """,
    """
    INSERT INTO members (organization_id, user_id, roles, created_at, updated_at)
    SELECT %(organization)s::uuid, id, '[]', created_at, created_at FROM crowd
    """,
    """
    INSERT INTO group_members (group_id, user_id, organization_id)
    SELECT %(group)s::uuid, id, %(organization)s::uuid FROM crowd WHERE n <= %(in_group)s
    """,
    "DROP TABLE crowd",
)
_PARTS: LiteralString = """
    SELECT indexname, indexdef
    FROM pg_indexes
    WHERE schemaname = %s AND tablename = 'available_users' AND indexdef LIKE '%%USING gin (available_user_grams%%'
"""


async def fill(database_url: str, people: int, *, organization_id: str, group_id: str, in_group: int) -> None:
    """So many more living people: `P1`, …, with short names that are soon indexed. All are members of the organization, the first
    `in_group` of them are in the group.

    Every third is dormant; of each 20,000 one is suspended, one a service account and one an auditor. The planner knows of them.
    """
    values: dict[str, Any] = {"people": people, "organization": organization_id, "group": group_id, "in_group": in_group}
    async with await AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("SELECT set_config('search_path', %s, false)", (f"{LIVE_SCHEMA}, public",))
        await connection.execute("SET maintenance_work_mem TO '256MB'")
        # Indexes on parts of names are made several times as fast at once as row by row.
        cursor = await connection.execute(_PARTS, (LIVE_SCHEMA,))
        indexes = await cursor.fetchall()
        for name, _ in indexes:
            await connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        for statement in _STATEMENTS:
            await connection.execute(statement, values)
        for _, definition in indexes:
            await connection.execute(definition)
        await connection.execute("VACUUM ANALYZE")
