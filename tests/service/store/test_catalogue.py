"""The published catalogue says everything of every event, and says it right."""

from __future__ import annotations

import json
import subprocess
import sys

import jsonschema
import pytest

from domain.kernel.events import event_types
from service.store.catalogue import catalogue
from tests.house.source import ROOT

ENTRIES = {entry["name"]: entry for entry in catalogue()}


def test_every_event_is_in_it() -> None:
    assert list(ENTRIES) == list(event_types())


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_complete(name: str) -> None:
    entry, cls = ENTRIES[name], event_types()[name]
    assert entry["description"].rstrip().endswith(".")
    assert entry["since"].count(".") == 2
    assert (entry["version"], entry["upcast_from"]) == (cls.VERSION, list(range(1, cls.VERSION)))
    schema = entry["schema"]
    jsonschema.Draft202012Validator.check_schema(schema)
    example = entry["example"]
    assert (example["type"], example["version"]) == (name, cls.VERSION)
    assert example["stream"].startswith(f"{entry['category']}/")
    strict = jsonschema.Draft202012Validator({**schema, "additionalProperties": False}, format_checker=jsonschema.FormatChecker())
    strict.validate(json.loads(json.dumps(example["data"])))
    # Not blanked, as it would be of somebody who was erased.
    assert [field for field in entry["personal"] if not example["data"][field]] == []
    for field, part in schema["properties"].items():
        assert (field in schema["required"]) == ("default" not in part)


def test_the_command_prints_it() -> None:
    done = subprocess.run([sys.executable, "-m", "service", "events"], cwd=ROOT, capture_output=True, check=True, timeout=60)
    assert json.loads(done.stdout) == json.loads(json.dumps(catalogue()))
