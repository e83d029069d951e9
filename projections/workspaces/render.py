"""A workspace's row and its surroundings as the API's Workspace, in ready bytes. Source: contract/workspaces.md 9.

Stored documents are those of a reader who is not the owner, on a deployment without renames, with nobody in the queue:
`shown` and `queued` put in what depends on reader, deployment and moment without parsing them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.kernel.ids import PREBUILDS_USER
from domain.workspaces.values import role_of
from projections.agents.render import render_app_status
from projections.builds.render import Owner, render_build
from projections.documents import dumps, rfc3339, rfc3339_or_none

Row = Mapping[str, Any]

_HEALTHY = {"failing_agents": [], "healthy": True}
_NO_RENAMES = b'{"allow_renames":false,'
_RENAMES = b'{"allow_renames":true,'
# Outside of text, in which quotes are escaped, each of these occurs once in a document: no other object has these keys.
_NO_FAVORITE, _FAVORITE = b'"favorite":false', b'"favorite":true'
_NO_QUEUE = b'"queue_position":0,"queue_size":0'
_NO_PROVISIONERS = b'"matched_provisioners":{"available":0,"count":0,"most_recently_seen":null}'


@dataclass(frozen=True, slots=True)
class Template:
    """What a workspace shows of its template."""

    name: str
    display_name: str
    icon: str
    active_version_id: str
    allow_user_cancel_workspace_jobs: bool
    require_active_version: bool
    use_classic_parameter_flow: bool
    allow_user_autostop: bool
    default_ttl_ms: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything around a workspace's row that its document shows. `statuses` by agent id and all newest first.

    `people` and `groups` are (name, avatar_url) by id; whoever vanished is not among them.
    """

    owner: Owner
    organization_name: str
    template: Template
    build: Row
    job: Row
    version_name: str
    initiator_name: str
    agents: Sequence[Row]
    statuses: Mapping[str, Sequence[Row]]
    latest_status: Row | None
    people: Mapping[str, tuple[str, str]]
    groups: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document and what lists filter by."""

    document: bytes
    status: str
    outdated: bool
    agent_states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Where a pending job stands, and who could take it: `position` and `size` in jobs, `count` and `available` in provisioners."""

    position: int = 0
    size: int = 0
    count: int = 0
    available: int = 0
    most_recently_seen: datetime | None = None


def render_workspace(workspace: Row, around: Surroundings) -> Rendered:
    """The document of a workspace that has a build."""
    template, owner = around.template, around.owner
    build = render_build(
        around.build,
        around.job,
        owner,
        initiator_name=around.initiator_name,
        version_name=around.version_name,
        agents=around.agents,
        statuses=around.statuses,
    )
    outdated = around.build["template_version_id"] != template.active_version_id
    document: dict[str, Any] = {"allow_renames": False, "automatic_updates": workspace["automatic_updates"]}
    if workspace["autostart_schedule"]:
        document["autostart_schedule"] = workspace["autostart_schedule"]
    document["created_at"] = rfc3339(workspace["created_at"])
    document["deleting_at"] = rfc3339_or_none(workspace["deleting_at"])
    document["dormant_at"] = rfc3339_or_none(workspace["dormant_at"])
    document["favorite"] = False
    document["health"] = _health(build["resources"])
    document["id"] = workspace["id"]
    document["is_prebuild"] = owner.owner_id == PREBUILDS_USER
    document["last_used_at"] = rfc3339(workspace["last_used_at"])
    document["latest_app_status"] = None if around.latest_status is None else render_app_status(around.latest_status)
    document["latest_build"] = build
    document["name"] = workspace["name"]
    document["next_start_at"] = rfc3339_or_none(workspace["next_start_at"])
    document["organization_id"] = workspace["organization_id"]
    document["organization_name"] = around.organization_name
    document["outdated"] = outdated
    document["owner_avatar_url"] = owner.avatar_url
    document["owner_id"] = owner.owner_id
    document["owner_name"] = owner.username
    actors = _actors(workspace, around)
    if actors:
        document["shared_with"] = actors
    document["task_id"] = None
    document["template_active_version_id"] = template.active_version_id
    document["template_allow_user_cancel_workspace_jobs"] = template.allow_user_cancel_workspace_jobs
    document["template_display_name"] = template.display_name
    document["template_icon"] = template.icon
    document["template_id"] = workspace["template_id"]
    document["template_name"] = template.name
    document["template_require_active_version"] = template.require_active_version
    document["template_use_classic_parameter_flow"] = template.use_classic_parameter_flow
    # A template that forbids an own TTL shows its default instead, also where that is none.
    ttl_ms = workspace["ttl_ms"] if template.allow_user_autostop else template.default_ttl_ms
    if ttl_ms is not None:
        document["ttl_ms"] = ttl_ms
    document["updated_at"] = rfc3339(workspace["updated_at"])
    return Rendered(dumps(document), build["status"], outdated, _agent_states(build))


def _health(resources: Iterable[Row]) -> Mapping[str, Any]:
    """Sub-agents may fail without harm to the workspace."""
    failing = [
        agent["id"]
        for resource in resources
        for agent in resource.get("agents", ())
        if agent["parent_id"] is None and not agent["health"]["healthy"]
    ]
    return {"failing_agents": failing, "healthy": False} if failing else _HEALTHY


def _agent_states(build: Row) -> tuple[str, ...]:
    """What `has-agent:` finds: sub-agents count, other transitions than start do not (contract/listing.md 7)."""
    if build["transition"] != "start":
        return ()
    return tuple(sorted({agent["status"] for resource in build["resources"] for agent in resource.get("agents", ())}))


def _actors(workspace: Row, around: Surroundings) -> list[dict[str, Any]]:
    return [
        *_shared(workspace["user_acl"], "user", around.people),
        *_shared(workspace["group_acl"], "group", around.groups),
    ]


def _shared(acl: Mapping[str, Sequence[str]], kind: str, known: Mapping[str, tuple[str, str]]) -> Iterable[dict[str, Any]]:
    for id in sorted(acl):
        name, avatar_url = known.get(id, ("", ""))
        actor: dict[str, Any] = {"actor_type": kind}
        if avatar_url:
            actor["avatar_url"] = avatar_url
        yield {**actor, "id": id, "name": name, "roles": [role_of(acl[id])]}


def shown(document: bytes, *, favorite: bool, allow_renames: bool) -> bytes:
    """The stored document as one reader sees it: `favorite` only for the owner, `allow_renames` from the settings."""
    if favorite:
        document = document.replace(_NO_FAVORITE, _FAVORITE, 1)
    return _RENAMES + document[len(_NO_RENAMES) :] if allow_renames else document


def queued(document: bytes, place: QueuePlace) -> bytes:
    """The document of a pending build, or of its workspace, with its place in the queue and its provisioners."""
    seen = rfc3339_or_none(place.most_recently_seen)
    provisioners = dumps({"available": place.available, "count": place.count, "most_recently_seen": seen})
    document = document.replace(_NO_PROVISIONERS, b'"matched_provisioners":' + provisioners, 1)
    return document.replace(_NO_QUEUE, b'"queue_position":%d,"queue_size":%d' % (place.position, place.size), 1)
