"""Rows as lines that COPY takes in, made by the JSON encoder.

A JSON array without its brackets is a line of CSV whose quote is `"`, whose escape is `\\` and whose NULL is `null`: strings,
numbers, booleans and times are the same text in both. Two things differ. Documents become strings that hold JSON; and JSON writes
control characters as escapes that CSV does not know, so that they are put back as they are. Many lines are made by one call of the
encoder: the rows in one array, with a string between them that no row can hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, LiteralString

import orjson

#: How COPY is told to read the lines.
FORMAT: LiteralString = r"""(FORMAT csv, NULL 'null', QUOTE '"', ESCAPE '\')"""
_AS_STORED = orjson.OPT_UTC_Z | orjson.OPT_SORT_KEYS
#: PostgreSQL's texts have no NUL.
_BETWEEN = "\0"
_ENCODED_BETWEEN = b"," + orjson.dumps(_BETWEEN) + b","
_SUSPECT = re.compile(rb"\\[bfnrtu]")
_ESCAPE = re.compile(rb'\\(?:["\\]|u00([0-9a-f]{2})|([bfnrt]))')
_EMPTY: Mapping[type[Any], str] = {dict: "{}", list: "[]", tuple: "[]"}
_CONTROLS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


class Lines:
    """Takes some columns' values from rows, for `joined`; `kinds` maps columns to their SQL types."""

    def __init__(self, kinds: Mapping[str, str], columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        # `itemgetter` of one name gives no tuple.
        self._values = itemgetter(*columns) if len(self.columns) > 1 else lambda row: (row[self.columns[0]],)
        self._documents = tuple(at for at, name in enumerate(self.columns) if kinds[name] == "jsonb")

    def __call__(self, row: Mapping[str, Any]) -> list[Any]:
        """The row's values, which nothing that happens to the row changes; those of equal rows are equal.

        Raises `KeyError` when it lacks a column.
        """
        values = list(self._values(row))
        for at in self._documents:
            document = values[at]
            if document:
                values[at] = orjson.dumps(document, option=_AS_STORED).decode()
            elif document is not None:
                # What most rows hold needs no encoder.
                values[at] = _EMPTY.get(type(document)) or orjson.dumps(document).decode()
        return values


def joined(rows: Iterable[Sequence[Any]]) -> bytes:
    """Lines of the values of rows, one after the other, without the last one's end."""
    values: list[Any] = []
    for row in rows:
        values += row
        values.append(_BETWEEN)
    lines = orjson.dumps(values[:-1], option=_AS_STORED)[1:-1].replace(_ENCODED_BETWEEN, b"\n")
    if not _SUSPECT.search(lines):
        return lines
    return b"\n".join([_ESCAPE.sub(_control, line) if _SUSPECT.search(line) else line for line in lines.split(b"\n")])


def _control(escape: re.Match[bytes]) -> bytes:
    """The character that an escape of JSON stands for, unless CSV has the same escape."""
    code, letter = escape.groups()
    if letter is not None:
        return _CONTROLS[letter]
    return bytes([int(code, 16)]) if code is not None else escape[0]
