"""What creating a workspace needs from the read models: the template that is meant, and the document of what was just queued."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.kernel.events import Recorded
from projections.builds.fold import MODEL as BUILD_MODEL
from projections.builds.render import Owner
from projections.builds.tables import BUILDS
from projections.engine.tables import Row, Rows
from projections.jobs.fold import MODEL as JOB_MODEL
from projections.jobs.tables import JOBS
from projections.workspaces.fold import MODEL
from projections.workspaces.render import Surroundings, Template, render_workspace
from projections.workspaces.tables import WORKSPACES

Acl = Mapping[str, Collection[str]]

_TEMPLATE: LiteralString = """
    SELECT t.id, t.organization_id, t.name, t.deleted, coalesce(t.settings ->> 'deprecation_message', ''), t.user_acl, t.group_acl
    FROM templates t
    WHERE t.id = %s::uuid
"""
_VERSION: LiteralString = "SELECT id, organization_id, template_id, archived FROM template_versions WHERE id = %s::uuid"
_AROUND: LiteralString = """
    SELECT o.username, o.avatar_url, g.name, i.username, t.name, t.display_name, t.icon, t.active_version_id,
      coalesce((t.settings ->> 'allow_user_cancel_workspace_jobs')::boolean, false),
      coalesce((t.settings ->> 'require_active_version')::boolean, false),
      coalesce((t.settings ->> 'use_classic_parameter_flow')::boolean, false),
      coalesce((t.settings ->> 'allow_user_autostop')::boolean, true),
      coalesce((t.settings ->> 'default_ttl_ms')::bigint, 0)
    FROM users o, organizations g, templates t, users i
    WHERE o.id = %s::uuid AND g.id = %s::uuid AND t.id = %s::uuid AND i.id = %s::uuid
"""


@dataclass(frozen=True, slots=True)
class WantedTemplate:
    """A template somebody wants a workspace of; access lists map ids to actions."""

    id: str
    organization_id: str
    name: str
    deleted: bool
    deprecation_message: str
    user_acl: Acl
    group_acl: Acl


@dataclass(frozen=True, slots=True)
class Names:
    """What a new workspace shows of those around it."""

    owner: str
    owner_avatar_url: str
    organization: str
    initiator: str
    template: Template


@dataclass(frozen=True, slots=True)
class New:
    """The rows that a creation made."""

    workspace: Row
    build: Row
    job: Row

    @property
    def around(self) -> tuple[str, str, str, str]:
        """The ids of its owner, organization, template and initiator."""
        workspace = self.workspace
        return workspace["owner_id"], workspace["organization_id"], workspace["template_id"], self.build["initiator_id"]


@dataclass(frozen=True, slots=True)
class WantedVersion:
    """A version somebody wants a workspace of; `template_id` is None while no template was made from it."""

    id: str
    organization_id: str
    template_id: str | None
    archived: bool


async def wanted_template(connection: AsyncConnection[Any], id: str) -> WantedTemplate | None:
    """The template, deleted ones too."""
    cursor = await connection.execute(_TEMPLATE, (id,), prepare=True)
    row = await cursor.fetchone()
    return None if row is None else WantedTemplate(*row)


async def wanted_version(connection: AsyncConnection[Any], id: str) -> WantedVersion | None:
    """The version, archived ones too."""
    cursor = await connection.execute(_VERSION, (id,), prepare=True)
    row = await cursor.fetchone()
    return None if row is None else WantedVersion(*row)


async def names(connection: AsyncConnection[Any], around: tuple[str, str, str, str]) -> Names:
    """What these are called: an owner, an organization, a template and an initiator. Raises `LookupError` when one is unknown."""
    cursor = await connection.execute(_AROUND, around, prepare=True)
    found = await cursor.fetchone()
    if found is None:
        raise LookupError("a new workspace has an owner, an organization, a template and an initiator")
    username, avatar_url, organization, initiator, *template = found
    return Names(username, avatar_url, organization, initiator, Template(*template))


def created(events: Sequence[Recorded]) -> New:
    """What creating a workspace by these events made: folding them gives the very rows that the read models held at that moment,
    whatever has become of its build since."""
    rows = Rows()
    for recorded in events:
        for model in (JOB_MODEL, BUILD_MODEL, MODEL):
            model.apply(rows, recorded)
    ids = {recorded.stream.category: recorded.stream.id for recorded in events}
    workspace, build = rows.get(WORKSPACES, ids["workspace"]), rows.get(BUILDS, ids["build"])
    if workspace is None or build is None or (job := rows.get(JOBS, build["job_id"])) is None:
        raise LookupError("these are not the events of a new workspace")
    return New(workspace, build, job)


def created_document(new: New, called: Names) -> bytes:
    """The document of a new workspace. The version's name is left empty, as in the reference (contract/workspaces.md 3.1)."""
    around = Surroundings(
        owner=Owner(new.workspace["name"], new.workspace["owner_id"], called.owner, called.owner_avatar_url),
        organization_name=called.organization,
        template=called.template,
        build=new.build,
        job=new.job,
        version_name="",
        initiator_name=called.initiator,
        agents=(),
        statuses={},
        latest_status=None,
        people={},
        groups={},
    )
    return render_workspace(new.workspace, around).document
