"""What lists filter and sort by, computed for a workspace as it was: rendering stores it for the present alone.

SQL over a version `v` of the workspace; the tables it names are those of the same moment (`projections/engine/versions.py`).
Each expression says the same as the code that renders (`render.py`, `projections/builds/render.py`, `projections/agents/render.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

_BUILD = "FROM builds b WHERE b.id = v.latest_build_id"
_JOB = "FROM builds b JOIN jobs j ON j.id = b.job_id WHERE b.id = v.latest_build_id"
_SUCCEEDED = "j.error = '' AND j.completed_at IS NOT NULL AND j.canceled_at IS NULL"
_STATUS = f"""CASE
    WHEN j.error <> '' THEN 'failed'
    WHEN j.completed_at IS NOT NULL AND j.canceled_at IS NOT NULL THEN 'canceled'
    WHEN {_SUCCEEDED} THEN CASE b.transition WHEN 'start' THEN 'running' WHEN 'stop' THEN 'stopped' ELSE 'deleted' END
    WHEN j.canceled_at IS NOT NULL THEN 'canceling'
    WHEN j.started_at IS NULL THEN 'pending'
    ELSE CASE b.transition WHEN 'start' THEN 'starting' WHEN 'stop' THEN 'stopping' ELSE 'deleting' END
  END"""
_AGENT_STATUS = """CASE
    WHEN a.first_connected_at IS NULL THEN CASE WHEN a.timed_out THEN 'timeout' ELSE 'connecting' END
    WHEN a.disconnected_at >= a.last_connected_at THEN 'disconnected'
    ELSE 'connected'
  END"""

DERIVED: Mapping[str, str] = {
    "is_shared": "(v.user_acl <> '{}' OR v.group_acl <> '{}')",
    # There is a document as soon as there is a build of a known template; its bytes are rendered when they are asked for.
    "doc": f"(SELECT ''::bytea {_JOB} AND EXISTS (SELECT FROM templates t WHERE t.id = v.template_id))",
    "owner_name": "coalesce((SELECT u.username FROM users u WHERE u.id = v.owner_id), '')",
    "template_name": "coalesce((SELECT t.name FROM templates t WHERE t.id = v.template_id), '')",
    "status": f"coalesce((SELECT {_STATUS} {_JOB}), '')",
    "transition": f"coalesce((SELECT b.transition {_BUILD}), '')",
    "is_running": f"coalesce((SELECT b.transition = 'start' AND {_SUCCEEDED} {_JOB}), false)",
    "outdated": "coalesce((SELECT t.active_version_id <> v.template_version_id FROM templates t WHERE t.id = v.template_id), false)",
    "has_ai_task": f"coalesce((SELECT b.has_ai_task {_BUILD}), false)",
    "has_external_agent": f"(SELECT b.has_external_agent {_BUILD})",
    "agent_states": f"""ARRAY(
    SELECT DISTINCT {_AGENT_STATUS}
    FROM builds b
    JOIN agents a ON a.build_id = b.id AND NOT a.deleted
    WHERE b.id = v.latest_build_id AND b.transition = 'start'
  )""",
    "position": "v.position",
}
