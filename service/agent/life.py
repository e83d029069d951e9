"""The life of an agent, from its first heartbeat to its goodbye. Source: contract/lifecycle.md D2 to D6."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp

from domain.schedules.cron import BadSchedule
from domain.schedules.script_times import read_script_times
from service.agent.apps import watch_app
from service.agent.output import Output
from service.agent.readings import watch_machine
from service.agent.scripts import OK, PIPES_LEFT_OPEN, TIMED_OUT, Ended, Place, run_script
from service.agent.server import Refused, Server, TokenVoid
from service.version import BUILD_VERSION

log = logging.getLogger(__name__)

API_VERSION = "2.0"
#: Exit status of an agent whose token was taken from it.
VOID_STATUS = 3
#: How long an agent with a void token waits to be told that its workspace stops.
_VOID_SECONDS = 10.0
#: How long each word of the farewell may take.
_FAREWELL_SECONDS = 5.0
_GOOD = (OK, PIPES_LEFT_OPEN)

MakePlace = Callable[[Mapping[str, Any]], Place]


@dataclass(slots=True)
class Signals:
    """What ends an agent: it is told to shut down (`stop`), whoever started it is `gone`, its token is `void`."""

    stop: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    void: asyncio.Event = field(default_factory=asyncio.Event)


class Agent:
    """One agent in this process. `make_place` turns the assignment into where its scripts run."""

    def __init__(self, server: Server, signals: Signals, make_place: MakePlace) -> None:
        self._server = server
        self._signals = signals
        self._make_place = make_place
        self._output = Output(server)
        self._tasks: list[asyncio.Task[None]] = []

    async def live(self) -> int:
        """Live until a signal; returns the exit status of the process. Raises `Refused` when the service does not want it."""
        born = asyncio.create_task(self._be_born())
        ending = asyncio.create_task(self._ending())
        await asyncio.wait((born, ending), return_when=asyncio.FIRST_COMPLETED)
        life = born.result() if born.done() else None
        await _cancel([born])
        await ending
        if life is not None:
            await self._end(*life)
        await _cancel(self._tasks)
        return 0 if self._signals.stop.is_set() or self._signals.gone.is_set() else VOID_STATUS

    async def _be_born(self) -> tuple[Mapping[str, Any], Place] | None:
        try:
            return await self._connect()
        except TokenVoid:
            self._signals.void.set()
            return None

    async def _connect(self) -> tuple[Mapping[str, Any], Place]:
        assignment = await self._server.send("GET", "assignment")
        place = self._make_place(assignment)
        interval = (await self._server.send("POST", "heartbeat"))["interval_seconds"]
        startup = {"version": BUILD_VERSION, "api_version": API_VERSION, "expanded_directory": str(place.directory), "subsystems": []}
        await self._server.send("POST", "startup", startup)
        self._begin(self._output.run())
        self._begin(self._beat(interval))
        self._begin(self._start(assignment["scripts"], place))
        for script in assignment["scripts"]:
            if script["cron"]:
                self._begin(self._repeat(script, place))
        checked = [app for app in assignment["apps"] if app["healthcheck"]["url"]]
        if checked:
            self._begin(self._watch(checked))
        self._begin(watch_machine(place.home, self._tell))
        return assignment, place

    async def _ending(self) -> None:
        """Returns when this life is over."""
        signals = self._signals
        void, told = asyncio.create_task(signals.void.wait()), self._told()
        try:
            await asyncio.wait((void, *told), return_when=asyncio.FIRST_COMPLETED)
            if signals.void.is_set():
                # The workspace may be about to stop, and its scripts shall have their turn.
                await asyncio.wait(told, timeout=_VOID_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancel([void, *told])

    def _told(self) -> list[asyncio.Task[Any]]:
        return [asyncio.create_task(self._signals.stop.wait()), asyncio.create_task(self._signals.gone.wait())]

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    async def _beat(self, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            try:
                await self._server.send("POST", "heartbeat")
            except TokenVoid:
                self._signals.void.set()
                return
            except Refused as refusal:
                log.warning("heartbeat refused", extra={"reason": str(refusal)})

    async def _start(self, scripts: Sequence[Mapping[str, Any]], place: Place) -> None:
        """Start scripts begin in their order; one that blocks the login is waited for before the next begins."""
        await self._report("lifecycle", _lifecycle("starting"))
        running: list[asyncio.Task[Ended]] = []
        async with asyncio.TaskGroup() as group:
            for script in scripts:
                if script["run_on_start"]:
                    running.append(group.create_task(self._run(script, place, "start")))
                    if script["start_blocks_login"]:
                        await running[-1]
        await self._report("lifecycle", _lifecycle(_outcome("start", "ready", [task.result() for task in running])))

    async def _repeat(self, script: Mapping[str, Any], place: Place) -> None:
        try:
            times = read_script_times(script["cron"])
        except BadSchedule as error:
            self._output.print(script["log_source_id"], "error", f"The schedule {script['cron']!r} cannot be kept: {error.text}")
            return
        while (due := times.next_after(datetime.now(UTC))) is not None:
            await asyncio.sleep((due - datetime.now(UTC)).total_seconds())
            await self._run(script, place, "cron")

    async def _watch(self, apps: Sequence[Mapping[str, Any]]) -> None:
        async def report(app_id: str, health: str) -> None:
            await self._report("app-health", {"healths": {app_id: health}})

        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session, asyncio.TaskGroup() as group:
            for app in apps:
                group.create_task(watch_app(session, app, report))

    async def _tell(self, values: Sequence[Mapping[str, Any]]) -> None:
        await self._report("metadata-values", {"metadata": values})

    async def _end(self, assignment: Mapping[str, Any], place: Place) -> None:
        """Told to stop: the stop scripts have their turn. Otherwise only the connection closes: the workspace goes on."""
        sender, *others = self._tasks
        # Heartbeats end too: what is reported from here on is the farewell.
        await _cancel(others)
        if self._signals.stop.is_set():
            await self._report("lifecycle", _lifecycle("shutting_down"), _FAREWELL_SECONDS)
            ends = [await self._run(s, place, "stop", _FAREWELL_SECONDS) for s in assignment["scripts"] if s["run_on_stop"]]
            await self._report("lifecycle", _lifecycle(_outcome("shutdown", "off", ends)), _FAREWELL_SECONDS)
        if not sender.done():
            await self._output.flush(_FAREWELL_SECONDS if self._signals.stop.is_set() else 1.0)
        await self._report("disconnect", None, _FAREWELL_SECONDS)

    async def _run(self, script: Mapping[str, Any], place: Place, stage: str, patience: float | None = None) -> Ended:
        source = script["log_source_id"]
        ended = await run_script(script, place, lambda level, line: self._output.print(source, level, line))
        result = {
            "script_id": script["id"],
            "start": ended.started_at.isoformat(),
            "end": ended.ended_at.isoformat(),
            "exit_code": ended.exit_code,
            "stage": stage,
            "status": ended.status,
        }
        await self._output.flush(_FAREWELL_SECONDS)
        await self._report("script-results", result, patience)
        return ended

    async def _report(self, path: str, body: Any, patience: float | None = None) -> None:
        """Say something; that nobody wants to hear it ends nothing."""
        try:
            await self._server.send("POST", path, body, patience=patience)
        except TokenVoid:
            self._signals.void.set()
        except (Refused, TimeoutError) as error:
            log.warning("report not taken", extra={"path": path, "reason": str(error) or type(error).__name__})


def _lifecycle(state: str) -> dict[str, str]:
    return {"state": state, "changed_at": datetime.now(UTC).isoformat()}


def _outcome(prefix: str, well: str, ends: Sequence[Ended]) -> str:
    """The lifecycle state after these scripts: a failure says more than a script that took too long."""
    if any(ended.status not in (*_GOOD, TIMED_OUT) for ended in ends):
        return f"{prefix}_error"
    return f"{prefix}_timeout" if any(ended.status == TIMED_OUT for ended in ends) else well


async def _cancel(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
