"""Renders the documents of a batch: whose are touched, what they show, all in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, LiteralString, NamedTuple

from psycopg import AsyncConnection

from projections.agents.tables import AGENTS, APP_STATUSES
from projections.builds.render import Owner
from projections.documents import dumps
from projections.engine.portions import portions
from projections.engine.tables import Row, Rows
from projections.jobs.render import COLUMNS as JOB_COLUMNS
from projections.workspaces.fold import MODEL
from projections.workspaces.render import Rendered, Surroundings, Template, render_workspace

__all__ = ["MODEL", "about", "render", "render_touched", "surroundings", "surroundings_of"]

_WORKSPACE = (
    "id",
    "owner_id",
    "organization_id",
    "template_id",
    "name",
    "autostart_schedule",
    "ttl_ms",
    "automatic_updates",
    "favorite",
    "deleted",
    "user_acl",
    "group_acl",
    "created_at",
    "updated_at",
    "last_used_at",
    "dormant_at",
    "deleting_at",
    "next_start_at",
)
_BUILD = (
    "id",
    "workspace_id",
    "number",
    "transition",
    "reason",
    "initiator_id",
    "template_version_id",
    "preset_id",
    "job_id",
    "resources",
    "daily_cost",
    "deadline",
    "max_deadline",
    "has_ai_task",
    "has_external_agent",
    "created_at",
    "updated_at",
)
AGENT = tuple(name for name in AGENTS.columns if name not in ("workspace_id", "build_id", "deleted"))
STATUS = tuple(APP_STATUSES.columns)

_MAIN: LiteralString = f"""
    SELECT {", ".join("w." + c for c in _WORKSPACE)},
      {", ".join("b." + c for c in _BUILD)},
      {", ".join("j." + c for c in JOB_COLUMNS)},
      coalesce(o.username, ''), coalesce(o.avatar_url, ''), coalesce(g.name, ''), coalesce(v.name, ''), coalesce(i.username, ''),
      coalesce(t.name, ''), coalesce(t.display_name, ''), coalesce(t.icon, ''), t.active_version_id,
      coalesce((t.settings ->> 'allow_user_cancel_workspace_jobs')::boolean, false),
      coalesce((t.settings ->> 'require_active_version')::boolean, false),
      coalesce((t.settings ->> 'use_classic_parameter_flow')::boolean, false),
      coalesce((t.settings ->> 'allow_user_autostop')::boolean, true),
      coalesce((t.settings ->> 'default_ttl_ms')::bigint, 0),
      EXISTS (SELECT FROM {{agents}} a WHERE a.build_id = w.latest_build_id AND NOT a.deleted),
      EXISTS (SELECT FROM {{app_statuses}} s WHERE s.workspace_id = w.id),
      {{key}}
    FROM {{workspaces}}
    LEFT JOIN {{builds}} b ON b.id = w.latest_build_id
    LEFT JOIN {{jobs}} j ON j.id = b.job_id
    LEFT JOIN {{users}} o ON o.id = w.owner_id
    LEFT JOIN {{organizations}} g ON g.id = w.organization_id
    LEFT JOIN {{templates}} t ON t.id = w.template_id
    LEFT JOIN {{template_versions}} v ON v.id = b.template_version_id
    LEFT JOIN {{users}} i ON i.id = b.initiator_id
    WHERE {{named}}
"""
# Looked up for each workspace: a plan that begins with all agents, made while there were few, would be kept when there are many.
_AGENTS: LiteralString = f"""
    SELECT {{key}}, {", ".join("a." + c for c in AGENT)}
    FROM {{workspaces}}
    CROSS JOIN LATERAL (SELECT * FROM {{agents}} a WHERE a.build_id = w.latest_build_id AND NOT a.deleted OFFSET 0) AS a
    WHERE {{named}}
"""
_STATUSES: LiteralString = f"""
    SELECT {", ".join("s." + c for c in STATUS)}, {{key}}
    FROM {{workspaces}}
    JOIN {{app_statuses}} s ON s.workspace_id = w.id AND s.build_id = w.latest_build_id
    WHERE {{named}}
    ORDER BY s.created_at DESC, s.id DESC
"""
_LATEST_STATUSES: LiteralString = f"""
    SELECT DISTINCT ON (s.workspace_id) {", ".join("s." + c for c in STATUS)}, s.workspace_id
    FROM app_statuses s
    WHERE s.workspace_id = ANY(%s::uuid[])
    ORDER BY s.workspace_id, s.created_at DESC, s.id DESC
"""


class Statements(NamedTuple):
    """Those that say which workspaces they are about. What each row belongs to comes last in `main` and `statuses`, else first."""

    main: LiteralString
    agents: LiteralString
    statuses: LiteralString


def about(
    workspaces: LiteralString, named: LiteralString, key: LiteralString = "w.id", found: Mapping[str, LiteralString] | None = None
) -> Statements:
    """About those `workspaces w` that are `named`; `found` says where neighbours are, if not under their names."""
    where: dict[str, LiteralString] = {"workspaces": workspaces, "named": named, "key": key, **(found or _BY_NAME)}
    return Statements(_MAIN.format(**where), _AGENTS.format(**where), _STATUSES.format(**where))


_BY_NAME: Mapping[str, LiteralString] = {
    **{"users": "users", "organizations": "organizations", "templates": "templates", "template_versions": "template_versions"},
    **{"jobs": "jobs", "builds": "builds", "agents": "agents", "app_statuses": "app_statuses"},
}
_NOW = about("workspaces w", "w.id = ANY(%s::uuid[])")
# In the past the planner takes a workspace for all of its versions, and would rather read everybody's neighbours than look for those
# of so many one by one. Here it is told that there is one of each.
_THEN = about("unnest(%s::uuid[]) AS k (id) CROSS JOIN LATERAL (SELECT * FROM workspaces w WHERE w.id = k.id LIMIT 1) AS w", "true")
_PEOPLE: LiteralString = "SELECT id, name, avatar_url FROM users WHERE id = ANY(%s::uuid[]) AND NOT deleted"
_GROUPS: LiteralString = """
    SELECT id, name, avatar_url FROM groups WHERE id = ANY(%(ids)s::uuid[])
    UNION ALL
    SELECT id, 'Everyone', everyone_avatar_url FROM organizations WHERE id = ANY(%(ids)s::uuid[]) AND NOT deleted
"""
#: Workspaces that show something of what was touched, by kind; `k` holds ids and positions.
_RELATED: Mapping[str, LiteralString] = {
    "template": "JOIN workspaces w ON w.template_id = k.id",
    "template_version": "JOIN workspaces w ON w.template_version_id = k.id",
    "organization": "JOIN workspaces w ON w.organization_id = k.id",
    "user": """JOIN LATERAL (
        SELECT id FROM workspaces WHERE owner_id = k.id
        UNION SELECT id FROM workspaces WHERE initiator_id = k.id AND initiator_id <> owner_id
        UNION SELECT id FROM workspaces WHERE is_shared AND user_acl ? k.id::text
      ) AS w ON true""",
    "group": "JOIN workspaces w ON w.is_shared AND w.group_acl ? k.id::text",
}
_STORE: LiteralString = """
    UPDATE workspaces w
    SET doc = n.doc, position = greatest(w.position, n.position), owner_name = n.owner_name, template_name = n.template_name,
      outdated = n.outdated, agent_states = string_to_array(n.agent_states, ',')
    FROM ROWS FROM (
      unnest(%s::bytea[]),
      json_to_recordset(%s::json)
        AS (id uuid, position bigint, owner_name text, template_name text, outdated boolean, agent_states text)
    ) AS n (doc, id, position, owner_name, template_name, outdated, agent_states)
    WHERE w.id = n.id
"""


@MODEL.finish
async def render_touched(connection: AsyncConnection[Any], rows: Rows) -> None:
    """Write the documents of all workspaces that something in the batch touched."""
    positions = dict(rows.touched.get("workspace", {}))
    for kind, related in _RELATED.items():
        touched = rows.touched.get(kind)
        if touched:
            cursor = await connection.execute(
                "SELECT w.id, max(k.position) FROM unnest(%s::uuid[], %s::bigint[]) AS k (id, position) " + related + " GROUP BY w.id",
                (list(touched), list(touched.values())),
            )
            for id, position in await cursor.fetchall():
                positions[id] = max(positions.get(id, 0), position)
    for portion in portions(positions):
        await render(connection, portion)


async def render(connection: AsyncConnection[Any], positions: Mapping[str, int]) -> None:
    """Render the workspaces with these ids; each document gets the position at which it last changed."""
    documents: list[bytes | None] = []
    columns: list[Mapping[str, Any]] = []
    for workspace, around in await surroundings(connection, list(positions)):
        rendered = None if around is None else render_workspace(workspace, around)
        documents.append(None if rendered is None else rendered.document)
        columns.append({"id": workspace["id"], "position": positions[workspace["id"]], **_columns(around, rendered)})
    await connection.execute(_STORE, (documents, dumps(columns).decode()), prepare=True)


async def surroundings(
    connection: AsyncConnection[Any], ids: Sequence[str], *, past: bool = False
) -> list[tuple[Row, Surroundings | None]]:
    """The rows of those of these workspaces that exist, with everything that their documents show: as of now, or (`past`) as of
    when the connection looks back to. None while the first build is not there yet."""
    ask = _THEN if past else _NOW
    found = await (await connection.execute(ask.main, (list(ids),), prepare=True)).fetchall()
    agents_of: dict[str, list[Row]] = defaultdict(list)
    with_agents = [values[0] for values in found if values[HAS_AGENTS]]
    if with_agents:
        for values in await (await connection.execute(ask.agents, (with_agents,), prepare=True)).fetchall():
            agents_of[values[0]].append(dict(zip(AGENT, values[1:], strict=True)))
    statuses_of: dict[str, list[Row]] = defaultdict(list)
    latest_of: dict[str, Row] = {}
    with_statuses = [values[0] for values in found if values[HAS_STATUSES]]
    if with_statuses:
        for row in await _statuses(connection, ask.statuses, with_statuses):
            statuses_of[row["agent_id"]].append(row)
        latest_of = {row["workspace_id"]: row for row in await _statuses(connection, _LATEST_STATUSES, with_statuses)}
    people, groups = await _actors(connection, found)
    return [surroundings_of(values, agents_of, statuses_of, latest_of, people, groups) for values in found]


_BUILD_AT = len(_WORKSPACE)
_JOB_AT = _BUILD_AT + len(_BUILD)
_REST_AT = _JOB_AT + len(JOB_COLUMNS)
HAS_AGENTS, HAS_STATUSES = -3, -2
USER_ACL, GROUP_ACL = _WORKSPACE.index("user_acl"), _WORKSPACE.index("group_acl")


async def _statuses(connection: AsyncConnection[Any], statement: LiteralString, ids: Sequence[str]) -> list[Row]:
    cursor = await connection.execute(statement, (list(ids),), prepare=True)
    return [dict(zip(STATUS, values[:-1], strict=True)) for values in await cursor.fetchall()]


async def _actors(
    connection: AsyncConnection[Any], found: Iterable[Sequence[Any]]
) -> tuple[Mapping[str, tuple[str, str]], Mapping[str, tuple[str, str]]]:
    """Names and pictures of everybody with whom any of them is shared; no statement where nothing is."""
    people = {id for values in found for id in values[USER_ACL]}
    groups = {id for values in found for id in values[GROUP_ACL]}
    known_people: dict[str, tuple[str, str]] = {}
    known_groups: dict[str, tuple[str, str]] = {}
    if people:
        cursor = await connection.execute(_PEOPLE, (list(people),))
        known_people = {id: (name, avatar_url) for id, name, avatar_url in await cursor.fetchall()}
    if groups:
        cursor = await connection.execute(_GROUPS, {"ids": list(groups)})
        known_groups = {id: (name, avatar_url) for id, name, avatar_url in await cursor.fetchall()}
    return known_people, known_groups


def surroundings_of(
    values: Sequence[Any],
    agents_of: Mapping[str, Sequence[Row]],
    statuses_of: Mapping[str, Sequence[Row]],
    latest_of: Mapping[str, Row],
    people: Mapping[str, tuple[str, str]],
    groups: Mapping[str, tuple[str, str]],
) -> tuple[Row, Surroundings | None]:
    """A workspace's row and what is around it; None while its first build is not there yet."""
    workspace = dict(zip(_WORKSPACE, values[:_BUILD_AT], strict=True))
    build = dict(zip(_BUILD, values[_BUILD_AT:_JOB_AT], strict=True))
    job = dict(zip(JOB_COLUMNS, values[_JOB_AT:_REST_AT], strict=True))
    username, avatar_url, organization, version, initiator, *template = values[_REST_AT:HAS_AGENTS]
    if build["id"] is None or job["id"] is None or template[3] is None:
        return workspace, None
    id = workspace["id"]
    return workspace, Surroundings(
        owner=Owner(workspace["name"], workspace["owner_id"], username, avatar_url),
        organization_name=organization,
        template=Template(*template),
        build=build,
        job=job,
        version_name=version,
        initiator_name=initiator,
        agents=agents_of.get(id, ()),
        statuses=statuses_of,
        latest_status=latest_of.get(id),
        people=people,
        groups=groups,
    )


def _columns(around: Surroundings | None, rendered: Rendered | None) -> Mapping[str, Any]:
    """What is stored beside the document."""
    if around is None or rendered is None:
        return _UNSEEN
    return {
        "owner_name": around.owner.username,
        "template_name": around.template.name,
        "outdated": rendered.outdated,
        "agent_states": ",".join(rendered.agent_states),
    }


#: Of a workspace whose first build is not there yet.
_UNSEEN: Mapping[str, Any] = {"owner_name": "", "template_name": "", "outdated": False, "agent_states": ""}
