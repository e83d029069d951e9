"""Random deployments as histories: people with all sorts of rights, templates that some may read, workspaces in every state.

Names are few and in mixed case, so that questions find something; every random number comes from one seed.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from domain.agents.events import AgentConnected, AgentConnectionTimedOut, AgentCreated, AgentDeleted, AgentDisconnected
from domain.builds.events import BuildCanceled, BuildCancelRequested, BuildCompleted, BuildFailed, BuildQueued, BuildStarted
from domain.groups.events import GroupCreated, GroupDeleted, GroupMembersChanged
from domain.kernel.events import Actor, Event, Metadata, Recorded, Stream
from domain.organizations.events import (
    CustomRoleCreated,
    MemberAdded,
    MemberRemoved,
    OrganizationCreated,
    WorkspaceSharingSet,
)
from domain.templates.events import TemplateACLUpdated, TemplateCreated, TemplateDeleted, TemplateVersionPromoted
from domain.templates.settings import DEFAULTS
from domain.templates.values import AgentSpec
from domain.templates.version_events import TemplateVersionCreated
from domain.users.events import UserCreated, UserDeleted, UserProfileChanged, UserSiteRolesSet
from domain.workspaces import events as workspaces

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SITE_ROLES = ("owner", "template-admin", "user-admin", "auditor")
ORGANIZATION_ROLES = (
    "organization-admin",
    "organization-template-admin",
    "organization-user-admin",
    "organization-auditor",
    "organization-workspace-creation-ban",
)
READER = "workspace-reader"
USERNAMES = ("Ann", "bob", "Cid", "dora", "EVE", "finn", "gus", "hal")
WORKSPACE_NAMES = ("Dev", "dev2", "web", "a", "b", "Ab", "train", "x1", "x2", "Data")
TEMPLATE_NAMES = ("docker", "Podman", "docker", "k8s", "docker", "gone")
PARAMETERS = {"Region": ("EU", "us"), "cpu": ("1", "2", "16"), "Zone_1": ("a", "A b")}


@dataclass
class Deployment:
    """A history and the ids in it that questions ask about."""

    rnd: random.Random
    history: list[Recorded] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)
    organizations: dict[str, str] = field(default_factory=dict)
    groups: list[tuple[str, str, str]] = field(default_factory=list)
    templates: list[tuple[str, str, list[str]]] = field(default_factory=list)
    members: dict[str, list[str]] = field(default_factory=dict)
    workspaces: list[str] = field(default_factory=list)
    _versions: dict[str, int] = field(default_factory=dict)
    _now: datetime = START

    def id(self) -> str:
        """A new id."""
        return str(uuid.UUID(int=self.rnd.getrandbits(128), version=4))

    def tell(self, id: str, *events: Event) -> None:
        """Events of one stream, at once or some seconds after what was told before."""
        for event in events:
            self._now += timedelta(seconds=self.rnd.choice((0, 1, 7)), microseconds=self.rnd.choice((0, 500_000, 123_456)))
            self._versions[id] = self._versions.get(id, 0) + 1
            metadata = Metadata(Actor("user", id), self.id())
            place = len(self.history) + 1
            self.history.append(Recorded(event, Stream(event.CATEGORY, id), self._versions[id], self.id(), self._now, metadata, place))

    def some(self, of: list[str] | tuple[str, ...], most: int) -> list[str]:
        """At most so many of them."""
        return self.rnd.sample(of, self.rnd.randint(0, min(most, len(of))))


def deployment(seed: int, size: int = 40) -> Deployment:
    """A random deployment with `size` workspaces."""
    d = Deployment(random.Random(seed))
    _people(d)
    _organizations(d)
    _templates(d)
    taken: set[tuple[str, str]] = set()
    for _ in range(size):
        _workspace(d, taken)
    _changes(d)
    return d


def _people(d: Deployment) -> None:
    for number, name in enumerate(USERNAMES):
        id = d.people[name] = d.id()
        d.tell(id, UserCreated(name, f"{name}@example.com", f"Real {name}", "password", "active"))
        # The first one may do everything, some have no role at all, the others one or two.
        roles = ["owner"] if number == 0 else [] if number < 4 else d.some(SITE_ROLES[1:], 2)
        if roles:
            d.tell(id, UserSiteRolesSet(roles))


def _organizations(d: Deployment) -> None:
    for name in ("coder", "acme", "beta"):
        id = d.organizations[name] = d.id()
        d.tell(id, OrganizationCreated(name, name.title(), "", "", is_default=name == "coder"))
        permissions: list[dict[str, object]] = [{"negate": False, "resource_type": "workspace", "action": "read"}]
        d.tell(id, CustomRoleCreated(READER, "Reader", permissions))
        if name == "beta":
            d.tell(id, WorkspaceSharingSet("none"))
        d.members[id] = []
        for user_id in d.people.values():
            if d.rnd.random() < 0.7:
                d.members[id].append(user_id)
                roles = d.some((*ORGANIZATION_ROLES, READER), 1) if d.rnd.random() < 0.4 else []
                d.tell(id, MemberAdded(user_id, roles))
        for group in ("crew", "Team"):
            group_id = d.id()
            d.groups.append((group_id, id, group))
            d.tell(group_id, GroupCreated(id, group, "", "", 0))
            d.tell(group_id, GroupMembersChanged(id, d.some(d.members[id], 4), []))


def _templates(d: Deployment) -> None:
    organizations = list(d.organizations.values())
    for number, name in enumerate(TEMPLATE_NAMES):
        id, organization = d.id(), organizations[number % 3]
        versions = [d.id(), d.id()]
        for version, version_name in zip(versions, ("one", "two"), strict=True):
            d.tell(version, TemplateVersionCreated(organization, None, version_name, "", d.id(), d.id(), "echo", {}))
        everyone = {organization: "use"} if d.rnd.random() < 0.6 else {}
        d.tell(id, TemplateCreated(organization, name, versions[0], "echo", dict(DEFAULTS), {}, everyone))
        users = dict.fromkeys(d.some(list(d.people.values()), 2), "use")
        groups = dict.fromkeys(d.some([g for g, o, _ in d.groups if o == organization], 1), "admin")
        if users or groups:
            d.tell(id, TemplateACLUpdated(organization, users, groups))
        d.templates.append((id, organization, versions))


def _workspace(d: Deployment, taken: set[tuple[str, str]]) -> None:
    owner, name = d.rnd.choice(list(d.people.values())), d.rnd.choice(WORKSPACE_NAMES)
    if (owner, name.lower()) in taken:
        return
    taken.add((owner, name.lower()))
    template_id, organization, versions = d.rnd.choice(d.templates)
    id = d.id()
    d.workspaces.append(id)
    d.tell(id, workspaces.WorkspaceCreated(owner, organization, template_id, name, None, None, "never", None))
    last = d.rnd.choice((1, 1, 2, 3))
    for number in range(1, last + 1):
        transition = "start" if number == 1 else d.rnd.choice(("start", "stop", "stop", "delete"))
        _build(d, id, owner, (organization, template_id, d.rnd.choice(versions)), number, transition, is_last=number == last)
    if d.rnd.random() < 0.3:
        d.tell(id, workspaces.WorkspaceFavorited())
    if d.rnd.random() < 0.4:
        _share(d, id, organization)
    if d.rnd.random() < 0.5:
        d.tell(id, workspaces.WorkspaceUsed(d._now + timedelta(minutes=d.rnd.randint(-30, 30))))
    if d.rnd.random() < 0.2:
        d.tell(id, workspaces.WorkspaceDormancySet(d._now, None))


def _share(d: Deployment, id: str, organization: str) -> None:
    users = {u: d.rnd.choice(("use", "admin")) for u in d.some(list(d.people.values()), 2)}
    groups = dict.fromkeys(d.some([g for g, o, _ in d.groups if o == organization], 1), "use")
    if d.rnd.random() < 0.2:
        groups[organization] = "use"
    d.tell(id, workspaces.WorkspaceACLUpdated(users, groups))
    if d.rnd.random() < 0.3:
        d.tell(id, workspaces.WorkspaceACLUpdated(dict.fromkeys(d.some(list(users), 1), ""), {}))
    if d.rnd.random() < 0.1:
        d.tell(id, workspaces.WorkspaceACLCleared())


def _build(d: Deployment, id: str, initiator: str, of: tuple[str, str, str], number: int, transition: str, *, is_last: bool) -> None:
    """A build that ends unless it is the workspace's last, which may be in any state."""
    build, job = d.id(), d.id()
    parameters = [{"name": n, "value": d.rnd.choice(values)} for n, values in PARAMETERS.items() if d.rnd.random() < 0.6]
    queued = BuildQueued(id, number, transition, "initiator", *of, None, initiator, job, d.id(), {}, parameters)
    d.tell(build, queued)
    d.tell(id, workspaces.WorkspaceBuildQueued(build, number, transition))
    state = d.rnd.choice(("pending", "running", "canceling", "canceled", "failed", "succeeded", "succeeded", "succeeded"))
    if not is_last and state in ("pending", "running", "canceling"):
        state = "succeeded"
    if state == "pending":
        return
    if state != "canceled" or d.rnd.random() < 0.5:
        d.tell(build, BuildStarted(id, job, d.id()))
    if state == "running":
        return
    if state in ("canceling", "canceled"):
        d.tell(build, BuildCancelRequested(id, job))
    if state == "canceling":
        return
    if state == "succeeded":
        resource = d.id()
        held: list[dict[str, object]] = [
            {"id": resource, "name": "main", "type": "box", "icon": "", "hide": False, "daily_cost": 0, "instance_type": "", "metadata": []}
        ]
        d.tell(build, BuildCompleted(id, job, transition, held, [], 0, None, None, False, d.rnd.random() < 0.3))
        _agents(d, id, build, resource)
    else:
        d.tell(build, BuildCanceled(id, job, transition) if state == "canceled" else BuildFailed(id, job, transition, "no luck"))
    d.tell(id, workspaces.WorkspaceBuildEnded(build, number, transition, state))
    if transition == "delete" and state == "succeeded" and is_last and d.rnd.random() < 0.7:
        name = next(r.event.name for r in d.history if r.stream.id == id and isinstance(r.event, workspaces.WorkspaceCreated))
        d.tell(id, workspaces.WorkspaceDeleted(initiator, name))


def _agents(d: Deployment, id: str, build: str, resource: str) -> None:
    for number in range(d.rnd.randint(0, 2)):
        agent = d.id()
        parent = d.id() if number and d.rnd.random() < 0.5 else None
        d.tell(agent, AgentCreated(id, build, resource, f"agent{number}", parent, 120, AgentSpec(f"agent{number}").to_dict()))
        story = d.rnd.choice(("", "c", "c", "cd", "t", "tc", "cdc"))
        for step in story:
            done = {
                "c": AgentConnected(id, build),
                "d": AgentDisconnected(id, build, d._now),
                "t": AgentConnectionTimedOut(id, build),
            }[step]
            d.tell(agent, done)
        if parent is not None and d.rnd.random() < 0.3:
            d.tell(agent, AgentDeleted(id, build))


def _changes(d: Deployment) -> None:
    """What happens around workspaces that exist: documents must follow."""
    for template_id, organization, versions in d.templates[:-1]:
        if d.rnd.random() < 0.4:
            d.tell(template_id, TemplateVersionPromoted(organization, versions[1]))
    template_id, organization, _ = d.templates[-1]
    d.tell(template_id, TemplateDeleted(organization))
    group_id, organization, _ = d.groups[-1]
    d.tell(group_id, GroupDeleted(organization))
    leaver = d.people["finn"]
    if leaver in d.members[d.organizations["acme"]]:
        d.tell(d.organizations["acme"], MemberRemoved(leaver))
    renamed = d.people["gus"]
    d.people["Aug"] = d.people.pop("gus")
    d.tell(renamed, UserProfileChanged("Aug", "Real Aug"))
    d.tell(d.people["hal"], UserDeleted())
    for organization in d.organizations.values():
        if d.people["hal"] in d.members[organization]:
            d.tell(organization, MemberRemoved(d.people["hal"]))
