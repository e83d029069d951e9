"""`serve`: runs the parts that the settings name until SIGTERM or SIGINT, then stops them in order."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import signal
import socket
import sys

from aiohttp import web

from projections.engine.fill import STRAIGHT
from service import bootstrap
from service.cli import first_user
from service.http.starting import answering
from service.settings import Role, Settings
from service.store.prepare import prepare

log = logging.getLogger(__name__)

NAME = "serve"
HELP = "Run the service: HTTP, projector, automation and built-in provisioner, or those that LEDGER_ROLES names."
DRAIN_SECONDS = 4.0


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Only the settings' flags."""


def _settle_memory() -> None:
    """What was loaded at the start lives for ever: the collector need not look at it again, nor at every few requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def _prepared(dsn: str, listener: socket.socket | None, stop: asyncio.Event) -> bool:
    """Make the database ready, which may take as long as the log is, and say so to whoever asks; False when told to stop."""
    async with contextlib.AsyncExitStack() as stack:
        course = STRAIGHT if listener is None else (await stack.enter_async_context(answering(listener))).course
        preparing, stopping = asyncio.create_task(prepare(dsn, course)), asyncio.create_task(stop.wait())
        await asyncio.wait((preparing, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not preparing.done():
            preparing.cancel()
            await asyncio.wait((preparing,))
            return False
        await preparing
        return True


async def run(settings: Settings, _args: argparse.Namespace) -> int:
    """Serve until told to stop; 0 after a clean stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(bootstrap.database(settings))
        listener = bootstrap.listen(settings) if Role.WEB in settings.roles else None
        if not await _prepared(dsn, listener, stop):
            if listener is not None:
                listener.close()
            return 0
        if listener is not None:
            port = listener.getsockname()[1]
            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            url = f"http://{host}:{port}"
            services = await stack.enter_async_context(bootstrap.running(settings, dsn, settings.access_url or url))
            await first_user.found(services, settings)
            runner = bootstrap.WebRunner(services, drain_seconds=DRAIN_SECONDS)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.SockSite(runner, listener, backlog=bootstrap.BACKLOG).start()
            print(f"listening on {url}", flush=True)
        else:
            services = await stack.enter_async_context(bootstrap.running(settings, dsn, settings.access_url or ""))
            await first_user.found(services, settings)
            print("ready", flush=True)
        _settle_memory()
        await stop.wait()
        log.info("stopping")
        services.stopping.set()
    sys.stdout.flush()
    return 0
