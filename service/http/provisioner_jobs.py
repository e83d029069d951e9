"""Provisioner jobs and daemons of an organization, for those who administer it (contract/lifecycle.md C3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web
from psycopg import AsyncConnection

from domain.builds.values import JobStatus
from domain.kernel.errors import NotFound
from domain.roles import objects
from domain.roles.permissions import Action
from domain.roles.policy import allows
from projections.jobs.daemons import DaemonFilter, organization_daemons
from projections.jobs.listing import JobFilter, organization_jobs
from projections.queryvalues import COUNT, FLAG, UUID, UUIDS, Term, choices, quoted, single
from service.http.call import Call
from service.http.organization_paths import path_organization
from service.http.paths import path_uuid
from service.http.queries import QueryReader
from service.http.responses import json_response
from service.http.routing import Access, Parameter, Route
from service.store.provisioner_daemons import ALIVE_SECONDS

_LIMIT = Term(COUNT.read, 50, 50)
_JOB_STATUSES = choices(*(status.value for status in JobStatus))
_DAEMON_STATUSES = choices("idle", "busy", "offline")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)")
_LONGEST = 100 * 365 * 86400.0


def _tags(text: str) -> Mapping[str, str] | None:
    try:
        tags = orjson.loads(text)
    except orjson.JSONDecodeError:
        tags = None
    if not isinstance(tags, dict) or not all(isinstance(value, str) and "\0" not in name + value for name, value in tags.items()):
        raise ValueError(f"must be a JSON object of texts: {quoted(text)}")
    return tags


def _duration(text: str) -> float | None:
    """Seconds of `1h30m` and its kin."""
    if text == "0":
        return 0.0
    parts = _PART.findall(text) if _PART.sub("", text) == "" else []
    seconds = sum(float(value) * _SECONDS[unit] for value, unit in parts)
    if not parts or seconds > _LONGEST:
        raise ValueError(f"must be a duration such as 1h30m: {quoted(text)}")
    return seconds


_TAGS = single(_tags, None)
_DURATION = single(_duration, None)


async def _administered(call: Call, connection: AsyncConnection[Any]) -> str:
    """The organization of the path, whose jobs the caller may read. Raises `NotFound`."""
    organization = await path_organization(call, connection)
    if not allows(call.caller.subject, Action.READ, objects.provisioner_jobs(organization.id)):
        raise NotFound
    return organization.id


async def list_jobs(call: Call) -> web.Response:
    """Newest first; 50 unless told otherwise."""
    async with call.pool.connection() as connection:
        organization_id = await _administered(call, connection)
        reader = QueryReader(call.request.query)
        wanted = JobFilter(
            limit=reader.read("limit", _LIMIT),
            statuses=reader.read("status", _JOB_STATUSES),
            ids=reader.read("ids", UUIDS),
            tags=reader.read("tags", _TAGS),
            initiator_id=reader.read("initiator", UUID),
        )
        reader.refuse_unknown(("limit", "status", "ids", "tags", "initiator"))
        reader.check()
        return json_response(await organization_jobs(connection, organization_id, wanted))


async def get_job(call: Call) -> web.Response:
    """One of them."""
    async with call.pool.connection() as connection:
        organization_id = await _administered(call, connection)
        found = await organization_jobs(connection, organization_id, JobFilter(ids=(path_uuid(call.path["job"]),)))
    if not found:
        raise NotFound
    return json_response(found[0])


async def list_daemons(call: Call) -> web.Response:
    """Who carries out the organization's jobs; silent ones only if asked for."""
    async with call.pool.connection() as connection:
        organization_id = await _administered(call, connection)
        reader = QueryReader(call.request.query)
        wanted = DaemonFilter(
            limit=reader.read("limit", _LIMIT),
            statuses=reader.read("status", _DAEMON_STATUSES),
            ids=reader.read("ids", UUIDS),
            tags=reader.read("tags", _TAGS),
            offline=bool(reader.read("offline", FLAG)),
            max_age=reader.read("max_age", _DURATION),
        )
        reader.refuse_unknown(("limit", "status", "ids", "tags", "offline", "max_age"))
        reader.check()
        return json_response(await organization_daemons(connection, organization_id, wanted, alive_seconds=ALIVE_SECONDS))


_PERMISSION = "provisioner_jobs:read in the organization; else 404"
_LIMIT_QUERY = Parameter("limit", "int", "At most this many; 0 is no limit.", default=50)
_IDS = Parameter("ids", "string", "Ids, separated by commas.")
_TAGS_QUERY = Parameter("tags", "string", "A JSON object: only those that have at least these tags.")
_TAG = "Provisioning"

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/organizations/{organization}/provisionerjobs",
        list_jobs,
        access=Access.SESSION,
        permission=_PERMISSION,
        summary="List provisioner jobs, newest first",
        responses={200: ["ProvisionerJob"]},
        query=(
            _LIMIT_QUERY,
            Parameter("status", "string", "Statuses, separated by commas."),
            _IDS,
            _TAGS_QUERY,
            Parameter("initiator", "uuid", "Only those that this person set in motion."),
        ),
        tag=_TAG,
    ),
    Route(
        "GET",
        "/organizations/{organization}/provisionerjobs/{job}",
        get_job,
        access=Access.SESSION,
        permission=_PERMISSION,
        summary="Read a provisioner job",
        responses={200: "ProvisionerJob"},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/organizations/{organization}/provisionerdaemons",
        list_daemons,
        access=Access.SESSION,
        permission=_PERMISSION,
        summary="List provisioner daemons",
        responses={200: ["ProvisionerDaemon"]},
        query=(
            _LIMIT_QUERY,
            Parameter("status", "string", "`idle`, `busy`, `offline`, separated by commas."),
            _IDS,
            _TAGS_QUERY,
            Parameter("offline", "bool", "Those too that have fallen silent."),
            Parameter("max_age", "string", "Only those heard of within this time, such as 1h30m."),
        ),
        tag=_TAG,
    ),
)
