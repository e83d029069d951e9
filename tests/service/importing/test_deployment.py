"""A whole deployment or nothing: events without read models are not let in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.kernel.events import Event, Recorded
from domain.workspaces.events import WorkspaceDormancySet
from projections.engine.verify import verify
from projections.models import MODELS
from service import bootstrap
from service.importing.deployment import import_deployment
from service.importing.log import Refused
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from tests.projections.workspaces.histories import START, uid
from tests.service.importing.test_log import PEOPLE, history, lines

NOW = START + timedelta(days=1)


def _after_people(id: str, event: Event, **metadata: Any) -> list[Recorded]:
    events = history(*((e.stream.id, e.event) for e in PEOPLE), (id, event))
    return [*events[:-1], replace(events[-1], metadata=replace(events[-1].metadata, **metadata))]


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        # A fold that stumbles, and a table that will not have a value.
        (_after_people(uid("shed"), WorkspaceDormancySet(START, None)), "up to line 8: LookupError: .* changed before it was created"),
        (_after_people(PEOPLE[3].stream.id, PEOPLE[6].event, request_id="none"), "up to line 8: InvalidTextRepresentation: .*uuid"),
    ],
)
async def test_events_of_which_no_read_models_can_be_made_are_refused_whole(migrated_url: str, events: list[Recorded], reason: str) -> None:
    async with bootstrap.connected(migrated_url) as storing, bootstrap.connected(migrated_url) as making:
        with pytest.raises(Refused, match=reason):
            await import_deployment(storing, making, lines(events), NOW)
        cursor = await storing.execute(
            "SELECT (SELECT count(*) FROM ledger_events), (SELECT count(*) FROM personal_keys), (SELECT max(position) FROM positions),"
            " (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'ledger\\_read\\_%\\_next%')"
        )
        assert await cursor.fetchone() == (0, 0, 0, 0)
        # The same database takes what is right, and has the read models that a rebuild of it makes.
        assert (await import_deployment(storing, making, lines(PEOPLE), NOW, batch=2)).position == 21
        report = await verify(storing, making, EventMapper(KeyRing()), MODELS)
    assert (report.position, report.differences) == (21, ())
    assert report.rows > len(PEOPLE)
