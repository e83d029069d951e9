"""Rows as lines that COPY takes in, made by the JSON encoder.

A JSON array without its brackets is a line of CSV whose quote is `"`, whose escape is `\\` and whose NULL is `null`: strings,
numbers, booleans and times are the same text in both. Two things differ. Documents become strings that hold JSON; and JSON writes
control characters as escapes that CSV does not know, so that they are put back as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, LiteralString

import orjson

#: How COPY is told to read the lines.
FORMAT: LiteralString = r"""(FORMAT csv, NULL 'null', QUOTE '"', ESCAPE '\')"""
_AS_STORED = orjson.OPT_UTC_Z | orjson.OPT_SORT_KEYS
_SUSPECT = re.compile(rb"\\[bfnrtu]")
_ESCAPE = re.compile(rb'\\(?:["\\]|u00([0-9a-f]{2})|([bfnrt]))')
_EMPTY: Mapping[type[Any], str] = {dict: "{}", list: "[]", tuple: "[]"}
_CONTROLS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


class Lines:
    """Makes lines of some columns of rows; `kinds` maps columns to their SQL types. Equal rows are equal lines."""

    def __init__(self, kinds: Mapping[str, str], columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        # `itemgetter` of one name gives no tuple.
        self._values = itemgetter(*columns) if len(self.columns) > 1 else lambda row: (row[self.columns[0]],)
        self._documents = tuple(at for at, name in enumerate(self.columns) if kinds[name] == "jsonb")

    def __call__(self, row: Mapping[str, Any]) -> bytes:
        """The row's line, without its end. Raises `KeyError` when it lacks a column."""
        values = self._values(row)
        if self._documents:
            values = list(values)
            for at in self._documents:
                document = values[at]
                if document:
                    values[at] = orjson.dumps(document, option=_AS_STORED).decode()
                elif document is not None:
                    # What most rows hold needs no encoder.
                    values[at] = _EMPTY.get(type(document)) or orjson.dumps(document).decode()
        line = orjson.dumps(values, option=_AS_STORED)[1:-1]
        return _ESCAPE.sub(_control, line) if b"\\" in line and _SUSPECT.search(line) else line


def _control(escape: re.Match[bytes]) -> bytes:
    """The character that an escape of JSON stands for, unless CSV has the same escape."""
    code, letter = escape.groups()
    if letter is not None:
        return _CONTROLS[letter]
    return bytes([int(code, 16)]) if code is not None else escape[0]
