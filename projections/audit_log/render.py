"""An entry's row as the API's AuditLog (contract/identity.md 9; key order of contract/schemas.json)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.kernel.ids import NIL
from projections.documents import rfc3339
from projections.users.render import UserRow, user_document

Row = Mapping[str, Any]

_DONE = {
    "create": "created",
    "write": "updated",
    "delete": "deleted",
    "start": "started",
    "stop": "stopped",
    "login": "logged in",
    "logout": "logged out",
    "register": "registered",
    "request_password_reset": "password reset requested",
}
_SIGNING = frozenset({"login", "logout", "register"})
_SEE_OTHER, _REFUSED = 303, 400


def entry_document(row: Row) -> dict[str, Any]:
    """The schema `AuditLog`; `row` as `queries.page` gives it."""
    document: dict[str, Any] = {
        "action": row["action"],
        "additional_fields": _additional(row),
        "description": description(row),
        "diff": row["diff"],
        "id": row["id"],
        "ip": row["ip"] or "",
        "is_deleted": row["is_deleted"],
    }
    if row["organization_name"] is not None:
        document["organization"] = {
            "display_name": row["organization_display_name"],
            "icon": row["organization_icon"],
            "id": row["organization_id"],
            "name": row["organization_name"],
        }
    return document | {
        "organization_id": row["organization_id"] or NIL,
        "request_id": row["request_id"] or NIL,
        "resource_icon": row["icon"],
        "resource_id": row["resource_id"],
        "resource_link": "" if row["is_deleted"] else _link(row),
        "resource_target": row["shown_target"],
        "resource_type": row["resource_type"],
        "status_code": row["status_code"],
        "time": rfc3339(row["time"]),
        "user": _person(row["person"]),
        "user_agent": row["user_agent"] or "",
    }


def description(row: Row) -> str:
    """`{user}` and `{target}` are filled in by whoever shows it."""
    action: str = row["action"]
    resource_type: str = row["resource_type"]
    if row["status_code"] == _SEE_OTHER:
        verb = f"was redirected attempting to {action}"
    elif row["status_code"] >= _REFUSED:
        verb = f"unsuccessfully attempted to {action}"
    else:
        verb = _DONE.get(action, action)
    if action == "request_password_reset":
        # Whoever knows an address may ask: it need not be the person.
        return f"{verb} for {{target}}"
    if resource_type == "api_key" and action in _SIGNING:
        return f"{{user}} {verb}"
    # A build is told as what it does to its workspace.
    thing = "workspace" if resource_type == "workspace_build" else resource_type.replace("_", " ")
    if resource_type == "git_ssh_key":
        return f"{{user}} {verb} the {thing}"
    return f"{{user}} {verb} {thing} {{target}}"


def _additional(row: Row) -> dict[str, Any]:
    fields = dict(row["additional_fields"])
    if row["resource_type"] == "workspace_build" and row["workspace_owner"] is not None:
        fields["workspace_owner"] = row["workspace_owner"]
    return fields


def _link(row: Row) -> str:
    """Where the resource is shown, below the deployment's address; what was never made is shown nowhere."""
    if row["resource_id"] == NIL:
        return ""
    target, organization = row["shown_target"], row["organization_name"]
    match row["resource_type"]:
        case "workspace" if row["workspace_name"] is not None:
            return f"/@{row['workspace_owner']}/{row['workspace_name']}"
        case "workspace_build" if row["build_number"] is not None:
            return f"/@{row['workspace_owner']}/{row['workspace_name']}/builds/{row['build_number']}"
        case "template" if organization is not None:
            return f"/templates/{organization}/{target}"
        case "template_version" if organization is not None and row["template_name"] is not None:
            return f"/templates/{organization}/{row['template_name']}/versions/{target}"
        case "user":
            return f"/users?filter={target}"
        case "group" if organization is not None:
            return f"/organizations/{organization}/groups/{target}"
        case "organization":
            return f"/organizations/{target}"
        case "organization_member" if organization is not None:
            return f"/organizations/{organization}/members"
    return ""


def _person(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Without organizations: whoever reads the log is not told of all of them."""
    if row is None:
        return None
    return user_document(
        UserRow(
            id=row["id"],
            username=row["username"],
            email=row["email"],
            name=row["name"],
            avatar_url=row["avatar_url"],
            status=row["status"],
            login_type=row["login_type"],
            is_service_account=row["is_service_account"],
            is_system=row["is_system"],
            deleted=row["deleted"],
            roles=row["roles"],
            created_at=datetime.fromisoformat(row["created_at"]),
            updated_at=datetime.fromisoformat(row["updated_at"]),
            last_seen_at=None if row["last_seen_at"] is None else datetime.fromisoformat(row["last_seen_at"]),
            organization_ids=(),
        )
    )
