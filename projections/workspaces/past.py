"""What lists filter and sort by, computed for a workspace as it was: rendering stores it for the present alone.

SQL over a version `v` of the workspace; the tables it names are those of the same moment (`projections/engine/versions.py`).
Each expression says the same as the code that renders (`render.py`, `projections/builds/render.py`, `projections/agents/render.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString

from projections.agents.tables import IS_GONE
from projections.engine import spans
from projections.engine.versions import Kept

_IS_GONE: LiteralString = IS_GONE.format("a.")
AGENT_STATUS: LiteralString = f"""CASE
    WHEN a.first_connected_at IS NULL THEN CASE WHEN a.timed_out THEN 'timeout' ELSE 'connecting' END
    WHEN {_IS_GONE} THEN 'disconnected'
    ELSE 'connected'
  END"""

#: Said besides of `AGENT_STATUS`es without "disconnected": an index holds only these, as agents of builds that are over stay for ever.
NOT_DISCONNECTED: LiteralString = f"{_IS_GONE} IS NOT TRUE"

#: Tells sets of parameters apart: few sets are looked at where many workspaces have them. A backslash is doubled for `bytea` to
#: read it as one.
_DIGEST = r"substr(encode(sha256(replace(parameters::text, '\', '\\')::bytea), 'hex'), 1, 32)::uuid"

DERIVED: Mapping[str, str] = {
    "is_shared": Kept("boolean", "user_acl <> '{}' OR group_acl <> '{}'"),
    "parameters_digest": Kept("uuid", _DIGEST),
    # There is a document as soon as there is a build; its bytes are rendered when they are asked for.
    "doc": "(CASE WHEN v.latest_build_id IS NOT NULL THEN ''::bytea END)",
    "owner_name": "coalesce((SELECT u.username FROM users u WHERE u.id = v.owner_id), '')",
    "template_name": "coalesce((SELECT t.name FROM templates t WHERE t.id = v.template_id), '')",
    "is_running": "(v.status = 'running')",
    # Two sets, each made once for a statement: a list that asked for each row's template would wait for twenty thousand answers.
    "outdated": """(
    v.template_version_id IS NOT NULL
    AND v.template_id IN (SELECT t.id FROM templates t WHERE t.active_version_id IS NOT NULL)
    AND (v.template_id, v.template_version_id) NOT IN (
      SELECT t.id, t.active_version_id FROM templates t WHERE t.active_version_id IS NOT NULL
    )
  )""",
    "agent_states": f"""ARRAY(
    SELECT DISTINCT {AGENT_STATUS}
    FROM agents a
    WHERE a.build_id = v.latest_build_id AND NOT a.deleted AND v.transition = 'start'
  )""",
    **spans.DERIVED,
}
