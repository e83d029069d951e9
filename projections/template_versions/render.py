"""A template version's row as the API's TemplateVersion. Pure. Source: contract/lifecycle.md A2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.kernel.ids import NIL
from projections.documents import rfc3339
from projections.jobs.render import render_job
from projections.template_versions.queries import job_of

Row = Mapping[str, Any]


def render_version(row: Row, *, queue: tuple[int, int] = (0, 0), matched_provisioners: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The document of a version (`queries.version_by_id`). `queue` is (position, size) of its job.

    A version without template shows the nil UUID; `matched_provisioners` is for pending jobs alone.
    """
    author: dict[str, Any] = {}
    if row["author_avatar_url"]:
        author["avatar_url"] = row["author_avatar_url"]
    author["id"] = row["created_by"] or NIL
    if row["author_name"]:
        author["name"] = row["author_name"]
    author["username"] = row["author_username"] or ""
    document: dict[str, Any] = {
        "archived": row["archived"],
        "created_at": rfc3339(row["created_at"]),
        "created_by": author,
        "has_external_agent": False,
        "id": row["id"],
        "job": render_job(job_of(row), queue_position=queue[0], queue_size=queue[1]),
    }
    if matched_provisioners is not None:
        document["matched_provisioners"] = matched_provisioners
    document["message"] = row["message"]
    document["name"] = row["name"]
    document["organization_id"] = row["organization_id"]
    document["readme"] = row["readme"]
    document["template_id"] = row["template_id"] or NIL
    document["updated_at"] = rfc3339(row["updated_at"])
    return document
