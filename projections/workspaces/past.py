"""What lists filter and sort by, computed for a workspace as it was: rendering stores it for the present alone.

SQL over a version `v` of the workspace; the tables it names are those of the same moment (`projections/engine/versions.py`).
Each expression says the same as the code that renders (`render.py`, `projections/builds/render.py`, `projections/agents/render.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

_AGENT_STATUS = """CASE
    WHEN a.first_connected_at IS NULL THEN CASE WHEN a.timed_out THEN 'timeout' ELSE 'connecting' END
    WHEN a.disconnected_at >= a.last_connected_at THEN 'disconnected'
    ELSE 'connected'
  END"""

IS_SHARED = "({0}user_acl <> '{{}}' OR {0}group_acl <> '{{}}')"
#: How long a version holds, as a power of two of positions, rounded down: lists look for what held at a position class by class,
#: and so pass over little that did not. Which of two neighbouring classes a length at their border has is nothing to them.
SPAN = "floor(ln(({0}until - {0}position)::float8) / ln(2::float8))::integer"

DERIVED: Mapping[str, str] = {
    "is_shared": IS_SHARED.format("v."),
    # There is a document as soon as there is a build; its bytes are rendered when they are asked for.
    "doc": "(CASE WHEN v.latest_build_id IS NOT NULL THEN ''::bytea END)",
    "owner_name": "coalesce((SELECT u.username FROM users u WHERE u.id = v.owner_id), '')",
    "template_name": "coalesce((SELECT t.name FROM templates t WHERE t.id = v.template_id), '')",
    "is_running": "(v.status = 'running')",
    "outdated": "coalesce((SELECT t.active_version_id <> v.template_version_id FROM templates t WHERE t.id = v.template_id), false)",
    "agent_states": f"""ARRAY(
    SELECT DISTINCT {_AGENT_STATUS}
    FROM agents a
    WHERE a.build_id = v.latest_build_id AND NOT a.deleted AND v.transition = 'start'
  )""",
    "position": "v.position",
    "span": SPAN.format("v."),
}
