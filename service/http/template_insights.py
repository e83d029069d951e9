"""What became of a template: who uses it day by day; prebuilt workspaces, of which there are none (contract/lifecycle.md A7)."""

from __future__ import annotations

from aiohttp import web

from domain.roles.permissions import Action
from projections.queryvalues import number
from service.http.call import Call
from service.http.queries import QueryReader
from service.http.responses import json_response
from service.http.routing import Access, Parameter, Route
from service.http.template_access import path_template
from service.store.usage_days import active_people

_TAG = "Templates"
_OFFSET = number(-14, 14)


async def daily_active_users(call: Call) -> web.Response:
    """How many people used workspaces of the template on each day."""
    async with call.pool.connection() as connection:
        template = await path_template(call, connection, Action.VIEW_INSIGHTS)
        reader = QueryReader(call.request.query)
        offset = reader.read("tz_offset", _OFFSET)
        reader.check()
        days = await active_people(connection, template["id"], offset)
    entries = [{"amount": amount, "date": day.isoformat()} for day, amount in days]
    return json_response({"entries": entries, "tz_hour_offset": offset})


async def invalidate_prebuilds(call: Call) -> web.Response:
    """Throw prebuilt workspaces away: none are ever made."""
    async with call.pool.connection() as connection:
        await path_template(call, connection, Action.UPDATE)
    return json_response({"invalidated": []})


ROUTES = (
    Route(
        "GET",
        "/templates/{template}/daus",
        daily_active_users,
        Access.SESSION,
        "template:view_insights",
        "Count a template's daily users",
        responses={200: "DAUsResponse"},
        query=(Parameter("tz_offset", "int", "Hours that the caller's clock is ahead of UTC.", default=0),),
        tag=_TAG,
    ),
    Route(
        "POST",
        "/templates/{template}/prebuilds/invalidate",
        invalidate_prebuilds,
        Access.SESSION,
        "template:update",
        "Throw a template's prebuilt workspaces away",
        responses={200: "InvalidatePresetsResponse"},
        tag=_TAG,
    ),
)
