"""A job's row as the API's ProvisionerJob. Pure: rows are dicts by column name (`jobs`). Source: contract/lifecycle.md C2, C3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.kernel.ids import NIL
from projections.documents import rfc3339

Row = Mapping[str, Any]

#: Columns of `jobs` that `render_job` reads.
COLUMNS = (
    "id",
    "type",
    "organization_id",
    "initiator_id",
    "file_id",
    "tags",
    "template_version_id",
    "build_id",
    "worker_id",
    "created_at",
    "started_at",
    "canceled_at",
    "completed_at",
    "error",
    "error_code",
    "logs_overflowed",
)

WORKSPACE_BUILD = "workspace_build"

#: What embedded jobs show: only the routes about jobs fill it.
NO_METADATA: Mapping[str, str] = {
    "template_display_name": "",
    "template_icon": "",
    "template_id": NIL,
    "template_name": "",
    "template_version_name": "",
}


def job_status(job: Row) -> str:
    """The status word of a job, from four of its columns."""
    if job["error"]:
        return "failed"
    if job["completed_at"] is not None:
        return "canceled" if job["canceled_at"] is not None else "succeeded"
    if job["canceled_at"] is not None:
        return "canceling"
    return "pending" if job["started_at"] is None else "running"


def render_job(job: Row, *, queue_position: int = 0, queue_size: int = 0, metadata: Mapping[str, Any] = NO_METADATA) -> dict[str, Any]:
    """The document of a job. Stored documents show an empty queue: whoever reads a pending one fills in where it stands."""
    document: dict[str, Any] = {}
    if job["canceled_at"] is not None:
        document["canceled_at"] = rfc3339(job["canceled_at"])
    if job["completed_at"] is not None:
        document["completed_at"] = rfc3339(job["completed_at"])
    document["created_at"] = rfc3339(job["created_at"])
    if job["error"]:
        document["error"] = job["error"]
    if job["error_code"]:
        document["error_code"] = job["error_code"]
    document["file_id"] = job["file_id"]
    document["id"] = job["id"]
    document["initiator_id"] = job["initiator_id"] or NIL
    document["input"] = _input(job)
    document["logs_overflowed"] = job["logs_overflowed"]
    document["metadata"] = metadata
    document["organization_id"] = job["organization_id"]
    document["queue_position"] = queue_position
    document["queue_size"] = queue_size
    if job["started_at"] is not None:
        document["started_at"] = rfc3339(job["started_at"])
    document["status"] = job_status(job)
    document["tags"] = job["tags"]
    document["type"] = job["type"]
    if job["worker_id"] is not None:
        document["worker_id"] = job["worker_id"]
    return document


def _input(job: Row) -> dict[str, Any]:
    if job["type"] == WORKSPACE_BUILD:
        return {"workspace_build_id": job["build_id"]}
    return {"template_version_id": job["template_version_id"]} if job["template_version_id"] is not None else {}
