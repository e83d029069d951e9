"""Keeps a process for every agent whose template says `run: process`, on this machine, by what the read models say.

- A process gets a new token when it starts, and former ones end: no token is stored, and of two keepers only the later is heard.
- An agent whose process ends by itself is disconnected at once and stays so until its workspace starts anew or the service does.
- When the service ends, however it does, its agents end with it (they notice a closed pipe); the next one starts them again,
  and they run their start scripts again, as after a reboot of the machine.

Source: contract/template-archive.md (`run`), contract/lifecycle.md D1 to D3.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection

from domain.agents.commands import DisconnectAgent
from domain.kernel.context import Context
from domain.kernel.errors import DomainError
from domain.kernel.events import Actor
from projections.agents.processes import ProcessAgent, living_processes
from service.agent.life import VOID_STATUS
from service.commands.bus import CommandBus
from service.provisioner.built import token_digest
from service.provisioner.child import Child
from service.store.agent_tokens import renew_token
from service.store.group_commit import Busy
from service.web.feed import Change

log = logging.getLogger(__name__)

#: How long the stop scripts of an agent may take before its process is ended by force.
STOP_SECONDS = 30.0
_POLL_SECONDS = 5.0
#: The shortest time between two looks: on a busy log every moment something begins.
_PAUSE_SECONDS = 0.05
#: How long agents have to leave when the service ends.
_LEAVE_SECONDS = 2.0
_NEWS = frozenset({"AgentCreated", "AgentDeleted", "BuildStarted", "BuildCanceled", "BuildFailed", "BuildCompleted"})


class AgentProcesses:
    """A feed follower whose `run` is led by one process of the database; `url` is where agents find the service."""

    def __init__(self, bus: CommandBus, now: Callable[[], datetime], *, url: str, folder: Path, stop_seconds: float = STOP_SECONDS) -> None:
        self._bus = bus
        self._now = now
        self._url = url
        self._folder = folder
        self._stop_seconds = stop_seconds
        self._wake = asyncio.Event()
        self._children: dict[str, Child] = {}
        self._watchers: set[asyncio.Task[None]] = set()
        #: Agents whose process has ended by itself.
        self._ended: set[str] = set()

    @property
    def pids(self) -> dict[str, int]:
        """The processes that run, by agent id."""
        return {id: child.pid for id, child in self._children.items()}

    async def follow(self, _connection: AsyncConnection[Any], _previous: int, _position: int, changes: Sequence[Change]) -> None:
        """Look when agents came or went, or a build moved."""
        if not _NEWS.isdisjoint(change.name for change in changes):
            self._wake.set()

    async def reset(self, _connection: AsyncConnection[Any], _position: int) -> None:
        """Anything may have happened."""
        self._wake.set()

    async def run(self, connection: AsyncConnection[Any]) -> None:
        """Keep processes until cancelled or the connection fails; they live on meanwhile, for whoever leads next to decide."""
        await self._disconnect_lost(await living_processes(connection))
        while True:
            self._wake.clear()
            await self.turn(connection)
            await asyncio.sleep(_PAUSE_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._wake.wait()

    async def turn(self, connection: AsyncConnection[Any]) -> None:
        """Start what shall run, tell to stop what shall not."""
        agents = {agent.id: agent for agent in await living_processes(connection)}
        for id, child in list(self._children.items()):
            if not child.is_stopping and not (id in agents and agents[id].may_run):
                self._stop(id, child)
        self._ended &= set(agents)
        for agent in agents.values():
            if agent.is_current and agent.id not in self._children and agent.id not in self._ended:
                await self._start(connection, agent)

    async def stop(self) -> None:
        """The service ends: agents leave, their workspaces go on without them."""
        for child in self._children.values():
            child.let_go()
        if self._watchers:
            await asyncio.wait(self._watchers, timeout=_LEAVE_SECONDS)
        for child in self._children.values():
            child.kill()
        if self._watchers:
            await asyncio.wait(self._watchers, timeout=_LEAVE_SECONDS)

    async def _disconnect_lost(self, agents: Sequence[ProcessAgent]) -> None:
        """Their processes ended with the service that had started them, which could not say so."""
        await asyncio.gather(*(self._disconnect(a) for a in agents if a.is_connected and a.id not in self._children))

    async def _start(self, connection: AsyncConnection[Any], agent: ProcessAgent) -> None:
        if not self._url:
            log.error("agents cannot be started: LEDGER_ACCESS_URL does not say where they find the service")
            self._ended.add(agent.id)
            return
        token = str(uuid.uuid4())
        await renew_token(connection, agent.id, token_digest(token))
        try:
            child = await Child.start(self._folder / agent.id, {"LEDGER_AGENT_URL": self._url, "LEDGER_AGENT_TOKEN": token})
        except OSError as error:
            log.warning("agent could not be started", extra={"agent_id": agent.id, "reason": error.strerror})
            self._ended.add(agent.id)
            return
        log.info("agent started", extra={"agent_id": agent.id, "pid": child.pid})
        self._children[agent.id] = child
        self._watch(self._until_ended(agent, child), f"agent-{agent.id}")

    def _stop(self, id: str, child: Child) -> None:
        child.tell_to_stop()
        # Killing a process that has ended by then does nothing.
        asyncio.get_running_loop().call_later(self._stop_seconds, child.kill)
        log.info("agent told to stop", extra={"agent_id": id, "pid": child.pid})

    async def _until_ended(self, agent: ProcessAgent, child: Child) -> None:
        status = await child.wait()
        if status == VOID_STATUS and not child.is_stopping:
            # Another keeper has it, or its build is over: what is to be done shows at the next look.
            self._wake.set()
        elif not child.is_stopping:
            log.warning("agent ended by itself", extra={"agent_id": agent.id, "status": status})
            self._ended.add(agent.id)
        await self._disconnect(agent)
        self._children.pop(agent.id, None)
        if child.is_stopping:
            await asyncio.to_thread(child.clear)
        self._wake.set()

    async def _disconnect(self, agent: ProcessAgent) -> None:
        now = self._now()
        try:
            await self._bus.execute(DisconnectAgent(agent.id, now), Context(Actor("agent", agent.id), now, agent.correlation_id))
        except (DomainError, Busy) as error:
            log.warning("agent could not be disconnected", extra={"agent_id": agent.id, "reason": type(error).__name__})

    def _watch(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._watchers.add(task)
        task.add_done_callback(self._watchers.discard)
