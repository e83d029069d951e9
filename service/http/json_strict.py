"""The first JSON value of a body, exactly as contract/workspaces.md 1.2 reads it.

`orjson` decodes what is plain JSON from end to end. Everything it refuses goes through a slower reader that knows the
permitted oddities: content after the value, bytes that are not UTF-8, lone surrogates, and nesting down to 10 000 levels.
"""

from __future__ import annotations

import codecs
import json
import math
import re

import orjson

MAX_DEPTH = 10_000

_BLANK = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(
    r'[ \t\r\n]*(?:(?P<mark>[{}\[\],:])|(?P<quote>")|(?P<word>true|false|null)'
    r"|(?P<whole>-?(?:0|[1-9][0-9]*))(?P<rest>(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?))"
)
_WORDS = {"true": True, "false": False, "null": None}
# Escapes are consumed from left to right, so an escaped backslash never lends itself to what follows it.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL)


class NotJson(ValueError):
    """The body does not begin with a JSON value; the text says what is wrong and at which character."""


def first_value(raw: bytes) -> object:
    """The first JSON value in `raw`; what follows it is not looked at. Raises `NotJson`.

    Integers come as `int` while they have at most 20 digits; other numbers are floats (infinite beyond their range).
    """
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _first_value_exactly(raw)


def _first_value_exactly(raw: bytes) -> object:
    text = raw.decode("utf-8", _EACH_BYTE)
    if "\\ud" in text or "\\uD" in text:
        text = _ESCAPE.sub(lambda found: "\\ufffd" if found["lone"] else found[0], text)
    blank = _BLANK.match(text)
    start = blank.end() if blank else 0
    if start == len(text):
        raise NotJson("the body is empty")
    try:
        return _DECODER.raw_decode(text, start)[0]
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at character {error.pos}") from None
    except RecursionError:
        return _read_deep(text, start)


def _read_deep(text: str, at: int) -> object:
    """Read one value without recursion: for nesting that the C reader cannot follow."""
    open_values: list[list[object] | dict[str, object]] = []
    keys: list[str] = []
    expect = "value"  # or: "value or ]", "key", "key or }", "comma or end"
    while True:
        found = _TOKEN.match(text, at)
        if found is None:
            raise NotJson(f"no JSON at character {at}")
        here, at = at, found.end()
        mark, value = found["mark"], None
        if expect.startswith("key") and found["quote"]:
            key, at = _read_string(text, at)
            colon = _TOKEN.match(text, at)
            if colon is None or colon["mark"] != ":":
                raise NotJson(f"a colon is missing at character {at}")
            keys.append(key)
            at, expect = colon.end(), "value"
            continue
        if expect.startswith("value") and mark in ("{", "["):
            if len(open_values) == MAX_DEPTH:
                raise NotJson(f"nested deeper than {MAX_DEPTH} levels at character {here}")
            open_values.append({} if mark == "{" else [])
            expect = "key or }" if mark == "{" else "value or ]"
            continue
        if expect.startswith("value") and not mark:
            value, at = _read_string(text, at) if found["quote"] else (_scalar(found), at)
        elif mark is not None and mark in "}]" and _closes(mark, expect, open_values):
            value = open_values.pop()
        elif mark == "," and expect == "comma or end":
            expect = "key" if isinstance(open_values[-1], dict) else "value"
            continue
        else:
            raise NotJson(f"expected {expect} at character {here}")
        if not open_values:
            return value
        parent = open_values[-1]
        if isinstance(parent, dict):
            parent[keys.pop()] = value
        else:
            parent.append(value)
        expect = "comma or end"


def _closes(mark: str, expect: str, open_values: list[list[object] | dict[str, object]]) -> bool:
    ends_object = isinstance(open_values[-1], dict) if open_values else False
    return bool(open_values) and ends_object == (mark == "}") and (expect == "comma or end" or expect.endswith(mark))


def _scalar(found: re.Match[str]) -> object:
    if found["word"]:
        return _WORDS[found["word"]]
    return float(found["whole"] + found["rest"]) if found["rest"] else _whole(found["whole"])


def _read_string(text: str, at: int) -> tuple[str, int]:
    try:
        value, end = _DECODER.raw_decode(text, at - 1)  # from the opening quote
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at character {error.pos}") from None
    return str(value), end


def _whole(digits: str) -> int | float:
    # The conversion of very long numbers is quadratic, and nothing takes more than 64 bits.
    return int(digits) if len(digits) <= 21 else math.inf


def _refuse_constant(name: str) -> object:
    raise NotJson(f"{name} is no JSON number")


def _replace_each_byte(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\ufffd" * (error.end - error.start), error.end


_EACH_BYTE = "ledger.replace-each-byte"
codecs.register_error(_EACH_BYTE, _replace_each_byte)
_DECODER = json.JSONDecoder(parse_int=_whole, parse_constant=_refuse_constant)
