"""An import fills an empty log with exactly what the lines say, or leaves it empty and says why."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from psycopg import AsyncConnection

from domain.kernel.events import Actor, Event, Metadata, Recorded, Stream
from domain.organizations.events import OrganizationCreated, WorkspaceSharingSet
from domain.users.events import UserCreated, UserDeleted, UserErased, UserPasswordChanged, UserProfileChanged
from projections.engine.tail import read_page
from service import bootstrap
from service.importing.log import BATCH, Imported, Refused, loading
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.store.wire import to_wire
from tests.projections.workspaces.histories import START, uid

ADA, BOB, TEAM = uid("ada"), uid("bob"), uid("team")


@pytest.fixture
async def connection(migrated_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """A connection to a database that nobody has used."""
    async with bootstrap.connected(migrated_url) as opened:
        yield opened


def history(*told: tuple[str, Event]) -> list[Recorded]:
    """Events of streams, a second apart, with gaps between positions."""
    versions: dict[str, int] = {}
    events = []
    for number, (id, event) in enumerate(told, 1):
        versions[id] = versions.get(id, 0) + 1
        metadata = Metadata(Actor("user", ADA), uid(f"request-{number}"), uid(f"request-{number}"), "192.0.2.7", "a browser \\ “x”")
        time, place = START + timedelta(seconds=number, microseconds=number * 10), number * 3
        events.append(Recorded(event, Stream(event.CATEGORY, id), versions[id], str(uuid.uuid4()), time, metadata, place))
    return events


def lines(events: Sequence[Recorded]) -> list[bytes]:
    """As `replay` prints them."""
    return [orjson.dumps(to_wire(recorded, {ADA: "ada"})) + b"\n" for recorded in events]


PEOPLE = history(
    (ADA, UserCreated("ada", "ada@example.com", "Ada", "password", "active")),
    (BOB, UserCreated("bob", "", "", "none", "active")),
    (ADA, UserProfileChanged("ada2", "Ada")),
    (TEAM, OrganizationCreated("team", "Team", "", "")),
    (ADA, UserPasswordChanged()),
    (ADA, UserPasswordChanged()),
    (TEAM, WorkspaceSharingSet("none")),
)


async def import_log(connection: AsyncConnection[Any], text: Iterable[bytes], *, batch: int = BATCH) -> Imported:
    """The log alone, in its own transaction."""
    async with loading(connection, text, START + timedelta(days=1), batch=batch) as file:
        async for _ in file.pages():
            pass
        return await file.settle()


async def stored(connection: AsyncConnection[Any]) -> list[Recorded]:
    """The log as a process with fresh keys reads it."""
    events, _ = await read_page(connection, EventMapper(KeyRing()), 0, 1000)
    return list(events)


@pytest.mark.parametrize("batch", [1, 2, 1000])
async def test_events_are_stored_as_they_were(connection: AsyncConnection[Any], batch: int) -> None:
    assert await import_log(connection, lines(PEOPLE), batch=batch) == Imported(7, 21)
    assert await stored(connection) == PEOPLE


async def test_personal_data_is_sealed_with_keys_of_this_database(connection: AsyncConnection[Any]) -> None:
    await import_log(connection, lines(PEOPLE))
    cursor = await connection.execute("SELECT convert_from(state, 'UTF8') FROM ledger_events ORDER BY notification_id")
    states = [row[0] for row in await cursor.fetchall()]
    assert [state for state in states if "ada@" in state or '"ada2"' in state] == []
    cursor = await connection.execute("SELECT user_id FROM personal_keys ORDER BY user_id")
    assert [row[0] for row in await cursor.fetchall()] == sorted((ADA, BOB))


async def test_positions_go_on_after_the_last_one(connection: AsyncConnection[Any]) -> None:
    await import_log(connection, lines(PEOPLE))
    cursor = await connection.execute("SELECT nextval('ledger_events_notification_id_seq')")
    assert (await cursor.fetchall())[0][0] == 22


@pytest.mark.parametrize("batch", [1, 1000])
async def test_who_was_erased_while_the_file_was_written_stays_erased(connection: AsyncConnection[Any], batch: int) -> None:
    events = history(*((e.stream.id, e.event) for e in PEOPLE), (ADA, UserDeleted()), (ADA, UserErased()))
    await import_log(connection, lines(events), batch=batch)
    found = await stored(connection)
    assert [e.event.username for e in found if isinstance(e.event, UserCreated)] == ["", "bob"]
    assert [e.event for e in found if isinstance(e.event, UserProfileChanged)] == [UserProfileChanged("", "")]
    cursor = await connection.execute("SELECT user_id FROM personal_keys")
    assert [row[0] for row in await cursor.fetchall()] == [BOB]


async def test_changes_of_passwords_are_counted_and_nothing_matches(connection: AsyncConnection[Any]) -> None:
    carl = uid("carl")
    more = [(carl, UserCreated("carl", "", "", "password", "active")), (carl, UserPasswordChanged()), (carl, UserDeleted())]
    await import_log(connection, lines(history(*((e.stream.id, e.event) for e in PEOPLE), *more)))
    cursor = await connection.execute("SELECT user_id, hash, revision FROM password_hashes")
    assert await cursor.fetchall() == [(ADA, "", 2)]


def _with(number: int, **changes: Any) -> list[Recorded]:
    events = list(PEOPLE)
    events[number] = replace(events[number], **changes)
    return events


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        (_with(2, position=6), "line 3: position 6 comes after 6: positions must grow"),
        (_with(2, time=START), "line 3: its time is before that of the line above"),
        (_with(6, version=3), f"position 21: stream {TEAM} has version 3 where 2 should come"),
        (_with(6, version=1), f"stream {TEAM} has version 1 twice"),
        (PEOPLE[1:], f"position 9: stream {ADA} has version 2 where 1 should come"),
        ([*PEOPLE[:3], PEOPLE[6], replace(PEOPLE[3], position=22, time=PEOPLE[6].time)], "has version 2 where 1 should come"),
        ([], "the file holds no events"),
        (_with(6, time=START + timedelta(days=2)), "line 7: its time is still to come"),
    ],
)
async def test_what_cannot_follow_each_other_is_refused_whole(
    connection: AsyncConnection[Any], events: list[Recorded], reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        await import_log(connection, lines(events), batch=2)
    assert await stored(connection) == []
    cursor = await connection.execute("SELECT count(*) FROM personal_keys")
    assert (await cursor.fetchall())[0][0] == 0
    # The same database takes it when it is right.
    await import_log(connection, lines(PEOPLE), batch=2)
    assert await stored(connection) == PEOPLE


async def test_a_bad_line_is_named_by_its_number(connection: AsyncConnection[Any]) -> None:
    text = lines(PEOPLE)
    with pytest.raises(Refused, match=r"line 8: this is not JSON.* the file ends within it"):
        await import_log(connection, [*text, text[0][:50]])
    assert await stored(connection) == []


async def test_a_log_with_events_is_left_alone(connection: AsyncConnection[Any]) -> None:
    await import_log(connection, lines(PEOPLE))
    with pytest.raises(Refused, match="the log of this database is not empty"):
        await import_log(connection, lines(PEOPLE))
    assert await stored(connection) == PEOPLE
