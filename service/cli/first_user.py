"""The first user that the settings name, made at start when there is none."""

from __future__ import annotations

import logging
import uuid
from datetime import UTC, datetime

from domain.kernel.context import Context
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.events import Actor
from domain.kernel.names import is_name
from projections.users.queries import anybody
from service.auth.first_user import create_first_user
from service.http.rules import is_email
from service.services import Services
from service.settings import Settings, SettingsError

log = logging.getLogger(__name__)

SHOWN_WITHIN_SECONDS = 5.0


async def found(services: Services, settings: Settings) -> None:
    """Make the first user of the settings unless somebody was first; return when it can sign in.

    Raises `SettingsError` naming the variable whose value the rules refuse.
    """
    if not settings.first_user_email:
        return
    async with services.pool.connection() as connection:
        if await anybody(connection):
            return
    if not is_email(settings.first_user_email):
        raise SettingsError("LEDGER_FIRST_USER_EMAIL", f"{settings.first_user_email!r} is not an e-mail address")
    if not is_name(settings.first_user_username):
        raise SettingsError(
            "LEDGER_FIRST_USER_USERNAME",
            f"{settings.first_user_username!r} is not a username: up to 32 letters and digits, with single hyphens between",
        )
    correlation = str(uuid.uuid4())
    try:
        founded = await create_first_user(
            services.bus,
            services.passwords,
            Context(Actor("system"), datetime.now(UTC), correlation),
            email=settings.first_user_email,
            username=settings.first_user_username,
            name="",
            password=settings.first_user_password,
        )
    except Conflict:
        return  # another process of the same deployment was quicker
    except Invalid as error:
        raise SettingsError("LEDGER_FIRST_USER_PASSWORD", " ".join(v.detail for v in error.validations) or error.message) from error
    log.info("first user made", extra={"username": settings.first_user_username})
    try:
        await services.positions.wait_until(founded.position, SHOWN_WITHIN_SECONDS)
    except TimeoutError:
        # No projector runs anywhere yet: sign-in works from the moment one does.
        log.warning("the first user does not show yet", extra={"position": founded.position})
