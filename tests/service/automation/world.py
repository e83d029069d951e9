"""A deployment in a time of its own: a template, workspaces, a provisioner that ends every build at once, runners side by side."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from psycopg.rows import dict_row

from domain.builds.commands import CompleteBuild, FailBuild, StartBuild
from domain.kernel.context import Context
from domain.kernel.events import Actor
from domain.templates.commands import CreateTemplate, UpdateTemplate
from domain.templates.values import TemplatePlan
from domain.templates.version_commands import CompleteImport, CreateTemplateVersion, StartImport
from domain.users.commands import CreateFirstUser, NewPerson
from domain.workspaces.commands import CreateWorkspace
from projections.timers.queries import next_due
from service import bootstrap
from service.automation.runner import Automation
from service.services import Services
from service.settings import Role, Settings

OWNER = "a11ce000-0000-4000-8000-000000000001"
ORGANIZATION = "0c0c0c00-0000-4000-8000-000000000001"
WORKER = "77777777-0000-4000-8000-000000000001"


_DAEMON = """
    INSERT INTO provisioner_daemons (id, name, version, api_version, provisioners, job_types, tags, last_seen_at)
    VALUES (%s, 'test', 'v1', '1.0', '{echo}', '{workspace_build}', '{"scope": "organization", "owner": ""}', %s)
    ON CONFLICT (id) DO UPDATE SET last_seen_at = EXCLUDED.last_seen_at
"""


def new_id() -> str:
    """A random id."""
    return str(uuid.uuid4())


@dataclass(slots=True)
class Clock:
    """A time that only moves when it is told to."""

    time: datetime

    def now(self) -> datetime:
        """What the clock shows."""
        return self.time


@dataclass(slots=True)
class World:
    """`processes` share one database; the first one projects."""

    clock: Clock
    processes: Sequence[Services]
    runners: list[tuple[Automation, Any]] = field(default_factory=list)
    fails: bool = False
    has_provisioner: bool = True
    template_id: str = field(default_factory=new_id)

    async def execute(self, command: Any) -> None:
        """Carry out a command now, as the owner, and wait until every process sees it."""
        context = Context(Actor("user", OWNER), self.clock.time, new_id())
        outcome = await self.processes[0].bus.execute(command, context)
        await self._seen(outcome.position)

    async def _seen(self, position: int) -> None:
        for process in self.processes:
            await process.positions.wait_until(position, 30)

    async def found(self, settings: Mapping[str, Any]) -> None:
        """The owner, and a template with these settings."""
        person = NewPerson(OWNER, "alice", "alice@example.com", "Alice", "")
        await self.execute(CreateFirstUser(person, ORGANIZATION))
        rows = await self.rows("SELECT id FROM organizations")
        organization_id, version_id = rows[0]["id"], new_id()
        await self.execute(CreateTemplateVersion(version_id, new_id(), organization_id, None, "one", "", new_id(), "echo", OWNER))
        await self.execute(StartImport(version_id, WORKER))
        await self.execute(CompleteImport(version_id, WORKER, TemplatePlan()))
        await self.execute(CreateTemplate(self.template_id, organization_id, "docker", version_id, settings))

    async def change_template(self, settings: Mapping[str, Any]) -> None:
        """Other settings."""
        rows = await self.rows("SELECT organization_id FROM templates")
        await self.execute(UpdateTemplate(self.template_id, rows[0]["organization_id"], settings=settings))

    async def workspace(self, name: str, *, schedule: str | None = None, ttl_ms: int | None = None) -> str:
        """A running workspace."""
        id = new_id()
        await self.execute(CreateWorkspace(id, new_id(), new_id(), OWNER, self.template_id, "", name, schedule, ttl_ms))
        await self.end_builds()
        return id

    async def end_builds(self) -> None:
        """The provisioner takes and ends whatever is pending."""
        pending = "SELECT b.id, b.workspace_id FROM builds b JOIN jobs j ON j.id = b.job_id WHERE j.completed_at IS NULL"
        for row in await self.rows(pending):
            await self.execute(StartBuild(row["id"], WORKER))
            if self.fails:
                await self.execute(FailBuild(row["id"], row["workspace_id"], WORKER, "no luck"))
            else:
                await self.execute(CompleteBuild(row["id"], row["workspace_id"], WORKER))

    async def look(self) -> None:
        """All runners look at the same moment; the provisioner gave a sign of life just before, if there is one."""
        if self.has_provisioner:
            await self._provisioner_lives()
        await asyncio.gather(*(automation.turn(connection) for automation, connection in self.runners))
        rows = await self.rows("SELECT max(notification_id) AS head FROM ledger_events")
        await self._seen(rows[0]["head"])

    async def _provisioner_lives(self) -> None:
        async with self.processes[0].pool.connection() as connection:
            await connection.execute(_DAEMON, (WORKER, self.clock.time))

    async def until(self, end: datetime) -> None:
        """Go from one due timer to the next; what is due is done, its builds end at once."""
        while True:
            await self.look()
            await self.end_builds()
            async with self.processes[0].pool.connection() as connection:
                due_at = await next_due(connection, self.clock.time)
            if due_at is None or due_at > end:
                self.clock.time = end
                await self.look()
                return
            self.clock.time = due_at

    async def pass_time(self, **span: float) -> None:
        """`until` so much later."""
        await self.until(self.clock.time + timedelta(**span))

    async def rows(self, statement: Any, *parameters: Any) -> list[dict[str, Any]]:
        """Rows of the read models."""
        async with self.processes[0].pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(statement, parameters)
            found: list[dict[str, Any]] = await cursor.fetchall()
            return found

    async def builds(self, workspace_id: str) -> list[tuple[str, str, datetime]]:
        """(transition, reason, queued at) of a workspace's builds, the first one first."""
        found = await self.rows(
            "SELECT transition, reason, created_at FROM builds WHERE workspace_id = %s::uuid ORDER BY number", workspace_id
        )
        return [(row["transition"], row["reason"], row["created_at"]) for row in found]

    async def document(self, workspace_id: str) -> dict[str, Any]:
        """The workspace as the API shows it."""
        rows = await self.rows("SELECT doc FROM workspaces WHERE id = %s::uuid", workspace_id)
        document: dict[str, Any] = orjson.loads(rows[0]["doc"])
        return document


@contextlib.asynccontextmanager
async def open_world(database_url: str, start: datetime, *, processes: int = 1) -> AsyncIterator[World]:
    """So many processes over a prepared database, each with a runner of its own, all in the time that starts at `start`."""
    async with contextlib.AsyncExitStack() as stack:
        services = []
        for number in range(processes):
            roles = frozenset({Role.PROJECTOR}) if number == 0 else frozenset({Role.WEB})
            settings = Settings(database_url=database_url, roles=roles, log_format="text")
            services.append(await stack.enter_async_context(bootstrap.running(settings, database_url, "http://ledger.example")))
        world = World(Clock(start), services)
        for one in services:
            connection = await stack.enter_async_context(bootstrap.connected(database_url))
            runner = Automation(one.bus, one.positions, world.clock.now, tick_seconds=60, disconnect_seconds=30)
            world.runners.append((runner, connection))
        yield world
