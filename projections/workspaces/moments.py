"""One workspace at many positions: everything that its documents showed, in as many statements as for one position.

Read from the tables of versions themselves: the views of the past look back to one position for a whole transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection

from projections.agents.tables import AGENTS, APP_STATUSES
from projections.builds.tables import BUILDS
from projections.engine.tables import Row
from projections.engine.versions import seen
from projections.groups.tables import GROUPS
from projections.jobs.tables import JOBS
from projections.organizations.tables import ORGANIZATIONS
from projections.template_versions.tables import TEMPLATE_VERSIONS
from projections.templates.tables import TEMPLATES
from projections.users.tables import USERS
from projections.workspaces.documents import AGENT, GROUP_ACL, HAS_AGENTS, HAS_STATUSES, STATUS, USER_ACL, about, surroundings_of
from projections.workspaces.render import Surroundings
from projections.workspaces.tables import WORKSPACES

_NEIGHBOURS = (USERS, ORGANIZATIONS, TEMPLATES, TEMPLATE_VERSIONS, JOBS, BUILDS, AGENTS, APP_STATUSES)
_MOMENTS: LiteralString = "unnest(%(at)s::bigint[]) AS k (at) CROSS JOIN LATERAL "
# Of the versions that end later, the one that held ends first: said so, it is the first that the index has.
_EACH = about(
    f"{_MOMENTS} (SELECT * FROM {seen(WORKSPACES, 'k.at')} AS w WHERE w.id = %(id)s::uuid ORDER BY w.until LIMIT 1) AS w",
    "true",
    "k.at",
    {table.name: f"LATERAL {seen(table, 'k.at')}" for table in _NEIGHBOURS},
)
_LATEST_STATUSES: LiteralString = f"""
    SELECT {", ".join("s." + c for c in STATUS)}, k.at
    FROM {_MOMENTS} (
      SELECT * FROM {seen(APP_STATUSES, "k.at")} AS s WHERE s.workspace_id = %(id)s::uuid ORDER BY s.created_at DESC, s.id DESC LIMIT 1
    ) AS s
"""
_PEOPLE: LiteralString = f"""
    SELECT k.at, u.id, u.name, u.avatar_url
    FROM {_MOMENTS} {seen(USERS, "k.at")} AS u
    WHERE u.id = ANY(%(ids)s::uuid[]) AND NOT u.deleted
"""
_GROUPS: LiteralString = f"""
    SELECT k.at, g.id, g.name, g.avatar_url FROM {_MOMENTS} {seen(GROUPS, "k.at")} AS g WHERE g.id = ANY(%(ids)s::uuid[])
    UNION ALL
    SELECT k.at, o.id, 'Everyone', o.everyone_avatar_url
    FROM {_MOMENTS} {seen(ORGANIZATIONS, "k.at")} AS o
    WHERE o.id = ANY(%(ids)s::uuid[]) AND NOT o.deleted
"""

Names = dict[str, tuple[str, str]]


async def surroundings_at(
    connection: AsyncConnection[Any], id: str, positions: Sequence[int]
) -> dict[int, tuple[Row, Surroundings | None]]:
    """What `documents.surroundings` says of a workspace, at each of these positions at which it was there. Six statements at most."""

    async def ask(statement: LiteralString, at: Sequence[int], ids: Sequence[str] = ()) -> list[Any]:
        parameters = {"id": id, "at": list(at), "ids": list(ids)}
        return await (await connection.execute(statement, parameters, prepare=True)).fetchall()

    found: dict[int, Sequence[Any]] = {values[-1]: values for values in await ask(_EACH.main, positions)}
    agents: dict[int, list[Row]] = defaultdict(list)
    if with_agents := [at for at, values in found.items() if values[HAS_AGENTS]]:
        for at, *values in await ask(_EACH.agents, with_agents):
            agents[at].append(dict(zip(AGENT, values, strict=True)))
    statuses: dict[int, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    latest: dict[int, Row] = {}
    if with_statuses := [at for at, values in found.items() if values[HAS_STATUSES]]:
        for *values, at in await ask(_EACH.statuses, with_statuses):
            row = dict(zip(STATUS, values, strict=True))
            statuses[at][row["agent_id"]].append(row)
        latest = {at: dict(zip(STATUS, values, strict=True)) for *values, at in await ask(_LATEST_STATUSES, with_statuses)}
    people, groups = [await _names(ask, statement, found, acl) for statement, acl in ((_PEOPLE, USER_ACL), (_GROUPS, GROUP_ACL))]
    return {
        at: surroundings_of(
            values,
            {id: agents[at]},
            statuses[at],
            {id: latest[at]} if at in latest else {},
            people[at],
            groups[at],
        )
        for at, values in found.items()
    }


async def _names(ask: Any, statement: LiteralString, found: Mapping[int, Sequence[Any]], acl: int) -> dict[int, Names]:
    """Names and pictures of everybody with whom it was shared at any of the positions, by position."""
    names: dict[int, Names] = defaultdict(dict)
    shared = {at: values[acl] for at, values in found.items() if values[acl]}
    if shared:
        for at, grantee, name, avatar_url in await ask(statement, list(shared), list({id for its in shared.values() for id in its})):
            names[at][grantee] = (name, avatar_url)
    return names
