"""The parts of a running service that handlers, streams and automation use. Built by `bootstrap.py` alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psycopg_pool import AsyncConnectionPool

from projections.engine.positions import Positions
from service.commands.bus import CommandBus
from service.provisioner.attached import AttachedProvisioners
from service.settings import Settings
from service.store.kept_answers import KeptAnswers
from service.store.log_reader import LogReader
from service.watch.event_hub import EventHub
from service.watch.hub import Hub
from service.watch.wakeups import Wakeups
from service.web.documents import Documents
from service.web.feed import Feed
from service.web.job_logs import JobLogHub
from service.web.pages import Pages
from service.web.recalls import Recalls
from service.webhooks.sender import WebhookSender

if TYPE_CHECKING:
    from service.auth.authenticate import Authenticator
    from service.auth.passwords import Passwords
    from service.http.limits import Limits


@dataclass(slots=True)
class Services:
    """One process' parts; each is started and stopped by `bootstrap.py`."""

    settings: Settings
    access_url: str
    pool: AsyncConnectionPool[Any]
    bus: CommandBus
    positions: Positions
    feed: Feed
    authenticator: Authenticator
    hub: Hub
    documents: Documents
    pages: Pages
    recalls: Recalls
    passwords: Passwords
    answers: KeptAnswers
    limits: Limits
    telemetry: Wakeups
    job_logs: JobLogHub
    log: LogReader
    events: EventHub
    provisioners: AttachedProvisioners
    webhooks: WebhookSender
    halted: Callable[[], dict[str, str]] = dict
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
