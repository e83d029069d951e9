"""Fills an empty database with a whole deployment: its log, and all read models of it, in one transaction."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import psycopg
from psycopg import AsyncConnection

from projections.engine.along import Along, along
from projections.engine.fill import STRAIGHT, Course
from projections.models import MODELS
from service.importing.log import BATCH, Imported, Loading, Refused, loading, refuse_unless_empty
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing

log = logging.getLogger(__name__)


async def import_deployment(
    storing: AsyncConnection[Any],
    making: AsyncConnection[Any],
    lines: Iterable[bytes],
    now: datetime,
    course: Course = STRAIGHT,
    *,
    batch: int = BATCH,
) -> Imported:
    """Import lines of `replay`: over one connection the events, over the other their read models, which must be there for none.

    Raises `Refused`, with nothing stored, for a log that is not empty, for lines that are no events or cannot follow each other,
    and for events of which no read models can be made.
    """
    # Before anything is made, and waited for: a database in use may be rebuilding.
    await refuse_unless_empty(storing)
    async with along(making, EventMapper(KeyRing()), MODELS, course) as read_models, loading(storing, lines, now, batch=batch) as file:
        await _fill(read_models, file)
        imported = await file.settle()
        await read_models.take_over(storing, imported.position)
    return imported


async def _fill(read_models: Along, file: Loading) -> None:
    try:
        async with contextlib.aclosing(file.pages()) as pages:
            await read_models.fill(pages)
    except (Refused, psycopg.OperationalError):
        raise
    except Exception as error:
        # Folds trust what decisions let through. Whoever wrote the file by other means gets told, whatever the fold stumbled on.
        log.debug("events cannot be folded", exc_info=error)
        said = " ".join(str(error).split())
        raise Refused(f"no read models can be made of the events up to line {file.lines}: {type(error).__name__}: {said}") from error
