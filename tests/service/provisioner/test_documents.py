"""YAML and JSON as texts: what both can say, hostile ones, random ones."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from domain.templates.failures import ImportFailed
from domain.templates.values import (
    TemplatePlan,
)
from service.provisioner.template_yaml import parse_template
from tests.service.provisioner.declaring import WHOLE, parse, spec


def test_json_is_read_alike() -> None:
    declared = {"version": 1, "start": {"logs": ["😀 \\ud83d \u2028", "tab\t/"]}, "parameters": [{"name": "p", "default": ""}]}
    for text in (json.dumps(declared), json.dumps(declared, ensure_ascii=False, indent="\t").replace("/", "\\/")):
        for name in ("template.yaml", "template.json"):
            plan = parse_template({name: text.encode()})
            assert plan.start.logs == ("😀 \\ud83d \u2028", "tab\t/")
            assert plan.parameters[0].default == ""


def test_numbers_are_read_as_json_means_them() -> None:
    block = parse("version: 1.0\nstart: {delay_seconds: 2, daily_cost: 1e1}").start
    assert (block.delay_seconds, block.daily_cost) == (2.0, 10)


def test_anchors_may_save_typing() -> None:
    block = parse("version: 1\nstart: {logs: &l [a]}\nstop: {logs: *l}")
    assert block.stop.logs == ("a",)


BOMB = "version: 1\nstart:\n  logs: &a [" + "x," * 1000 + "]\nstop:\n  logs: [" + "*a," * 1000 + "]\n"


@pytest.mark.parametrize(
    "raw",
    [
        BOMB.encode(),
        b"[" * 100_000,
        b"{a: " * 1000,
        b"a: " * 50_000,
        b"a: &a [*a]",
        b"a: *b",
        b"\xff",
        b"",
        b"# nothing",
        b"\0",
        b"a: \x01",
        b"%YAML 9.9\n--- a",
        b"x" * (1 << 21),
        b'{"a": "\\ud83d"}',
        b"version: " + b"9" * 10_000,
        b"? " * 10_000,
    ],
)
def test_hostile_texts_are_refused(raw: bytes) -> None:
    with pytest.raises(ImportFailed, match=r"template\.yaml"):
        parse_template({"template.yaml": raw})


def test_a_refusal_stays_short() -> None:
    with pytest.raises(ImportFailed) as failed:
        spec(parameters=[{"name": "p", "type": "x" * 100_000}])
    assert len(failed.value.message) < 1200


@given(st.text() | st.binary().map(lambda b: b.decode("latin-1")))
def test_no_text_makes_anything_but_the_declared_error(text: str) -> None:
    with contextlib.suppress(ImportFailed):
        parse_template({"template.yaml": b"version: 1\n" + text.encode("utf-8", "replace")})


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2), max_leaves=4
)


def paths(node: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a document."""
    items = list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
    return [(node, key) for key, _ in items] + [found for _, child in items for found in paths(child)]


@given(st.data())
def test_a_damaged_template_is_read_or_refused(data: st.DataObject) -> None:
    document = yaml.safe_load(WHOLE)
    container, key = data.draw(st.sampled_from(paths(document)))
    container[key] = data.draw(VALUES)
    try:
        plan = parse_template({"template.yaml": json.dumps(document).encode(), "README.md": b"", "setup.sh": b""})
    except ImportFailed:
        return
    assert TemplatePlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan
