"""A deployment of a million events that happened over a month: people signing in, workspaces built, used, shared and set up anew.

What each workspace went through lies between what all others did, as it would in a log that grew day by day.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from domain.agents.events import AgentConnected, AgentCreated, AgentDisconnected
from domain.api_keys.events import ApiKeyCreated, ApiKeyUsed, LoginFailed
from domain.audit.events import ChangeRefused
from domain.builds.events import BuildCompleted, BuildQueued, BuildStarted
from domain.kernel.events import Event, Recorded, Stream
from domain.organizations.events import MemberAdded, OrganizationCreated
from domain.templates.events import TemplateCreated
from domain.templates.settings import DEFAULTS
from domain.templates.values import AgentSpec
from domain.templates.version_events import TemplateVersionCreated
from domain.users.events import UserCreated, UserSeen
from domain.workspaces import events as w
from ops.bench.filling import Log, fill, new_id, version_of
from projections.engine.tail import head
from projections.history.queries import positions_of
from service.store.connect import connector
from service.store.personal_keys import KeyRing

EVENTS = 1_000_000
ORGANIZATIONS, PEOPLE, WORKSPACES = 4, 2_000, 20_000
#: Of the one workspace that has done more than any other.
BUSY_EVENTS = 10_000
_LENGTH = timedelta(days=30)
_BROWSERS = ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0", "coder-cli/2.33.0")


@dataclass(slots=True)
class _Workspace:
    """What the next event of a workspace depends on."""

    id: str
    number: int
    owner: str
    organization: str
    builds: int = 0
    agents: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Deployment:
    """What of it can be asked for; the busy workspace is there since position `busy_since`."""

    people: list[str] = field(default_factory=list)
    organizations: list[str] = field(default_factory=list)
    workspaces: list[str] = field(default_factory=list)
    busy: str = ""
    busy_owner: str = ""
    busy_since: int = 0
    events: int = 0
    began: datetime = datetime.min
    ended: datetime = datetime.min


async def add_deployment(dsn: str, like: dict[str, Any], events: int = EVENTS) -> Deployment:
    """Tell the story in a log whose document `like` gives the first organization, owner, template and version."""
    rnd = random.Random(7)
    found = Deployment([new_id() for _ in range(PEOPLE)])
    keys = KeyRing(capacity=PEOPLE)
    async with (
        await connector(dsn)() as connection,
        connection.cursor() as cursor,
        cursor.copy("COPY personal_keys (user_id, key) FROM STDIN") as copy,
    ):
        for person in found.people:
            await copy.write_row((person, keys.new(person)))
    organization = like["organization_id"]
    log = Log({organization: await version_of(dsn, organization)}, _LENGTH, _LENGTH / (events * 1.01))
    found.began = log.now
    await fill(dsn, _Story(rnd, log, like, found).events(events), keys)
    found.ended = log.now
    async with await connector(dsn)() as connection:
        found.events = await head(connection)
        found.busy_since = min(await positions_of(connection, found.busy, before=found.events, after=0, type="", limit=BUSY_EVENTS * 2))
    return found


class _Story:
    def __init__(self, rnd: random.Random, log: Log, like: dict[str, Any], found: Deployment) -> None:
        self._rnd = rnd
        self._log = log
        self._like = like
        self._found = found
        self._alive: list[_Workspace] = []
        #: Of each organization: its template and the version of that.
        self._templates = {like["organization_id"]: (like["template_id"], like["latest_build"]["template_version_id"])}
        deeds: dict[Callable[[_Workspace], Iterator[Recorded]], int] = {
            self._uses: 60, self._returns: 20, self._builds: 30, self._signs_in: 20, self._sets: 20, self._shares: 5, self._is_refused: 3,
            self._mistypes: 2,
        }  # fmt: skip
        self._deeds, self._weights = list(deeds), list(deeds.values())

    def events(self, most: int) -> Iterator[Recorded]:
        """The founding, then deeds of anybody; one of a hundred is the busy workspace's until it has done what it is to do."""
        count = told = 0
        for recorded in self._founding():
            yield recorded
            count += 1
        while count < most:
            wanted = WORKSPACES * most // EVENTS
            if len(self._alive) < wanted and len(self._alive) * most * 6 <= wanted * count * 10:
                deed = self._is_created(len(self._alive))
            elif told < BUSY_EVENTS and self._rnd.random() < 0.02:
                deed = self._deed(self._alive[0])
            else:
                deed = self._deed(self._rnd.choice(self._alive))
            for recorded in deed:
                yield recorded
                count += 1
                told += getattr(recorded.event, "workspace_id", recorded.stream.id) == self._found.busy

    def _founding(self) -> Iterator[Recorded]:
        first = self._like["organization_id"]
        self._found.organizations.append(first)
        for number in range(1, ORGANIZATIONS):
            organization, template, version = (new_id() for _ in range(3))
            self._found.organizations.append(organization)
            self._templates[organization] = (template, version)
            yield self._did(None, "organization", organization, OrganizationCreated(f"team-{number}", f"Team {number}", "", ""))
            created = TemplateVersionCreated(organization, template, "one", "", new_id(), new_id(), "echo", {})
            yield self._did(None, "template_version", version, created)
            everyone = {organization: "use"}
            yield self._did(
                None, "template", template, TemplateCreated(organization, "docker", version, "echo", dict(DEFAULTS), {}, everyone)
            )
        for number, person in enumerate(self._found.people):
            name = f"person-{number}"
            yield self._did(None, "user", person, UserCreated(name, f"{name}@example.com", f"Real Name {number}", "password", "active"))
            for organization in {first, self._home(number)}:
                yield self._did(None, "organization", organization, MemberAdded(person, []))

    def _home(self, number: int) -> str:
        return self._found.organizations[number % ORGANIZATIONS]

    def _did(self, actor: str | None, category: str, id: str, event: Event, request: str = "") -> Recorded:
        """Over HTTP where somebody did it, else by the part of the service whose business it is."""
        if actor is None:
            return self._log.record(Stream(category, id), event, None)
        return self._log.record(Stream(category, id), event, actor, request or new_id(), *self._origin())

    def _origin(self) -> tuple[str, str]:
        return f"10.0.{self._rnd.randrange(8)}.{self._rnd.randrange(256)}", self._rnd.choice(_BROWSERS)

    def _deed(self, of: _Workspace) -> Iterator[Recorded]:
        return self._rnd.choices(self._deeds, self._weights)[0](of)

    def _is_created(self, number: int) -> Iterator[Recorded]:
        person = self._rnd.randrange(PEOPLE)
        of = _Workspace(new_id(), number, self._found.people[person], self._home(person))
        self._alive.append(of)
        self._found.workspaces.append(of.id)
        if number == 0:
            self._found.busy, self._found.busy_owner = of.id, of.owner
        template, _ = self._templates[of.organization]
        created = w.WorkspaceCreated(of.owner, of.organization, template, f"space-{number}", None, 3_600_000, "never", None)
        yield self._did(of.owner, "workspace", of.id, created)
        yield from self._builds(of)

    def _uses(self, of: _Workspace) -> Iterator[Recorded]:
        yield self._did(of.owner, "workspace", of.id, w.WorkspaceUsed(self._log.now))

    def _returns(self, of: _Workspace) -> Iterator[Recorded]:
        key = new_id()
        yield self._did(of.owner, "api_key", key, ApiKeyUsed(key, of.owner, self._log.now + timedelta(days=1)))
        yield self._did(of.owner, "user", of.owner, UserSeen())

    def _signs_in(self, of: _Workspace) -> Iterator[Recorded]:
        key = new_id()
        ends = self._log.now + timedelta(days=1)
        yield self._did(of.owner, "api_key", key, ApiKeyCreated(key, of.owner, "password", ["all"], [], "", 86_400, ends))

    def _mistypes(self, of: _Workspace) -> Iterator[Recorded]:
        yield self._did(of.owner, "audit", new_id(), LoginFailed(of.owner, "password"))

    def _is_refused(self, of: _Workspace) -> Iterator[Recorded]:
        yield self._did(of.owner, "audit", new_id(), ChangeRefused("workspace", of.id, "write", "PUT /workspaces/{workspace}/ttl", 400))

    def _sets(self, of: _Workspace) -> Iterator[Recorded]:
        ttl = w.WorkspaceTTLSet(self._rnd.randrange(1, 24) * 3_600_000)
        setting = self._rnd.choice((ttl, ttl, w.WorkspaceAutomaticUpdatesSet("always"), w.WorkspaceFavorited(), w.WorkspaceUnfavorited(),
                                    w.WorkspaceRenamed(of.owner, f"space-{of.number}-{self._rnd.randrange(1000)}")))  # fmt: skip
        yield self._did(of.owner, "workspace", of.id, setting)

    def _shares(self, of: _Workspace) -> Iterator[Recorded]:
        shared = w.WorkspaceACLUpdated({self._rnd.choice(self._found.people): "use"}, {})
        yield self._did(of.owner, "workspace", of.id, shared if self._rnd.random() < 0.6 else w.WorkspaceACLCleared())

    def _builds(self, of: _Workspace) -> Iterator[Recorded]:
        of.builds += 1
        transition = "start" if of.builds % 2 else "stop"
        template, version = self._templates[of.organization]
        build, job, request = new_id(), new_id(), new_id()
        queued = BuildQueued(
            of.id, of.builds, transition, self._rnd.choice(("initiator", "autostart", "dashboard")), of.organization, template, version,
            None, of.owner, job, new_id(), {"scope": "organization", "owner": ""}, [{"name": "region", "value": "eu"}],
        )  # fmt: skip
        yield self._did(of.owner, "workspace", of.id, w.WorkspaceBuildQueued(build, of.builds, transition), request)
        yield self._did(of.owner, "build", build, queued, request)
        yield self._did(None, "build", build, BuildStarted(of.id, job, new_id()))
        for agent, made in of.agents:
            yield self._did(None, "agent", agent, AgentDisconnected(of.id, made, self._log.now))
        yield self._did(None, "build", build, BuildCompleted(of.id, job, transition, [], [], 0, None, None))
        of.agents = ((new_id(), build),) if transition == "start" else ()
        for agent, _ in of.agents:
            yield self._did(None, "agent", agent, AgentCreated(of.id, build, new_id(), "main", None, 120, AgentSpec("main").to_dict()))
        yield self._did(None, "workspace", of.id, w.WorkspaceBuildEnded(build, of.builds, transition, "succeeded"))
        for agent, _ in of.agents:
            yield self._did(None, "agent", agent, AgentConnected(of.id, build))
