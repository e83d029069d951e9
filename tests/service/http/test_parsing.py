"""Bodies become typed requests, or one refusal that names every failing field (contract/workspaces.md 1.2, 3.1)."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import Invalid
from domain.kernel.ids import NIL
from service.http.fields import INT64, TEXT, UUID_TEXT, list_of, optional, wire
from service.http.parsing import decode_body, nested
from service.http.rules import REQUIRED, USERNAME, WORKSPACE_NAME, excluded_with, required_without

ID, OTHER = "0b5c7a3e-91d2-4c1f-8e6a-3f2b1a0c9d8e", "11111111-2222-4333-8444-555555555555"


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str = wire(TEXT)
    value: str = wire(TEXT)


@dataclass(frozen=True, slots=True)
class Creation:
    template_id: str = wire(UUID_TEXT, required_without("template_version_id"), excluded_with("template_version_id"))
    template_version_id: str = wire(UUID_TEXT, required_without("template_id"), excluded_with("template_id"))
    name: str = wire(TEXT, WORKSPACE_NAME, REQUIRED)
    autostart_schedule: str | None = optional(TEXT)
    ttl_ms: int | None = optional(INT64)
    rich_parameter_values: tuple[Parameter, ...] = wire(list_of(nested(Parameter)))
    automatic_updates: str = wire(TEXT)
    template_version_preset_id: str = wire(UUID_TEXT)


@dataclass(frozen=True, slots=True)
class Rename:
    name: str = wire(TEXT, USERNAME)


def body(**fields: object) -> bytes:
    return json.dumps({"template_id": ID, "name": "w", **fields}).encode()


def refusal(raw: bytes, shape: type = Creation) -> Invalid:
    with pytest.raises(Invalid) as caught:
        decode_body(raw, shape)
    return caught.value


def invalid(raw: bytes, shape: type = Creation) -> list[tuple[str, str]]:
    error = refusal(raw, shape)
    assert error.message == "Validation failed."
    assert not error.detail
    return [(v.field, v.detail) for v in error.validations]


def broken(field: str, rule: str, value: str) -> tuple[str, str]:
    return field, f'Validation failed for tag "{rule}" with value: "{value}"'


def test_a_full_body() -> None:
    raw = body(
        autostart_schedule="30 9 * * *",
        ttl_ms=2**63 - 1,
        rich_parameter_values=[{"name": "a", "value": "b", "x": 1}, None],
        automatic_updates="always",
        colour="red",
    )
    assert decode_body(raw, Creation) == Creation(
        ID, NIL, "w", "30 9 * * *", 2**63 - 1, (Parameter("a", "b"), Parameter("", "")), "always", NIL
    )


def test_null_is_absent() -> None:
    nulls = dict.fromkeys(
        ["template_version_id", "autostart_schedule", "ttl_ms", "rich_parameter_values", "automatic_updates", "template_version_preset_id"]
    )
    assert decode_body(body(**nulls), Creation) == decode_body(body(), Creation) == Creation(ID, NIL, "w", None, None, (), "", NIL)


@pytest.mark.parametrize("raw", [b"{}", b"null", b'{"name": null}', b'{"title": "x"}', b"null and more"])
def test_null_body_has_all_defaults(raw: bytes) -> None:
    assert invalid(raw, Rename) == [broken("name", "username", "")]


@pytest.mark.parametrize("spelling", [ID.upper(), ID.replace("-", ""), f"urn:uuid:{ID}", f"{{{ID}}}"])
def test_uuid_spellings(spelling: str) -> None:
    assert decode_body(body(template_id=spelling), Creation).template_id == ID


def test_keys_match_without_regard_to_case_unless_one_matches_exactly() -> None:
    assert decode_body(b'{"NAME": "b", "x": 1}', Rename).name == "b"
    assert decode_body(b'{"NAME": "b", "name": "a", "Name": "c"}', Rename).name == "a"
    assert decode_body(b'{"NAME": "b", "Name": "c"}', Rename).name == "c"
    assert decode_body(b'{"name": "a", "name": "b"}', Rename).name == "b"
    assert decode_body('{"automatic_update\u017f": "b", '.encode() + body()[1:], Creation).automatic_updates == "b"


WRONG_TYPES: list[dict[str, object]] = [
    {"name": 5},
    {"name": ["x"]},
    {"name": {}},
    {"template_id": "nope"},
    {"template_id": ""},
    {"template_id": 7},
    {"template_version_id": "nope"},
    {"template_version_preset_id": "nope"},
    {"ttl_ms": "60000"},
    {"ttl_ms": 60000.5},
    {"ttl_ms": 60000.0},
    {"ttl_ms": True},
    {"ttl_ms": 2**63},
    {"ttl_ms": -(2**63) - 1},
    {"ttl_ms": 2**64},
    {"ttl_ms": []},
    {"autostart_schedule": 5},
    {"autostart_schedule": []},
    {"automatic_updates": True},
    {"rich_parameter_values": {}},
    {"rich_parameter_values": ["x"]},
    {"rich_parameter_values": [{"name": "a", "value": 1}]},
    {"rich_parameter_values": [{"name": 1}]},
]


@pytest.mark.parametrize("fields", WRONG_TYPES, ids=json.dumps)
def test_wrong_type(fields: dict[str, object]) -> None:
    error = refusal(body(**fields))
    assert (error.message, error.validations) == ("Request body must be valid JSON.", ())
    assert next(iter(fields)) in error.detail


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b'"x"', b"5", b"true", b'{"name": "a"', b'{"ttl_ms": 1e3}', b'{"ttl_ms": ' + b"9" * 5000 + b"}", b"\xef\xbb\xbf{}"],
)
def test_not_json(raw: bytes) -> None:
    error = refusal(raw)
    assert (error.message, error.validations) == ("Request body must be valid JSON.", ())
    assert error.detail


def test_the_detail_says_where() -> None:
    assert 'rich_parameter_values[1].value"' in refusal(body(rich_parameter_values=[{"name": "a"}, {"value": 1}])).detail


@pytest.mark.parametrize("fields", [{"template_id": None}, {"template_id": NIL}, {"template_id": NIL, "template_version_id": NIL}])
def test_neither_template_nor_version(fields: dict[str, object]) -> None:
    assert invalid(body(**fields)) == [
        broken("template_id", "required_without", NIL),
        broken("template_version_id", "required_without", NIL),
    ]


def test_both_template_and_version() -> None:
    assert invalid(body(template_version_id=OTHER)) == [
        broken("template_id", "excluded_with", ID),
        broken("template_version_id", "excluded_with", OTHER),
    ]


def test_all_failing_fields_in_declaration_order_one_rule_each() -> None:
    assert invalid(b'{"name": "a b"}') == [
        broken("template_id", "required_without", NIL),
        broken("template_version_id", "required_without", NIL),
        broken("name", "workspace_name", "a b"),
    ]


def test_a_name_that_is_no_unicode_fails_its_rule() -> None:
    for raw in (b'{"name": "\xff"}', b'{"name": "\\ud800"}'):
        assert invalid(raw, Rename) == [broken("name", "username", "\ufffd")]


def test_text_with_nul_is_refused_once_the_rules_hold() -> None:
    assert invalid(b'{"name": "a\\u0000"}', Rename) == [broken("name", "username", "a\0")]
    assert invalid(body(automatic_updates="\0", rich_parameter_values=[{"name": "\0"}])) == [
        broken("rich_parameter_values", "no_nul", str((Parameter("\0", ""),)).replace("(", "[", 1)[:-2] + "]"),
        broken("automatic_updates", "no_nul", "\0"),
    ]
    assert decode_body(body(colour="\0"), Creation).name == "w"


def test_deep_unknown_fields_are_ignored() -> None:
    deep = b"[" * 9_000 + b"]" * 9_000
    assert decode_body(b'{"name": "a", "x": ' + deep + b"}", Rename).name == "a"
    assert refusal(b'{"name": ' + deep + b"}", Rename).detail


@given(st.binary())
def test_any_bytes_are_a_request_or_invalid(raw: bytes) -> None:
    for text in (raw, b'{"name":' + raw):
        refused = None
        try:
            decode_body(text, Rename)
        except Invalid as error:
            refused = error
        assert refused is None or bool(refused.detail) != bool(refused.validations)


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.integers(-(2**63), 2**63 - 1),
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))),
)
def test_valid_bodies_agree_with_the_standard_library(schedule: str, ttl_ms: int, values: list[str]) -> None:
    raw = body(autostart_schedule=schedule, ttl_ms=ttl_ms, rich_parameter_values=[{"name": "n", "value": v} for v in values])
    got, want = decode_body(raw, Creation), json.loads(raw)
    assert (got.autostart_schedule, got.ttl_ms, [p.value for p in got.rich_parameter_values]) == (
        want["autostart_schedule"],
        want["ttl_ms"],
        values,
    )
