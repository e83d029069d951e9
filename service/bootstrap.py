"""The composition root: builds the parts of a process for its roles, starts them in order, stops them in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
from aiohttp import web
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from projections.engine.claims import Retirement
from projections.engine.positions import Positions
from projections.engine.projector import Projector
from projections.engine.tail import Listener
from projections.live import LIVE_SCHEMA
from projections.models import MODELS
from service.auth.authenticate import Authenticator
from service.auth.passwords import Passwords
from service.automation.leader import AUTOMATION_LOCK, PLAYER_LOCK, PROCESSES_LOCK, UNFINISHED_LOCK, WEBHOOKS_LOCK, Leader, Work
from service.automation.runner import Automation
from service.automation.unfinished import Unfinished
from service.commands.bus import CommandBus
from service.embedded import EmbeddedPostgres
from service.http.app import build_handler
from service.http.limits import Limits
from service.http.routes import ROUTES
from service.http.server_log import server_log
from service.observability import metrics
from service.provisioner.agents import AgentPlayer
from service.provisioner.assignments import Assignments
from service.provisioner.attached import AttachedProvisioners
from service.provisioner.echo import Echo
from service.provisioner.jobs import JobBoard
from service.provisioner.lanes import built_in_lanes
from service.provisioner.processes import AgentProcesses
from service.provisioner.reaper import Reaper
from service.provisioner.worker import Worker
from service.services import Services
from service.settings import Role, Settings, SettingsError
from service.store import agent_telemetry
from service.store.append import CHANNEL
from service.store.connect import Connect, connector
from service.store.erasures import ErasureFollower
from service.store.kept_answers import KeptAnswers
from service.store.log_reader import LogReader
from service.store.repository import Repository
from service.watch.event_hub import EventHub
from service.watch.hub import Hub
from service.watch.row_group import Sources
from service.watch.row_groups import RowGroups
from service.watch.wakeups import Wakeups
from service.web.documents import Documents
from service.web.feed import Feed, RepositoryFollower
from service.web.job_logs import JobLogHub
from service.web.pages import Pages
from service.web.recalls import Recalls
from service.webhooks.deliveries import WebhookDeliveries
from service.webhooks.lane import Means
from service.webhooks.sender import WebhookSender
from service.write_side import write_side

log = logging.getLogger(__name__)

#: Connections that may wait to be accepted: one that finds no room tries again only after a second.
BACKLOG = 4096


@contextlib.asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[str]:
    """The DSN of the configured database, or of the embedded one, which is started (or joined) for as long as this lasts."""
    if settings.database_url:
        yield settings.database_url
        return
    embedded = EmbeddedPostgres()
    dsn = await embedded.start(settings.data_dir / "postgres")
    try:
        yield dsn
    finally:
        await embedded.stop()


@contextlib.asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[AsyncConnection[Any]]:
    """One connection for a tool; the read models must exist."""
    connection: AsyncConnection[Any] = await connector(dsn)()
    try:
        yield connection
    finally:
        await connection.close()


def listen(settings: Settings) -> socket.socket:
    """The listening socket, bound before anything else so that its port is known. Raises `SettingsError` when it is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise SettingsError("LEDGER_ADDRESS", f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}") from error
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


class WebRunner(web.ServerRunner):
    """Serves HTTP over running services until `cleanup`, which ends streams cleanly and lets requests in flight finish."""

    def __init__(self, services: Services, *, drain_seconds: float) -> None:
        server = web.Server(build_handler(services, ROUTES), access_log=None, handler_cancellation=True, logger=server_log())
        super().__init__(server, shutdown_timeout=drain_seconds)
        self._services = services

    async def shutdown(self) -> None:
        """Called when nothing new is accepted any more."""
        services = self._services
        services.stopping.set()
        services.hub.close()
        services.events.close()
        services.telemetry.ring_all()
        services.job_logs.close()


@contextlib.asynccontextmanager
async def running(
    settings: Settings, dsn: str, access_url: str, *, hashing: Callable[[], Passwords] = Passwords
) -> AsyncIterator[Services]:
    """All parts that the settings' roles need, started; stopped again at the end, what was acknowledged kept."""
    connect, repeating = connector(dsn), connector(dsn, plans_once=True)
    async with contextlib.AsyncExitStack() as stack:
        write = await stack.enter_async_context(write_side(dsn))
        mapper, keys, pool, repository, writer, bus = write.mapper, write.keys, write.pool, write.repository, write.writer, write.bus
        positions = Positions()
        feed = Feed(connect, positions)
        feed.add(RepositoryFollower(repository.foreign, repository.clear))
        feed.add(ErasureFollower(keys, repository.evict))
        authenticator = Authenticator(pool)
        feed.add(authenticator)

        passwords = hashing()
        stack.callback(passwords.close)

        documents = Documents(pool, allow_renames=settings.allow_workspace_renames)
        hub = documents.audience = Hub(authenticator, RowGroups(Sources(pool, positions, documents)))
        # In this order: who lost rights is known before what was changed afterwards is offered.
        feed.add(hub)
        feed.add(documents)
        pages = Pages()
        feed.add(pages)
        recalls = Recalls(pool)
        for recall in recalls:
            feed.add(recall)
        events = EventHub(authenticator)
        feed.add(events)

        job_logs = JobLogHub(connect)
        feed.add(job_logs)
        if Role.WEB in settings.roles:
            await job_logs.start()
            stack.push_async_callback(job_logs.stop)

        provisioners = AttachedProvisioners(JobBoard(bus, pool, positions), Assignments(repository, pool), pool)
        feed.add(provisioners)
        limits = Limits(settings.rate_limit)
        telemetry = Wakeups(connect, (agent_telemetry.CHANNEL,))
        await telemetry.start()
        stack.push_async_callback(telemetry.stop)

        answers = KeptAnswers(pool, connect, mapper)
        if Role.WEB in settings.roles:
            await answers.start()
            stack.push_async_callback(answers.stop)

        webhooks = WebhookSender(_utc_now, private_allowed=settings.webhook_private_targets)
        stack.push_async_callback(webhooks.close)

        services = Services(
            settings,
            access_url,
            pool,
            bus,
            positions,
            feed,
            authenticator,
            hub,
            documents,
            pages,
            recalls,
            passwords,
            answers,
            limits,
            telemetry,
            job_logs,
            LogReader(mapper),
            events,
            provisioners,
            webhooks,
        )
        if Role.PROJECTOR in settings.roles:
            projector = Projector(repeating, mapper, MODELS)
            projector.observe = _observe_projection
            services.halted = lambda: dict(projector.halted)
            writer.committed = projector.wake
            # What this process appends it knows of already.
            appended = Listener(connect, (CHANNEL,), lambda _channel, _payload: projector.wake(), projector.wake)
            appended.own_pid = lambda: writer.backend_pid
            await appended.start()
            stack.push_async_callback(appended.stop)
            await _task(stack, projector.run(), "projector")
            await _task(stack, Retirement(connect, LIVE_SCHEMA).run(), "retirement")
        led: list[tuple[str, Leader, Work]] = []
        worker: Worker | None = None
        if Role.PROVISIONER in settings.roles:
            player = AgentPlayer(bus, positions, _utc_now, heartbeat_seconds=settings.agent_disconnect_seconds / 3)
            feed.add(player)
            processes = AgentProcesses(bus, _utc_now, url=access_url, folder=settings.data_dir / "agents")
            feed.add(processes)
            stack.push_async_callback(processes.stop)
            led.append(("agent processes", Leader(repeating, PROCESSES_LOCK, "agent processes"), processes.run))
            led.append(("agent player", Leader(repeating, PLAYER_LOCK, "agent player"), player.run))
            worker = _built_in_provisioner(settings, connect, bus, pool, positions, repository)
            feed.add(worker)
        if Role.AUTOMATION in settings.roles:
            automation = Automation(
                bus,
                positions,
                _utc_now,
                tick_seconds=settings.autobuild_seconds,
                disconnect_seconds=settings.agent_disconnect_seconds,
            )
            feed.add(automation)
            led.append(("automation", Leader(repeating, AUTOMATION_LOCK, "automation"), automation.run))
            unfinished = Unfinished(bus, pool, positions, _utc_now)
            feed.add(unfinished)
            led.append(("unfinished changes", Leader(connect, UNFINISHED_LOCK, "unfinished changes"), unfinished.run))
            deliveries = WebhookDeliveries(Means(pool, services.log, positions, webhooks, bus, _utc_now))
            feed.add(deliveries)
            led.append(("webhooks", Leader(connect, WEBHOOKS_LOCK, "webhooks"), deliveries.run))
        await feed.start()
        stack.push_async_callback(feed.stop)
        for name, leader, work in led:
            await _task(stack, leader.run(work), name)
        if worker is not None:
            await worker.start()
            stack.push_async_callback(worker.stop)
        yield services


def _built_in_provisioner(
    settings: Settings, connect: Connect, bus: CommandBus, pool: AsyncConnectionPool[Any], positions: Positions, repository: Repository
) -> Worker:
    """The provisioner that comes with the service: it serves every organization, jobs with special tags excepted."""
    board = JobBoard(bus, pool, positions)
    return Worker(board, Echo(repository, pool), connect, built_in_lanes(settings.provisioners), Reaper(board))


def _observe_projection(events: int, seconds: float) -> None:
    metrics.count_projected(events)
    metrics.observe_projection(seconds)


def _utc_now() -> datetime:
    return datetime.now(UTC)


async def _task(stack: contextlib.AsyncExitStack, coroutine: Any, name: str) -> None:
    task = asyncio.create_task(coroutine, name=name)

    async def end() -> None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, psycopg.Error):
            await task

    stack.push_async_callback(end)
