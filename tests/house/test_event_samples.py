"""Every event name and version that was ever released has a stored sample, and today's release reads and writes it.

A sample is never changed once released: a changed shape is a new version with an upcaster, and one more file here.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest

from domain.kernel.codec import split_topic, to_payload, topic_of
from domain.kernel.events import Recorded, event_types
from service.store.catalogue import catalogue
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from tests.house.source import ROOT

FOLDER = ROOT / "service" / "store" / "event_samples"
SAMPLES = sorted(FOLDER.glob("*.json"))
SCHEMAS = {(entry["name"], entry["version"]): entry["schema"] for entry in catalogue()}


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def mapper_for(sample: dict[str, Any]) -> EventMapper:
    """One that holds the key of the sample's person, if it has one."""
    keys = KeyRing()
    key = sample.get("personal_key")
    keys.put(sample["stream_id"], base64.b64decode(key) if key else None)
    return EventMapper(keys)


def decoded(sample: dict[str, Any], mapper: EventMapper) -> Recorded:
    return mapper.decode(sample["stream_id"], sample["stream_version"], sample["topic"], orjson.dumps(sample["state"]))


def test_every_event_that_can_be_stored_has_a_sample_of_each_version() -> None:
    stored = {path.stem for path in SAMPLES}
    wanted = {f"{name}.v{version}" for name, cls in event_types().items() for version in range(1, cls.VERSION + 1)}
    missing = sorted(wanted - stored)
    assert not missing, f"store one sample each in {FOLDER.relative_to(ROOT)}: {', '.join(missing)}"


def test_no_event_was_taken_away() -> None:
    known = event_types()
    gone = sorted(path.name for path in SAMPLES if path.stem.rpartition(".v")[0] not in known)
    assert not gone, f"what was stored once must stay readable for ever: {gone}"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_stored_event_is_read_as_todays_class_and_stored_again(path: Path) -> None:
    sample = read(path)
    name, version = split_topic(sample["topic"])
    assert path.stem == f"{name}.v{version}"
    mapper = mapper_for(sample)

    recorded = decoded(sample, mapper)

    cls = event_types()[name]
    assert type(recorded.event) is cls
    assert recorded.stream.category == cls.CATEGORY
    unsealed = sample.get("unsealed", {})
    assert {field: getattr(recorded.event, field) for field in cls.PERSONAL if field in unsealed} == unsealed
    again = orjson.loads(mapper.encode(recorded))
    rewritten = {**sample, "topic": topic_of(cls), "state": again}
    assert decoded(rewritten, mapper) == recorded
    if version == cls.VERSION:
        assert without(again, unsealed) == without(sample["state"], unsealed)
        for field in unsealed:
            assert set(again["data"][field]) == {"sealed"}, "personal data must never lie readable in the log"


@pytest.mark.parametrize("path", [path for path in SAMPLES if "personal_key" in read(path)], ids=lambda path: path.stem)
def test_without_the_persons_key_nothing_of_them_can_be_read(path: Path) -> None:
    sample = read(path)
    recorded = decoded(sample, mapper_for({**sample, "personal_key": None}))
    assert {field: getattr(recorded.event, field) for field in sample["unsealed"]} == dict.fromkeys(sample["unsealed"], "")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_of_todays_version_keeps_to_the_published_schema(path: Path) -> None:
    sample = read(path)
    name, version = split_topic(sample["topic"])
    cls = event_types()[name]
    if version < cls.VERSION:
        return  # an old version's schema is no longer published; what matters is that it can be read
    payload = json.loads(orjson.dumps(to_payload(decoded(sample, mapper_for(sample)).event)))
    schema = {**SCHEMAS[name, version], "additionalProperties": False}
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(payload)


def without(state: dict[str, Any], fields: dict[str, str]) -> dict[str, Any]:
    """The stored document but for sealed fields: each sealing draws a nonce of its own."""
    return {**state, "data": {name: value for name, value in state["data"].items() if name not in fields}}
