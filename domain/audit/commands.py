"""What can be noted for auditors."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoteRefusal:
    """`user_id` asked for `action` on a resource by `route` ("PATCH /workspaces/{workspace}") on `day` and was refused with
    `status_code`; `resource_id` is the nil UUID where the resource does not exist yet, `organization_id` the resource's, if known."""

    user_id: str
    day: str
    resource_type: str
    resource_id: str
    action: str
    route: str
    status_code: int
    organization_id: str | None = None
