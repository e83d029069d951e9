"""Every kind of field: what it reads, what it refuses, what it is when absent (contract/workspaces.md 1.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.kernel.errors import Invalid
from domain.kernel.ids import NIL
from domain.kernel.spellings import ZERO_TIME
from service.http.fields import ANYTHING, FLAG, INT32, PROGRAM_TEXT, TEXT, TIME, UUID_TEXT, list_of, map_of, optional, wire
from service.http.parsing import decode_body, nested
from service.http.rules import REQUIRED, USERNAME

ID = "0b5c7a3e-91d2-4c1f-8e6a-3f2b1a0c9d8e"


@dataclass(frozen=True, slots=True)
class Inner:
    username: str = wire(TEXT, REQUIRED, USERNAME)


@dataclass(frozen=True, slots=True)
class Everything:
    flag: bool = wire(FLAG)
    maybe: bool | None = optional(FLAG)
    small: int = wire(INT32)
    deadline: datetime = wire(TIME, REQUIRED)
    ids: tuple[str, ...] = wire(list_of(UUID_TEXT))
    given_ids: tuple[str, ...] | None = optional(list_of(UUID_TEXT), REQUIRED)
    user_roles: Mapping[str, str] = wire(map_of(TEXT))
    inner: Inner = wire(nested(Inner))
    maybe_inner: Inner | None = optional(nested(Inner))
    log: str = wire(PROGRAM_TEXT)
    what: object = wire(ANYTHING)
    kind: str = wire(TEXT, name="signInText")


@dataclass(frozen=True, slots=True)
class Moment:
    at: datetime = wire(TIME)


def everything(**fields: object) -> bytes:
    return json.dumps({"deadline": "2030-01-01T00:00:00Z", "given_ids": [], "inner": {"username": "ann"}, **fields}).encode()


def refusal(raw: bytes) -> Invalid:
    with pytest.raises(Invalid) as caught:
        decode_body(raw, Everything)
    return caught.value


def broken(raw: bytes) -> list[str]:
    error = refusal(raw)
    assert error.message == "Validation failed."
    return [f"{v.field}: {v.detail}" for v in error.validations]


WRONG_KINDS: list[dict[str, object]] = [
    {"flag": 1},
    {"flag": "true"},
    {"maybe": 0},
    {"small": 2**31},
    {"small": False},
    {"deadline": 5},
    {"deadline": ""},
    {"deadline": "2030-01-01"},
    {"ids": ID},
    {"ids": [ID, ""]},
    {"user_roles": []},
    {"user_roles": {"a": {}}},
    {"inner": []},
    {"inner": {"username": 1}},
    {"maybe_inner": "x"},
    {"log": 1},
    {"signInText": 1},
]


@pytest.mark.parametrize("fields", WRONG_KINDS, ids=json.dumps)
def test_wrong_kind(fields: dict[str, object]) -> None:
    assert next(iter(fields)) in refusal(everything(**fields)).detail


def test_kinds() -> None:
    got = decode_body(
        everything(
            flag=True,
            maybe=False,
            small=-5,
            deadline="2030-01-01T01:00:00+01:00",
            ids=[ID.upper(), None],
            user_roles={"a": "use", "b": None},
            log="a\0b",
            what=[{"x": 1.5}],
            signInText="s",
        ),
        Everything,
    )
    expected = (
        True,
        False,
        -5,
        datetime(2030, 1, 1, tzinfo=UTC),
        (ID, NIL),
        (),
        {"a": "use", "b": ""},
        Inner("ann"),
        None,
        "a\ufffdb",
        [{"x": 1.5}],
        "s",
    )
    assert got == Everything(*expected)


def test_absent_kinds() -> None:
    got = decode_body(everything(), Everything)
    assert (got.flag, got.maybe, got.small, got.ids, got.user_roles, got.log, got.what, got.kind) == (False, None, 0, (), {}, "", None, "")


def test_required_values() -> None:
    assert broken(b"{}") == [
        'deadline: Validation failed for tag "required" with value: "0001-01-01 00:00:00 +0000 UTC"',
        'given_ids: Validation failed for tag "required" with value: "<nil>"',
        'username: Validation failed for tag "required" with value: ""',
    ]
    assert broken(everything(maybe_inner={"username": "-"})) == ['username: Validation failed for tag "username" with value: "-"']


def test_the_zero_time_is_what_an_absent_time_is() -> None:
    assert decode_body(b'{"at": "0001-01-01T00:00:00Z"}', Moment) == decode_body(b"{}", Moment) == Moment(ZERO_TIME)


def test_nul_in_the_text_of_programs_is_replaced() -> None:
    assert decode_body(everything(log="\0"), Everything).log == "\ufffd"


def test_the_detail_says_where() -> None:
    assert 'field "user_roles.ann"' in refusal(everything(user_roles={"ann": 1})).detail
    assert 'field "ids[1]"' in refusal(everything(ids=[ID, "x"])).detail
    assert 'field "inner.username"' in refusal(everything(inner={"username": 1})).detail


def test_any_json_is_bounded_in_depth() -> None:
    assert refusal(b'{"what": ' + b"[" * 9_000 + b"]" * 9_000 + b"," + everything()[1:]).detail


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([ID, NIL, "2030-01-01T00:00:00Z", "ann"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.sampled_from(["username", "name", "value"]), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELD_NAMES = [
    "flag",
    "maybe",
    "small",
    "deadline",
    "ids",
    "given_ids",
    "user_roles",
    "inner",
    "maybe_inner",
    "log",
    "what",
    "signInText",
    "Name",
    "name",
    "ttl_ms",
    "rich_parameter_values",
]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the first draw builds tables of characters
@given(st.dictionaries(st.sampled_from(FIELD_NAMES), VALUES))
def test_any_values_are_a_request_or_invalid(document: dict[str, object]) -> None:
    refused = None
    try:
        decode_body(json.dumps(document).encode(), Everything)
    except Invalid as error:
        refused = error
    assert refused is None or bool(refused.detail) != bool(refused.validations)
