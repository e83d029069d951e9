"""A small deployment's history: people, a template, workspaces with builds and agents, and what changes their documents."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.agents.events import AgentConnected, AgentConnectionTimedOut, AgentCreated, AgentDisconnected, AppStatusReported
from domain.builds.events import BuildCompleted, BuildFailed, BuildQueued, BuildStarted
from domain.groups.events import GroupCreated, GroupUpdated
from domain.kernel.events import Actor, Event, Metadata, Recorded, Stream
from domain.organizations.events import EveryoneGroupUpdated, MemberAdded, OrganizationCreated, OrganizationUpdated
from domain.templates.events import TemplateCreated, TemplateUpdated, TemplateVersionPromoted
from domain.templates.settings import DEFAULTS
from domain.templates.values import AgentSpec, AppSpec, ScriptSpec
from domain.templates.version_events import TemplateVersionCreated, TemplateVersionUpdated
from domain.users.events import UserCreated, UserDeleted, UserProfileChanged
from domain.workspaces.events import WorkspaceACLUpdated, WorkspaceBuildEnded, WorkspaceBuildQueued, WorkspaceCreated

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def uid(name: str) -> str:
    """The id that stands for a name in these histories."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


ANN, BOB, CID = uid("ann"), uid("bob"), uid("cid")
ORGANIZATION, GROUP, TEMPLATE, VERSION, NEWER = (uid(n) for n in ("organization", "group", "template", "v1", "v2"))
SETTINGS = {**DEFAULTS, "display_name": "Docker", "icon": "/icon/docker.svg"}
PARAMETERS = [{"name": "Region", "value": "EU"}, {"name": "cpu", "value": "2"}]

Entry = tuple[str, Event]


def history(*entries: Entry) -> list[Recorded]:
    """One event a second, each on the stream of its category with that id; positions with gaps, as the log has them."""
    versions: dict[str, int] = {}
    recorded = []
    for number, (id, event) in enumerate(entries, 1):
        versions[id] = versions.get(id, 0) + 1
        metadata = Metadata(Actor("user", ANN), uid("correlation"))
        time = START + timedelta(seconds=number, microseconds=500_000)
        recorded.append(Recorded(event, Stream(event.CATEGORY, id), versions[id], uid(f"event {number}"), time, metadata, number * 3))
    return recorded


def person(id: str, name: str) -> Entry:
    return id, UserCreated(name, f"{name}@example.com", f"Real {name}", "password", "active")


FOUNDED: list[Entry] = [
    person(ANN, "Ann"),
    person(BOB, "bob"),
    person(CID, "cid"),
    (ORGANIZATION, OrganizationCreated("coder", "Coder", "", "", is_default=True)),
    *[(ORGANIZATION, MemberAdded(id, [])) for id in (ANN, BOB, CID)],
    (GROUP, GroupCreated(ORGANIZATION, "crew", "The Crew", "", 0)),
    (VERSION, TemplateVersionCreated(ORGANIZATION, None, "first", "", uid("file"), uid("import"), "echo", {})),
    (TEMPLATE, TemplateCreated(ORGANIZATION, "docker", VERSION, "echo", SETTINGS, {}, {ORGANIZATION: "use"})),
]


def queued(name: str, number: int = 1, transition: str = "start", initiator: str = "", version: str = VERSION) -> list[Entry]:
    """The next build of the workspace that stands for `name`."""
    workspace, build = uid(name), uid(f"{name} build {number}")
    job = uid(f"{name} job {number}")
    tags = {"scope": "organization", "owner": ""}
    event = BuildQueued(
        workspace,
        number,
        transition,
        "initiator",
        ORGANIZATION,
        TEMPLATE,
        version,
        None,
        initiator or ANN,
        job,
        uid("file"),
        tags,
        PARAMETERS,
    )
    return [(build, event), (workspace, WorkspaceBuildQueued(build, number, transition))]


def started(name: str, number: int = 1) -> Entry:
    return uid(f"{name} build {number}"), BuildStarted(uid(name), uid(f"{name} job {number}"), uid("worker"))


def failed(name: str, number: int = 1, transition: str = "start") -> list[Entry]:
    build = uid(f"{name} build {number}")
    return [
        (build, BuildFailed(uid(name), uid(f"{name} job {number}"), transition, "no luck")),
        (uid(name), WorkspaceBuildEnded(build, number, transition, "failed")),
    ]


def completed(name: str, number: int = 1, transition: str = "start", agents: Sequence[str] = ()) -> list[Entry]:
    """The build succeeds with one resource that holds agents of these names."""
    workspace, build, resource = uid(name), uid(f"{name} build {number}"), uid(f"{name} resource {number}")
    resources: list[dict[str, object]] = [
        {
            "id": resource,
            "name": "main",
            "type": "docker_container",
            "icon": "",
            "hide": False,
            "daily_cost": 3,
            "instance_type": "",
            "metadata": [],
        }
    ]
    deadline = START + timedelta(hours=8)
    event = BuildCompleted(workspace, uid(f"{name} job {number}"), transition, resources, [], 3, deadline, None, False, False)
    return [
        (build, event),
        (workspace, WorkspaceBuildEnded(build, number, transition, "succeeded")),
        *[(agent_id(name, agent), agent_created(name, agent, order, build, resource)) for order, agent in enumerate(agents)],
    ]


def agent_id(name: str, agent: str) -> str:
    return uid(f"{name} agent {agent}")


def agent_created(name: str, agent: str, order: int, build: str, resource: str) -> AgentCreated:
    """An agent with one app and one script that blocks."""
    app = AppSpec("code", display_name="VS Code", url="http://localhost:8080", subdomain=True)
    script = ScriptSpec("Startup", script="echo hi", run_on_start=True, start_blocks_login=True, timeout=2)
    spec = AgentSpec(agent, env={"EDITOR": "vim"}, apps=(app,), scripts=(script,)).to_dict()
    spec["order"] = order
    spec["apps"][0]["id"] = uid(f"{name} app {agent}")
    spec["scripts"][0] |= {"id": uid(f"{name} script {agent}"), "log_source_id": uid(f"{name} source {agent}")}
    return AgentCreated(uid(name), build, resource, agent, None, 120, spec)


def created(name: str, owner: str = ANN, **fields: object) -> list[Entry]:
    """A workspace and its first build, queued."""
    event = WorkspaceCreated(owner, ORGANIZATION, TEMPLATE, name, None, 3_600_000, "never", None)
    return [(uid(name), replace(event, **fields)), *queued(name, initiator=owner)]  # type: ignore[arg-type]


def running(name: str, owner: str = ANN, agents: Sequence[str] = (), **fields: object) -> list[Entry]:
    """A workspace whose first start succeeded."""
    return [*created(name, owner, **fields), started(name), *completed(name, agents=agents)]


def connected(name: str, agent: str, number: int = 1) -> Entry:
    return agent_id(name, agent), AgentConnected(uid(name), uid(f"{name} build {number}"))


def disconnected(name: str, agent: str, last: datetime) -> Entry:
    return agent_id(name, agent), AgentDisconnected(uid(name), uid(f"{name} build 1"), last)


def timed_out(name: str, agent: str) -> Entry:
    return agent_id(name, agent), AgentConnectionTimedOut(uid(name), uid(f"{name} build 1"))


def said(name: str, agent: str, message: str) -> Entry:
    status = AppStatusReported(uid(name), uid(f"{name} build 1"), uid(message), uid(f"{name} app {agent}"), "working", message, "")
    return agent_id(name, agent), status


def shared(name: str, users: dict[str, str], groups: dict[str, str] | None = None) -> Entry:
    return uid(name), WorkspaceACLUpdated(users, groups or {})


TEMPLATE_RENAMED: Entry = (TEMPLATE, TemplateUpdated(ORGANIZATION, "podman", {**SETTINGS, "allow_user_cancel_workspace_jobs": True}))
PROMOTED: Entry = (TEMPLATE, TemplateVersionPromoted(ORGANIZATION, NEWER))
VERSION_RENAMED: Entry = (VERSION, TemplateVersionUpdated(TEMPLATE, "renamed", ""))
ORGANIZATION_RENAMED: Entry = (ORGANIZATION, OrganizationUpdated("acme", "Acme", "", "", []))
GROUP_RENAMED: Entry = (GROUP, GroupUpdated(ORGANIZATION, "team", "", "https://example.com/g.png", 0))
EVERYONE_CHANGED: Entry = (ORGANIZATION, EveryoneGroupUpdated("https://example.com/e.png", 0))


def renamed(id: str, username: str) -> Entry:
    return id, UserProfileChanged(username, f"Real {username}")


def gone(id: str) -> Entry:
    return id, UserDeleted()
