"""The first JSON value of a body: strict, with the oddities that contract/workspaces.md 1.2 permits."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.http.json_strict import MAX_DEPTH, NotJson, first_value

MALFORMED = {
    "empty": b"",
    "blank": b" \n ",
    "truncated": b'{"a": 1',
    "word": b"nul",
    "single quotes": b"{'a': 1}",
    "trailing comma": b'{"a": 1,}',
    "bare key": b"{a: 1}",
    "comment": b"// x\n{}",
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "leading zero": b'{"a": 01}',
    "bad escape": b'{"a": "\\x41"}',
    "raw control character": b'{"a": "\x01"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "too deep": b"[" * 100_000,
    "too deep and closed": b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
    "bare minus": b"[-]",
    "no fraction": b"[1.]",
    "plus": b"[+1]",
    "form feed": b"\x0c{}",
    "bytes outside strings": b"[\xff]",
    "unclosed text": b'{"a": "b',
    "half escape": b'["\\ud8"]',
    "colon missing": b'{"a" 1}',
    "UTF-16": "{}".encode("utf-16"),
    "no-break space": "\u00a0{}".encode(),
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
def test_malformed(raw: bytes) -> None:
    with pytest.raises(NotJson):
        first_value(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"{} x", {}),
        (b'{"a":1}{"a":2}', {"a": 1}),
        (b"null,", None),
        (b" \t\r\n[1] ]", [1]),
        (b"{}\xff", {}),
        (b"nullx", None),
        (b'{"a":1}\x00', {"a": 1}),
        (b'["\xff\xfe"]', ["\ufffd\ufffd"]),
        (b'["\xe2\x82x"]', ["\ufffd\ufffdx"]),
        (b'["\xed\xa0\x80"]', ["\ufffd\ufffd\ufffd"]),
        (b'["\\ud800"]', ["\ufffd"]),
        (b'["a\\uDC00b"]', ["a\ufffdb"]),
        (b'["\\ud800\\ud83d\\ude00"]', ["\ufffd\U0001f600"]),
        (b'["\\\\ud800"]', ["\\ud800"]),
        (b'["\\\\\\ud800"]', ["\\\ufffd"]),
        (b'{"\\ud800":1}', {"\ufffd": 1}),
        (b'["\\ud83d\\uDE00"] ', ["\U0001f600"]),
        (b"[-0, 18446744073709551616]x", [0, 18446744073709551616]),
        (b"[1.0]x", [1.0]),
        (b'{"a":1,"a":2}', {"a": 2}),
    ],
)
def test_permitted(raw: bytes, value: object) -> None:
    assert first_value(raw) == value


def test_numbers_out_of_range_are_still_json() -> None:
    assert first_value(b"[1e999]") == [float("inf")]
    assert first_value(b"[" + b"9" * 100_000 + b"]") == [float("inf")]


@pytest.mark.parametrize("depth", [1000, 1100, MAX_DEPTH])
@pytest.mark.parametrize(
    ("opens", "middle", "closes"), [(b"[", b"", b"]"), (b'{"a":', b"null", b"}"), (b'[{"\\ud800a":[], "b" : ', b'"x"', b"}, -1.5e3, true]")]
)
def test_deep_nesting(depth: int, opens: bytes, middle: bytes, closes: bytes) -> None:
    times = (depth - 2) // 2 if opens.startswith(b"[{") else depth
    value = first_value(opens * times + middle + closes * times + b" rest")
    for _ in range(times - 1):
        assert isinstance(value, list | dict)
        value = value[0] if isinstance(value, list) else value
        value = (value.get("b") or value.get("a")) if isinstance(value, dict) else value
    assert isinstance(value, list | dict)


DEEP = b"[" * 2000
BROKEN_BELOW = [
    b"]",
    b"}",
    b",",
    b"1,]",
    b'{"a"}',
    b'{"a":}',
    b"{1:2}",
    b'{"a":1,}',
    b"1 2",
    b":",
    b'"',
    b'"\x01"',
    b"01",
    b"nul",
    b'{"a":1]',
    b"{,}",
    b'{"a":1 "b":2}',
    b'"a":1',
]


@pytest.mark.parametrize("inner", BROKEN_BELOW)
def test_broken_far_below(inner: bytes) -> None:
    closing = 1999 if inner == b"]" else 2000
    with pytest.raises(NotJson):
        first_value(DEEP + inner + b"]" * (closing - 1 if inner == b"]" else closing))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@given(JSON, st.booleans(), st.binary(max_size=5))
def test_agrees_with_the_standard_library(value: object, ascii_only: bool, rest: bytes) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert first_value(raw) == value
    assert first_value(raw + b" " + rest) == value


@settings(deadline=None)  # 2000 levels each: slow on a busy machine
@given(JSON)
def test_the_deep_reader_agrees(value: object) -> None:
    raw = DEEP + json.dumps(value).encode() + b"]" * 2000
    got = first_value(raw)
    for _ in range(2000):
        assert isinstance(got, list)
        got = got[0]
    assert got == value


@settings(deadline=None)
@given(st.binary() | st.text(alphabet='{}[]:,"\\ud8c0 1.eE-+truefalsnx\n').map(str.encode))
def test_any_bytes_are_json_or_not(raw: bytes) -> None:
    try:
        first_value(raw)
        first_value(DEEP + raw)
    except NotJson:
        pass
