"""The workspace list as contract/listing.md words it, worked out from the log in plain Python: nothing of the service is asked.

Slow and naive on purpose: each rule stands where the contract has it, so that reading one shows whether the other is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.kernel.events import Recorded
from domain.workspaces.events import WorkspaceUsed


@dataclass
class Build:
    """The build with the highest number; times only as far as somebody asks whether they are set."""

    id: str
    transition: str
    version: str
    parameters: list[dict[str, str]]
    started: bool = False
    completed: bool = False
    cancel_asked: bool = False
    error: str = ""
    external_agent: bool | None = None
    agents: dict[str, str] = field(default_factory=dict)

    def job_status(self) -> str:
        """Section 6, first table."""
        if self.completed:
            return "failed" if self.error else "canceled" if self.cancel_asked else "succeeded"
        if self.cancel_asked:
            return "canceling"
        return "running" if self.started else "pending"

    def status(self) -> str:
        """Section 6, second table."""
        words = {
            "running": {"start": "starting", "stop": "stopping", "delete": "deleting"},
            "succeeded": {"start": "running", "stop": "stopped", "delete": "deleted"},
        }
        job = self.job_status()
        return words.get(job, {}).get(self.transition, job)


@dataclass
class Workspace:
    """A row of the list."""

    id: str
    owner: str
    organization: str
    template: str
    name: str
    last_used: datetime
    users: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    favorite: bool = False
    dormant: bool = False
    deleted: bool = False
    build: Build | None = None


@dataclass
class Person:
    """Somebody, and what they hold where."""

    name: str
    roles: list[str] = field(default_factory=list)
    deleted: bool = False


@dataclass
class World:
    """Everything that the list depends on."""

    people: dict[str, Person] = field(default_factory=dict)
    organizations: dict[str, str] = field(default_factory=dict)
    default_organization: str = ""
    members: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    readers: set[tuple[str, str]] = field(default_factory=set)
    sharing: dict[str, str] = field(default_factory=dict)
    groups: dict[str, tuple[str, str, set[str]]] = field(default_factory=dict)
    templates: dict[str, dict[str, Any]] = field(default_factory=dict)
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    agents: dict[str, str] = field(default_factory=dict)


def world(history: Iterable[Recorded]) -> World:
    """The state of all things after a history."""
    w = World()
    for recorded in history:
        told = getattr(_Tellers, type(recorded.event).__name__, None)
        if told is not None:
            told(w, recorded.stream.id, recorded.event, recorded)
        elif recorded.stream.category == "build":
            _build_changed(w, recorded)
    return w


def _build_changed(w: World, recorded: Recorded) -> None:
    event: Any = recorded.event
    workspace = w.workspaces[event.workspace_id]
    if type(event).__name__ == "BuildQueued":
        workspace.build = Build(recorded.stream.id, event.transition, event.template_version_id, event.parameters)
        return
    build = workspace.build
    assert build is not None
    assert build.id == recorded.stream.id
    match type(event).__name__:
        case "BuildStarted":
            build.started = True
        case "BuildCancelRequested":
            build.cancel_asked = True
        case "BuildCompleted":
            build.completed, build.external_agent = True, event.has_external_agent
        case "BuildFailed":
            build.completed, build.error = True, event.error
        case "BuildCanceled":
            build.completed = build.cancel_asked = True


class _Tellers:
    """What each event says; a method per event name, called with the world, the stream's id, the event and its envelope."""

    @staticmethod
    def UserCreated(w: World, id: str, e: Any, _: Recorded) -> None:
        w.people[id] = Person(e.username)

    @staticmethod
    def UserSiteRolesSet(w: World, id: str, e: Any, _: Recorded) -> None:
        w.people[id].roles = list(e.roles)

    @staticmethod
    def UserProfileChanged(w: World, id: str, e: Any, _: Recorded) -> None:
        w.people[id].name = e.username

    @staticmethod
    def UserDeleted(w: World, id: str, _e: Any, _: Recorded) -> None:
        w.people[id].deleted = True

    @staticmethod
    def OrganizationCreated(w: World, id: str, e: Any, _: Recorded) -> None:
        w.organizations[id], w.members[id], w.sharing[id] = e.name, {}, "everyone"
        if e.is_default:
            w.default_organization = id

    @staticmethod
    def WorkspaceSharingSet(w: World, id: str, e: Any, _: Recorded) -> None:
        w.sharing[id] = e.shareable_workspace_owners

    @staticmethod
    def CustomRoleCreated(w: World, id: str, e: Any, _: Recorded) -> None:
        if any(p["resource_type"] == "workspace" and p["action"] == "read" and not p["negate"] for p in e.permissions):
            w.readers.add((id, e.name))

    @staticmethod
    def MemberAdded(w: World, id: str, e: Any, _: Recorded) -> None:
        w.members[id][e.user_id] = list(e.roles)

    @staticmethod
    def MemberRemoved(w: World, id: str, e: Any, _: Recorded) -> None:
        del w.members[id][e.user_id]
        for _group, (organization, _name, people) in w.groups.items():
            if organization == id:
                people.discard(e.user_id)

    @staticmethod
    def GroupCreated(w: World, id: str, e: Any, _: Recorded) -> None:
        w.groups[id] = (e.organization_id, e.name, set())

    @staticmethod
    def GroupMembersChanged(w: World, id: str, e: Any, _: Recorded) -> None:
        w.groups[id][2].update(e.added)
        w.groups[id][2].difference_update(e.removed)

    @staticmethod
    def GroupDeleted(w: World, id: str, _e: Any, _: Recorded) -> None:
        del w.groups[id]

    @staticmethod
    def TemplateCreated(w: World, id: str, e: Any, _: Recorded) -> None:
        w.templates[id] = {
            "organization": e.organization_id,
            "name": e.name,
            "active": e.active_version_id,
            "users": dict(e.user_acl),
            "groups": dict(e.group_acl),
            "deleted": False,
        }

    @staticmethod
    def TemplateACLUpdated(w: World, id: str, e: Any, _: Recorded) -> None:
        _merge(w.templates[id]["users"], e.user_acl)
        _merge(w.templates[id]["groups"], e.group_acl)

    @staticmethod
    def TemplateVersionPromoted(w: World, id: str, e: Any, _: Recorded) -> None:
        w.templates[id]["active"] = e.version_id

    @staticmethod
    def TemplateDeleted(w: World, id: str, _e: Any, _: Recorded) -> None:
        w.templates[id]["deleted"] = True

    @staticmethod
    def WorkspaceCreated(w: World, id: str, e: Any, recorded: Recorded) -> None:
        w.workspaces[id] = Workspace(id, e.owner_id, e.organization_id, e.template_id, e.name, recorded.time)

    @staticmethod
    def WorkspaceFavorited(w: World, id: str, _e: Any, _: Recorded) -> None:
        w.workspaces[id].favorite = True

    @staticmethod
    def WorkspaceACLUpdated(w: World, id: str, e: Any, _: Recorded) -> None:
        _merge(w.workspaces[id].users, e.user_roles)
        _merge(w.workspaces[id].groups, e.group_roles)

    @staticmethod
    def WorkspaceACLCleared(w: World, id: str, _e: Any, _: Recorded) -> None:
        w.workspaces[id].users, w.workspaces[id].groups = {}, {}

    @staticmethod
    def WorkspaceUsed(w: World, id: str, e: WorkspaceUsed, _: Recorded) -> None:
        w.workspaces[id].last_used = max(w.workspaces[id].last_used, e.used_at)

    @staticmethod
    def WorkspaceDormancySet(w: World, id: str, e: Any, recorded: Recorded) -> None:
        w.workspaces[id].dormant = e.dormant_at is not None
        if e.dormant_at is None:
            w.workspaces[id].last_used = recorded.time

    @staticmethod
    def WorkspaceDeleted(w: World, id: str, _e: Any, _: Recorded) -> None:
        w.workspaces[id].deleted = True

    @staticmethod
    def AgentCreated(w: World, id: str, e: Any, _: Recorded) -> None:
        _set_agent(w, id, e, "connecting")

    @staticmethod
    def AgentConnected(w: World, id: str, e: Any, _: Recorded) -> None:
        _set_agent(w, id, e, "connected")

    @staticmethod
    def AgentDisconnected(w: World, id: str, e: Any, _: Recorded) -> None:
        _set_agent(w, id, e, "disconnected")

    @staticmethod
    def AgentConnectionTimedOut(w: World, id: str, e: Any, _: Recorded) -> None:
        _set_agent(w, id, e, "timeout")

    @staticmethod
    def AgentDeleted(w: World, id: str, e: Any, _: Recorded) -> None:
        build = w.workspaces[e.workspace_id].build
        if build is not None and build.id == e.build_id:
            build.agents.pop(id, None)


def _set_agent(w: World, id: str, event: Any, state: str) -> None:
    build = w.workspaces[event.workspace_id].build
    if build is not None and build.id == event.build_id:
        build.agents[id] = state


def _merge(acl: dict[str, str], changes: Mapping[str, str]) -> None:
    for id, role in changes.items():
        if role:
            acl[id] = role
        else:
            acl.pop(id, None)


def like(pattern: str, text: str) -> bool:
    """Case-insensitive; `_` is any character, `%` any run, and there is no escape."""
    translated = "".join("." if c == "_" else ".*" if c == "%" else re.escape(c) for c in pattern.lower())
    return re.fullmatch(translated, text.lower(), re.DOTALL) is not None
