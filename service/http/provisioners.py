"""What provisioners of other processes call: take a job, show signs of life, print, end it. Plans are spoken as archives do.

A job that is not the caller's, or has ended (perhaps by the reaper), answers 409: there is nothing left to do for it.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from domain.kernel.errors import Conflict, Invalid, NotFound, Violation
from domain.kernel.spellings import ZERO_TIME
from domain.templates.values import ATTACHED, BUILT_IN
from service.auth.provisioner_keys import calling_key
from service.http.call import Call
from service.http.fields import ANYTHING, INT64, PROGRAM_TEXT, TEXT, TIME, list_of, wire
from service.http.parsing import decode_body, nested
from service.http.paths import path_uuid
from service.http.responses import json_response, no_content
from service.http.routing import Access, Body, Handler, Route
from service.http.rules import at_least, at_most
from service.provisioner.attached import JOB_TYPES
from service.provisioner.jobs import BUILD, IMPORT, Job
from service.store.files import TAR, file_content
from service.store.job_logs import DAEMON, TOOL, LogLine
from service.store.provisioner_daemons import API_VERSION, Kind

_PROVISIONERS = (BUILT_IN, ATTACHED)
_LEVELS = ("trace", "debug", "info", "warn", "error")
_LONGEST_NAME = 64
_LONGEST_WAIT = 60
_NOT_YOURS = "The job is not yours, or has ended."


@dataclass(frozen=True, slots=True)
class Acquire:
    """Who asks (`name` is the daemon's, unique for its key), what it takes (nothing named: all), how long it waits for a job."""

    name: str = wire(TEXT)
    version: str = wire(PROGRAM_TEXT)
    provisioners: tuple[str, ...] = wire(list_of(TEXT))
    types: tuple[str, ...] = wire(list_of(TEXT))
    wait_seconds: int = wire(INT64, at_least(0), at_most(_LONGEST_WAIT))


async def acquire(call: Call) -> web.Response:
    """The next job for a daemon, or 204 when none came in time."""
    key = await calling_key(call)
    request = decode_body(await call.body(), Acquire)
    wrong = [
        Violation(name, f"must name some of {', '.join(known)}")
        for name, given, known in (("provisioners", request.provisioners, _PROVISIONERS), ("types", request.types, JOB_TYPES))
        if not set(given) <= set(known)
    ]
    if not 0 < len(request.name) <= _LONGEST_NAME:
        wrong.append(Violation("name", f"must have 1 to {_LONGEST_NAME} characters"))
    if wrong:
        raise Invalid("The request for a job is not valid.", validations=wrong)
    services = call.services
    kind = Kind(
        request.name, request.version, API_VERSION, request.provisioners or _PROVISIONERS, request.types or JOB_TYPES, dict(key.tags)
    )
    job = await services.provisioners.acquire(key, kind, request.wait_seconds, services.stopping.is_set)
    return no_content() if job is None else json_response(await services.provisioners.assignments.describe(job))


async def heartbeat(call: Call) -> web.Response:
    """The job is being worked on; the answer says whether it shall stop."""
    job = await _job(call)
    return json_response({"canceled": job.is_canceled})


async def archive(call: Call) -> web.Response:
    """The template version's archive."""
    job = await _job(call)
    async with call.pool.connection() as connection:
        content = await file_content(connection, job.file_id)
    if content is None:
        raise NotFound("The archive of the template version no longer exists.")
    return web.Response(body=content, content_type=TAR)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the job's log; without a time it is now. `source` is `provisioner_daemon`, or `provisioner` (the default)."""

    created_at: datetime = wire(TIME)
    source: str = wire(TEXT)
    level: str = wire(TEXT)
    stage: str = wire(PROGRAM_TEXT)
    output: str = wire(PROGRAM_TEXT)


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines in order."""

    logs: tuple[Line, ...] = wire(list_of(nested(Line)))


async def print_lines(call: Call) -> web.Response:
    """More of the job's log; what does not fit into it any more is left out."""
    job = await _job(call)
    request = decode_body(await call.body(), Lines)
    if any(line.level not in ("", *_LEVELS) or line.source not in ("", DAEMON, TOOL) for line in request.logs):
        raise Invalid("A line is not valid.", validations=[Violation("logs", f"levels are {', '.join(_LEVELS)}; sources {DAEMON}, {TOOL}")])
    await call.services.provisioners.board.print(job, [_line(line, call.context.time) for line in request.logs])
    return no_content()


def _line(sent: Line, now: datetime) -> LogLine:
    created_at = now if sent.created_at == ZERO_TIME else sent.created_at
    return LogLine(created_at, sent.stage, sent.output, sent.source or TOOL, sent.level or "info")


@dataclass(frozen=True, slots=True)
class Complete:
    """The result. Of a build: `plan` (a `start` block of template.yaml) and its `state` (base64); of a dry run: `plan`;
    of an import: `template` (the content of a template.yaml) and the `readme`'s text."""

    plan: object = wire(ANYTHING)
    state: str = wire(TEXT)
    template: object = wire(ANYTHING)
    readme: str = wire(PROGRAM_TEXT)


async def complete(call: Call) -> web.Response:
    """The job has succeeded; the answer holds the tokens of agents that the provisioner must bring (`run: none`)."""
    job = await _job(call)
    request = decode_body(await call.body(), Complete)
    provisioners = call.services.provisioners
    agents: list[dict[str, str]] = []
    if job.type == BUILD:
        command, agents = await provisioners.assignments.completed_build(job, request.plan, _state(request.state))
        await _ended(call, provisioners.board.complete(job, command))
    elif job.type == IMPORT:
        found = await provisioners.assignments.completed_import(job, request.template, request.readme)
        await _ended(call, provisioners.board.complete(job, found))
    else:
        await _ended(call, provisioners.board.complete(job, await provisioners.assignments.completed_dry_run(job, request.plan)))
    return json_response({"agents": agents})


def _state(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) if text else None
    except ValueError:  # also for letters beyond ASCII, of which binascii has no error
        raise Invalid("The state is not valid.", validations=[Violation("state", "must be base64")]) from None


@dataclass(frozen=True, slots=True)
class Fail:
    """Why, for a person, and the job's error code if there is one for it."""

    error: str = wire(PROGRAM_TEXT)
    error_code: str = wire(PROGRAM_TEXT)


async def fail(call: Call) -> web.Response:
    """The job has failed."""
    job = await _job(call)
    request = decode_body(await call.body(), Fail)
    if not request.error:
        raise Invalid("A failure needs a reason.", validations=[Violation("error", "must not be empty")])
    await _ended(call, call.services.provisioners.board.fail(job, request.error, request.error_code))
    return no_content()


async def end_canceled(call: Call) -> web.Response:
    """The job has stopped as it was asked to."""
    job = await _job(call)
    if not job.is_canceled:
        raise Conflict("Nobody asked this job to stop.")
    await _ended(call, call.services.provisioners.board.end_canceled(job))
    return no_content()


async def _ended(call: Call, end: Awaitable[int]) -> None:
    """Wait until the read models show the end of the job. Raises `Conflict` when it had ended before, perhaps a moment ago."""
    position = await end
    if not position:
        raise Conflict(_NOT_YOURS)
    call.changed_at(position)
    await call.shown(position)


async def _job(call: Call) -> Job:
    key = await calling_key(call)
    job = await call.services.provisioners.job(key, path_uuid(call.path["job"]))
    if job is None:
        raise Conflict(_NOT_YOURS)
    return job


def _route(path: str, handler: Handler, summary: str, responses: Mapping[int, Body], request: str | None = None) -> Route:
    is_archive = handler is archive
    return Route(
        "GET" if is_archive else "POST",
        f"/provisioners/jobs/{path}",
        handler,
        access=Access.PROVISIONER,
        permission="a provisioner key of the job's organization",
        summary=summary,
        request=request,
        responses=responses,
        tag="Provisioning",
        produces=(TAR,) if is_archive else ("application/json",),
    )


ROUTES: tuple[Route, ...] = (
    _route("acquire", acquire, "Take the next job", {200: "ProvisionerAssignment", 204: None}, "ProvisionerAcquire"),
    _route("{job}/archive", archive, "Read the template's archive", {200: None}),
    _route("{job}/heartbeat", heartbeat, "Show a sign of life", {200: "ProvisionerJobHeartbeat"}),
    _route("{job}/logs", print_lines, "Print lines of the job", {204: None}, "ProvisionerJobLogs"),
    _route("{job}/complete", complete, "End the job with its result", {200: "ProvisionerJobCompleted"}, "ProvisionerJobResult"),
    _route("{job}/fail", fail, "End the job with an error", {204: None}, "ProvisionerJobFailure"),
    _route("{job}/canceled", end_canceled, "End the job as it was asked to", {204: None}),
)
