"""A template's row as the API's Template. Pure. Source: contract/lifecycle.md A8."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.kernel.ids import NIL
from projections.documents import rfc3339

Row = Mapping[str, Any]

_NEVER_BUILT = {"P50": None, "P95": None}


def render_template(row: Row, times: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """The document of a template (`queries.template_by_id`); `times` are its build times by transition."""
    settings = row["settings"]
    return {
        "active_user_count": row["active_user_count"],
        "active_version_id": row["active_version_id"],
        "activity_bump_ms": settings["activity_bump_ms"],
        "allow_user_autostart": settings["allow_user_autostart"],
        "allow_user_autostop": settings["allow_user_autostop"],
        "allow_user_cancel_workspace_jobs": settings["allow_user_cancel_workspace_jobs"],
        "autostart_requirement": settings["autostart_requirement"],
        "autostop_requirement": settings["autostop_requirement"],
        "build_time_stats": {transition: _stats(times.get(transition)) for transition in ("delete", "start", "stop")},
        "cors_behavior": settings["cors_behavior"],
        "created_at": rfc3339(row["created_at"]),
        "created_by_id": row["created_by"] or NIL,
        "created_by_name": row["author_username"] or "",
        "default_ttl_ms": settings["default_ttl_ms"],
        "deleted": row["deleted"],
        "deprecated": bool(settings["deprecation_message"]),
        "deprecation_message": settings["deprecation_message"],
        "description": row["description"],
        "disable_module_cache": settings["disable_module_cache"],
        "display_name": row["display_name"],
        "failure_ttl_ms": settings["failure_ttl_ms"],
        "icon": row["icon"],
        "id": row["id"],
        "max_port_share_level": settings["max_port_share_level"],
        "name": row["name"],
        "organization_display_name": row["organization_display_name"],
        "organization_icon": row["organization_icon"],
        "organization_id": row["organization_id"],
        "organization_name": row["organization_name"],
        "provisioner": row["provisioner"],
        "require_active_version": settings["require_active_version"],
        "time_til_autostop_notify_ms": settings["time_til_autostop_notify_ms"],
        "time_til_dormant_autodelete_ms": settings["time_til_dormant_autodelete_ms"],
        "time_til_dormant_ms": settings["time_til_dormant_ms"],
        "updated_at": rfc3339(row["updated_at"]),
        "use_classic_parameter_flow": settings["use_classic_parameter_flow"],
    }


def _stats(times: tuple[int, int] | None) -> Mapping[str, int | None]:
    return _NEVER_BUILT if times is None else {"P50": times[0], "P95": times[1]}
