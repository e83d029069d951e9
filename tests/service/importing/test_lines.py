"""A line of `replay` is read back as the event that it shows; whatever else a line may be is refused with a reason."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.codec import split_topic
from domain.kernel.events import Recorded, event_types
from service.importing.lines import Unreadable, read_line
from service.store.wire import to_wire
from tests.house.test_event_samples import SAMPLES, decoded, mapper_for, read


def _recorded(path: Any) -> Recorded:
    sample = read(path)
    return replace(decoded(sample, mapper_for(sample)), position=4711)


EVENTS = [_recorded(path) for path in SAMPLES]
LINE: dict[str, Any] = to_wire(next(e for e in EVENTS if e.event.NAME == "BuildDeadlineSet"), {})


def line(**changes: Any) -> bytes:
    """A line that would do, but for the changes; None of a key's value is null, `...` leaves the key out."""
    return orjson.dumps({key: value for key, value in {**LINE, **changes}.items() if value is not ...})


@pytest.mark.parametrize("recorded", EVENTS, ids=lambda recorded: recorded.event.NAME)
def test_every_event_comes_back_as_it_was(recorded: Recorded) -> None:
    names: dict[str, str | None] = {recorded.metadata.actor.id or "": None}
    for usernames in ({}, names):
        assert read_line(orjson.dumps(to_wire(recorded, usernames)) + b"\n") == recorded


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "this line is empty"),
        (b"\n", "this line is empty"),
        (b'{"position":1', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "not a JSON object"),
        (line(specversion="1.0"), "CloudEvent"),
        (line(id=...), "'id' is missing"),
        (line(data=...), "'data' is missing"),
        (line(shoe_size=43), "'shoe_size' means nothing to this release"),
        (line(type="SomethingNew"), "knows no event 'SomethingNew' of version 1"),
        (line(type=["BuildDeadlineSet"]), "knows no event"),
        (line(version=99), "'BuildDeadlineSet' of version 99"),
        (line(version=0), "'version' must be a positive number"),
        (line(position=True), "'position' must be a positive number"),
        (line(position=2**63), "'position' must be a positive number"),
        (line(stream_version="1"), "'stream_version' must be a positive number"),
        (line(id="no id"), "'id' must hold a UUID"),
        (line(stream="workspace/8fec71d4-d0ab-40e8-91db-ee00a9f2db68"), "belongs to a stream build/…"),
        (line(stream="build/1"), "'stream' must hold a UUID"),
        (line(stream=7), "belongs to a stream build/…"),
        (line(time="yesterday"), "'time' must be a time in UTC"),
        (line(time="2026-01-01T00:00:00+02:00"), "'time' must be a time in UTC"),
        (line(time=0), "'time' must be a time in UTC"),
        (line(actor=None), "'actor' must have a kind"),
        (line(actor={"kind": "ghost"}), "'actor' must have a kind"),
        (line(actor={"kind": "user", "id": "1"}), "'actor.id' must hold a UUID"),
        (line(ip=1), "'ip' must be a text or null"),
        (line(correlation_id=None), "'correlation_id' must be a text"),
        (line(user_agent="a\0b"), "U+0000"),
        (line(data=[]), "'data' must be an object"),
        (line(data={}), "BuildDeadlineSet lacks the field 'cause'"),
        (line(data={**LINE["data"], "colour": "red"}), "BuildDeadlineSet has no field 'colour'"),
        (line(data={**LINE["data"], "deadline": "soon"}), "field 'deadline' of BuildDeadlineSet cannot be 'soon'"),
        (line(data={**LINE["data"], "cause": 1}), "field 'cause' of BuildDeadlineSet cannot be '1'"),
    ],
)
def test_what_is_no_event_is_refused_with_the_reason(text: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason.replace("+", r"\+")):
        read_line(text)


def test_a_backslash_before_u0000_is_a_text_like_others() -> None:
    assert read_line(line(user_agent="\\u0000")).metadata.user_agent == "\\u0000"


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_line_with_anything_in_any_place_is_an_event_or_refused(data: st.DataObject) -> None:
    document = copy.deepcopy(to_wire(data.draw(st.sampled_from(EVENTS)), {}))
    inner = data.draw(st.sampled_from([document, document["actor"], document["data"]]))
    if inner:
        inner[data.draw(st.sampled_from(sorted(inner)))] = data.draw(
            st.recursive(
                st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=40),
                lambda items: st.lists(items, max_size=3) | st.dictionaries(st.text(max_size=5), items, max_size=3),
                max_leaves=5,
            )
        )
    try:
        text = orjson.dumps(document)
    except (orjson.JSONEncodeError, TypeError):
        return
    try:
        recorded = read_line(text)
    except Unreadable:
        return
    # What was let in is stored and shown without loss.
    assert read_line(orjson.dumps(to_wire(recorded, {}))) == recorded


def test_samples_of_older_versions_are_read_as_todays() -> None:
    for path, recorded in zip(SAMPLES, EVENTS, strict=True):
        name, version = split_topic(read(path)["topic"])
        if version < event_types()[name].VERSION:
            shown = {**to_wire(recorded, {}), "version": version, "data": read(path)["state"]["data"]}
            assert read_line(orjson.dumps(shown)) == recorded
