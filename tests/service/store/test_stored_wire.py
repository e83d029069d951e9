"""What is passed on as it is stored reads exactly as the event itself would, for a sample of every event and in every state of keys."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from psycopg import AsyncConnection

import domain.kernel.events as registry
from domain.kernel.codec import split_topic
from domain.kernel.events import Event, event, event_types
from domain.kernel.upcasting import upcaster
from projections import live
from projections.engine.tail import StoredRow
from service.importing.lines import Unreadable, read_line
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.store.stored_wire import _form, stored_documents
from service.store.wire import to_wire
from tests.house.test_event_samples import SAMPLES, read


@pytest.fixture
async def connection(migrated_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """A connection to read models in which nobody is anybody yet."""
    async with await AsyncConnection.connect(migrated_url, autocommit=True) as opened:
        await live.configure(opened)
        yield opened


def rows_of(sample: dict[str, Any], state: dict[str, Any] | None = None) -> StoredRow:
    return StoredRow(
        sample["stream_id"], sample["stream_version"], sample["topic"], orjson.dumps(state if state is not None else sample["state"]), 4711
    )


def mapper_for(samples: list[dict[str, Any]], *, erased: bool) -> EventMapper:
    keys = KeyRing()
    for sample in samples:
        key = None if erased else sample.get("personal_key")
        keys.put(sample["stream_id"], base64.b64decode(key) if key else None)
    return EventMapper(keys)


@pytest.mark.parametrize("erased", [False, True])
async def test_every_sample_reads_as_its_event_does(connection: AsyncConnection[Any], erased: bool) -> None:
    for path in SAMPLES:
        sample = read(path)
        mapper, row = mapper_for([sample], erased=erased), rows_of(sample)
        (passed_on,) = await stored_documents(connection, mapper, [row])
        assert orjson.dumps(passed_on) == orjson.dumps(to_wire(mapper.decode(*row), {})), path.name


def test_no_event_of_today_needs_to_be_made_for_it() -> None:
    for path in SAMPLES:
        sample = read(path)
        name, version = split_topic(sample["topic"])
        if version == event_types()[name].VERSION:
            form = _form(sample["topic"])
            assert form is not None
            assert form.fields == list(sample["state"]["data"]), path.name


async def test_fields_that_came_later_and_fields_that_are_gone_read_as_the_event_says(connection: AsyncConnection[Any]) -> None:
    sample = read(_sample("UserCreated.v1.json"))
    data = {k: v for k, v in sample["state"]["data"].items() if k != "is_system"} | {"shoe_size": 43}
    mapper, row = mapper_for([sample], erased=False), rows_of(sample, {**sample["state"], "data": data})
    (document,) = await stored_documents(connection, mapper, [row])
    assert document["data"]["is_system"] is False
    assert "shoe_size" not in document["data"]
    assert document["data"]["username"] == sample["unsealed"]["username"]
    assert orjson.dumps(document) == orjson.dumps(to_wire(mapper.decode(*row), {}))


async def test_each_field_with_a_default_may_be_missing_from_what_is_stored(connection: AsyncConnection[Any]) -> None:
    for path in SAMPLES:
        sample = read(path)
        cls = event_types()[split_topic(sample["topic"])[0]]
        mapper = mapper_for([sample], erased=False)
        for field in dataclasses.fields(cls):  # type: ignore[arg-type]
            if field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING:
                data = {name: value for name, value in sample["state"]["data"].items() if name != field.name}
                row = rows_of(sample, {**sample["state"], "data": data})
                (document,) = await stored_documents(connection, mapper, [row])
                assert orjson.dumps(document) == orjson.dumps(to_wire(mapper.decode(*row), {})), f"{path.name} without {field.name}"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("2026-03-02T09:15:00.000000Z", "2026-03-02T09:15:00Z"),
        ("2026-03-02T09:15:00.120000Z", "2026-03-02T09:15:00.12Z"),
        ("2026-03-02T09:10:00.000001Z", "2026-03-02T09:10:00.000001Z"),
    ],
)
async def test_times_lose_their_trailing_zeros(connection: AsyncConnection[Any], stored: str, shown: str) -> None:
    sample = read(_sample("BuildDeadlineSet.v1.json"))
    for deadline in (stored, stored.replace("Z", "+00:00")):
        state = {**sample["state"], "time": stored, "data": {**sample["state"]["data"], "deadline": deadline}}
        (document,) = await stored_documents(connection, EventMapper(KeyRing()), [rows_of(sample, state)])
        assert (document["time"], document["data"]["deadline"]) == (shown, shown)


@pytest.mark.parametrize("topic", ["SomethingNew/1", "UserCreated/99", "nonsense"])
async def test_what_a_newer_release_wrote_is_passed_over(connection: AsyncConnection[Any], topic: str) -> None:
    sample = read(_sample("UserDeleted.v1.json"))
    rows = [rows_of({**sample, "topic": topic}), rows_of(sample)]
    assert [d["type"] for d in await stored_documents(connection, EventMapper(KeyRing()), rows)] == ["UserDeleted"]


async def test_an_older_version_is_shown_and_imported_as_todays(connection: AsyncConnection[Any]) -> None:
    name = "TestLightSwitched"
    try:

        @event(name, version=3, category="test")
        @dataclass(frozen=True, slots=True)
        class LightSwitched(Event):
            """How bright it is from now on, in percent."""

            percent: int
            since: datetime

        @upcaster(name, 1)
        def _named(payload: dict[str, Any]) -> dict[str, Any]:
            return {"share": 1.0 if payload["on"] else 0.0, "since": payload["since"]}

        @upcaster(name, 2)
        def _percent(payload: dict[str, Any]) -> dict[str, Any]:
            return {"percent": round(payload["share"] * 100), "since": payload["since"]}

        sample, since = read(_sample("UserDeleted.v1.json")), "2026-03-02T09:15:00.120000Z"
        rows = [
            rows_of({**sample, "topic": f"{name}/{version}"}, {**sample["state"], "data": {**data, "since": since}})
            for version, data in ((1, {"on": True}), (2, {"share": 0.25}), (3, {"percent": 50}))
        ]
        documents = [*await stored_documents(connection, EventMapper(KeyRing()), rows)]
        assert [document["version"] for document in documents] == [3, 3, 3]
        assert [document["data"] for document in documents] == [
            {"percent": percent, "since": "2026-03-02T09:15:00.12Z"} for percent in (100, 25, 50)
        ]
        read_back = [read_line(orjson.dumps(document)).event for document in documents]
        older = {**documents[0], "version": 1, "data": {"on": False, "since": since}}
        read_back.append(read_line(orjson.dumps(older)).event)
        assert read_back == [LightSwitched(percent, datetime.fromisoformat(since)) for percent in (100, 25, 50, 0)]
        with pytest.raises(Unreadable, match="is not that of TestLightSwitched in version 1"):
            read_line(orjson.dumps({**older, "data": {}}))
    finally:
        registry._REGISTRY.pop(name, None)


def _sample(name: str) -> Path:
    return next(path for path in SAMPLES if path.name == name)
