"""Quiet hours: when a person does not mind that their workspaces are stopped (contract/lifecycle.md B4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from domain.kernel.errors import Invalid, Violation
from domain.roles.permissions import Action
from domain.schedules.cron import BadSchedule, Schedule
from domain.schedules.quiet_hours import DEFAULT, parse
from domain.users.commands import ChangeSettings
from domain.users.values import SettingsGroup
from projections.documents import rfc3339_or_zero
from projections.users.queries import settings_of
from service.http.call import Call
from service.http.fields import TEXT, wire
from service.http.parsing import decode_body
from service.http.people import personal_user
from service.http.responses import json_response
from service.http.routing import Access, Route
from service.http.rules import REQUIRED

_GROUP = SettingsGroup.QUIET_HOURS.value


@dataclass(frozen=True, slots=True)
class QuietHoursRequest:
    """A cron schedule that starts once a day, with its zone in front: `CRON_TZ=Europe/Berlin 30 2 * * *`."""

    schedule: str = wire(TEXT, REQUIRED)


async def show(call: Call) -> web.Response:
    """A person's quiet hours, or the default of the deployment."""
    async with call.pool.connection() as connection:
        user = await personal_user(call, connection, Action.READ_PERSONAL)
        stored = str((await settings_of(connection, user.id, _GROUP)).get("schedule", ""))
    return json_response(_document(parse(stored), bool(stored), call.context.time))


async def change(call: Call) -> web.Response:
    """Other quiet hours."""
    async with call.pool.connection() as connection:
        user = await personal_user(call, connection, Action.UPDATE_PERSONAL)
    text = decode_body(await call.body(), QuietHoursRequest).schedule
    try:
        schedule = parse(text)
    except BadSchedule as error:
        raise Invalid("Invalid quiet hours schedule.", validations=[Violation("schedule", str(error))]) from None
    await call.execute(ChangeSettings(user.id, _GROUP, {"schedule": text}))
    return json_response(_document(schedule, True, call.context.time))


def _document(schedule: Schedule, user_set: bool, now: datetime) -> dict[str, Any]:
    hour, minute = schedule.hours.bit_length() - 1, schedule.minutes.bit_length() - 1
    return {
        "raw_schedule": schedule.source or DEFAULT,
        "user_set": user_set,
        "user_can_set": True,
        "time": f"{hour:02d}:{minute:02d}",
        "timezone": schedule.zone.key,
        "next": rfc3339_or_zero(schedule.next_after(now)),
    }


_PATH = "/users/{user}/quiet-hours"

ROUTES = (
    Route(
        "GET",
        _PATH,
        show,
        access=Access.SESSION,
        permission="user:read_personal",
        summary="Get a user's quiet hours",
        responses={200: "UserQuietHoursScheduleResponse"},
        tag="Personal",
    ),
    Route(
        "PUT",
        _PATH,
        change,
        access=Access.SESSION,
        permission="user:update_personal",
        summary="Set a user's quiet hours",
        request="UpdateUserQuietHoursScheduleRequest",
        responses={200: "UserQuietHoursScheduleResponse"},
        tag="Personal",
    ),
)
