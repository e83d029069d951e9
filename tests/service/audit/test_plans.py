"""How the server goes about what is asked of a long past: no page of the audit log, of the log, of a history or of how things were
reads a table from end to end, and none asks more often than the shortest of its kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import pytest
from psycopg import AsyncConnection

from tests.service.workspaces.conftest import Yard, yard
from tests.support.api import Client
from tests.support.queries import nodes, recorded_plans

__all__ = ["yard"]

Planned = tuple[str, dict[str, Any]]

#: Where the log is said to stand; what is made up lies before it.
HEAD = 1_000_000
BIG = {"audit_log", "ledger_events", "history", "workspaces_versions", "builds_versions", "jobs_versions", "agents_versions"}
#: Of one request: who calls, whom and what it names, what is counted, shown and found around it.
MOST_STATEMENTS = 16

# Positions before the first of the log: whoever follows it never comes to them.
_LOG: LiteralString = """
    INSERT INTO ledger_events (originator_id, originator_version, topic, state, notification_id)
    SELECT gen_random_uuid(), 1, 'Kind' || n %% 50 || '/1',
      convert_to(format('{"time":"2026-01-01T00:00:00.000000Z","id":"%%s","actor":{"kind":"user","id":"%%s"}}',
        gen_random_uuid(), gen_random_uuid()), 'UTF8'), -n
    FROM generate_series(1, 30000) AS n
"""
_ENTRIES: LiteralString = """
    INSERT INTO audit_log (change_id, subject_id, id, position, time, user_id, resource_type, resource_id, organization_id, target, icon,
      action, status_code, diff, additional_fields, build_reason)
    SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), n * 10, %(start)s::timestamptz + n * interval '1 minute', people.id,
      (ARRAY['workspace', 'template', 'api_key', 'user'])[1 + n %% 4], gen_random_uuid(), %(organization)s::uuid, 'x' || n %% 900,
      '', (ARRAY['create', 'write', 'delete'])[1 + n %% 3], 200, '{}', '{}', CASE n %% 9 WHEN 0 THEN 'autostart' END
    FROM generate_series(1, 40000) AS n
    JOIN (SELECT k, gen_random_uuid() AS id FROM generate_series(0, 299) AS k) AS people ON people.k = n %% 300
"""
_HISTORY: LiteralString = """
    INSERT INTO history (position, workspace_id, type)
    SELECT n * 10, w.id, 'WorkspaceTTLSet'
    FROM generate_series(1, 40000) AS n
    JOIN (SELECT k, gen_random_uuid() AS id FROM generate_series(0, 399) AS k) AS w ON w.k = n %% 400
"""
# A version of each for a while, in turns: 2,000 workspaces of 200 people, with builds, jobs and agents.
_VERSIONS: tuple[LiteralString, ...] = (
    """CREATE TEMP TABLE past AS
      SELECT n, 100 + n * 10 AS position, 100 + n * 10 + 2000 * 10 AS until, (k.ids)[1 + n %% 2000] AS workspace,
        (k.ids)[1 + n %% 200] AS owner, gen_random_uuid() AS build, gen_random_uuid() AS job
      FROM generate_series(1, 40000) AS n, (SELECT array_agg(gen_random_uuid()) AS ids FROM generate_series(1, 2000)) AS k""",
    """INSERT INTO users_versions (id, username, deleted, position, until)
      SELECT DISTINCT ON (owner) owner, 'p' || n, false, 1, 2::bigint ^ 62 FROM past""",
    """INSERT INTO workspaces_versions (id, owner_id, organization_id, template_id, name, favorite, deleted, user_acl, group_acl,
        latest_build_id, parameters, status, transition, position, until)
      SELECT workspace, owner, %(organization)s::uuid, %(organization)s::uuid, 'w' || n %% 2000, false, false, '{}', '{}', build, '[]',
        (ARRAY['running', 'stopped'])[1 + n %% 2], 'start', position, until
      FROM past""",
    "INSERT INTO builds_versions (id, workspace_id, job_id, position, until) SELECT build, workspace, job, position, until FROM past",
    "INSERT INTO jobs_versions (id, position, until) SELECT job, position, until FROM past",
    "INSERT INTO agents_versions (id, build_id, workspace_id, position, until) SELECT job, build, workspace, position, until FROM past",
    "DROP TABLE past",
)


# The real one has been changed more often than any other.
_BUSY: LiteralString = """
    INSERT INTO workspaces_versions (id, owner_id, organization_id, template_id, name, favorite, deleted, user_acl, group_acl,
      latest_build_id, parameters, status, transition, position, until)
    SELECT id, owner_id, organization_id, template_id, name, favorite, deleted, user_acl, group_acl,
      latest_build_id, parameters, status, transition, 1000 + n * 10, 1010 + n * 10
    FROM workspaces, generate_series(1, 5000) AS n
    WHERE id = %(workspace)s::uuid
"""


async def _grow(connection: AsyncConnection[Any], organization: str, workspace: str) -> None:
    parameters = {"organization": organization, "workspace": workspace, "start": datetime.now(UTC) - timedelta(days=60)}
    for statement in (_LOG, _ENTRIES, _HISTORY, *_VERSIONS, _BUSY):
        await connection.execute(statement, parameters)
    await connection.execute("SELECT setval('ledger_events_notification_id_seq', %s)", (HEAD,))


@pytest.fixture
async def old(yard: Yard) -> str:
    """The path of a workspace that was changed before a long past was made up, and after it."""
    id = (await yard.running("mine"))["id"]
    path = f"/workspaces/{id}"
    async with yard.ledger.services.pool.connection() as connection:
        await _grow(connection, yard.organization, id)
    await yard.ann.put(f"{path}/ttl", {"ttl_ms": 7_200_000}, want=204)
    async with yard.ledger.services.pool.connection() as connection:
        await connection.execute("VACUUM ANALYZE")
    return path


async def _plans(yard: Yard, client: Client, path: str, **params: Any) -> list[Planned]:
    await client.get(path, params=params, want=200)
    with recorded_plans(yard.ledger.services.pool) as plans:
        await client.get(path, params=params, want=200)
    assert plans, "nothing was asked of the database"
    return plans


def _hold(plans: list[Planned]) -> None:
    for statement, plan in plans:
        scanned = {node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"}
        assert not scanned & BIG, statement
    assert len(plans) <= MOST_STATEMENTS, [statement for statement, _ in plans]


async def test_pages_of_the_audit_log_are_found_and_counted_in_indexes(yard: Yard, old: str) -> None:
    day = datetime.now(UTC).date() - timedelta(days=50)
    of_organization = await yard.ledger.person(org_roles=("organization-auditor",))
    for client, q in (
        (yard.admin, ""),
        (of_organization, ""),
        (yard.admin, "resource_type:workspace action:write"),
        (yard.admin, "action:create"),
        (yard.admin, f"date_from:{day} date_to:{day}"),
        (yard.admin, f"date_from:{day} organization:coder resource_type:template"),
        (yard.admin, "build_reason:autostart"),
        (yard.admin, "username:ann"),
        (yard.admin, "email:ann@example.com action:login"),
        (yard.admin, "resource_target:x7"),
        (yard.admin, f"resource_id:{old.rpartition('/')[2]}"),
        (yard.admin, f"request_id:{old.rpartition('/')[2]}"),
    ):
        _hold(await _plans(yard, client, "/audit", q=q, limit=25))
    _hold(await _plans(yard, yard.admin, "/audit", limit=25, offset=30_000))


async def test_what_is_counted_beforehand_is_not_counted_entry_by_entry(yard: Yard, old: str) -> None:
    plans = await _plans(yard, yard.admin, "/audit", q="resource_type:workspace", limit=25)
    counting = [statement for statement, _ in plans if "count" in statement.split("FROM")[0]]
    assert len(counting) == 1
    assert "audit_counts" in counting[0]


async def test_rare_events_are_found_without_reading_the_log(yard: Yard, old: str) -> None:
    for params in ({"type": "Kind7"}, {"actor": yard.ann.user["id"]}, {"stream": f"workspace/{old.rpartition('/')[2]}"}, {}):
        _hold(await _plans(yard, yard.admin, "/audit/events", **params))


async def test_the_past_of_one_workspace_is_found_in_indexes(yard: Yard, old: str) -> None:
    _hold(await _plans(yard, yard.ann, f"{old}/history"))
    _hold(await _plans(yard, yard.ann, f"{old}/history", limit=1, diff="true"))
    for path in (old, f"{old}/acl", "/users/me/workspace/mine"):
        _hold(await _plans(yard, yard.ann, path, at=HEAD // 2))
        _hold(await _plans(yard, yard.ann, path, at=datetime.now(UTC).isoformat()))


async def test_lists_of_the_past_look_at_what_held_then(yard: Yard, old: str) -> None:
    for client in (yard.admin, yard.ann):
        for q in ("", "status:running", "name:w19", "owner:ann", "shared:true", "template:docker", "has-agent:timeout", "outdated:false"):
            _hold(await _plans(yard, client, "/workspaces", q=q, at=HEAD // 4, limit=25))
    for q in ("param:region", "param:region=eu", 'last_used_before:"2026-01-01T00:00:00Z"', "shared:false", "dormant:true"):
        _hold(await _plans(yard, yard.admin, "/workspaces", q=q, at=HEAD // 4, limit=25))
    _hold(await _plans(yard, yard.admin, "/workspaces", q="", at=HEAD // 4, limit=25, offset=1_000))
