"""Lines come out of files of every kind, or it is said why not."""

from __future__ import annotations

import gzip
import io

import pytest

from service.importing.files import lines_of
from service.importing.log import Refused

TEXT = b'{"position":1}\n{"position":2}\n'


def _file(data: bytes) -> io.BufferedReader:
    return io.BufferedReader(io.BytesIO(data))


@pytest.mark.parametrize(
    "data",
    [TEXT, gzip.compress(TEXT), gzip.compress(TEXT[:20]) + gzip.compress(TEXT[20:])],
    ids=["as it is", "compressed", "compressed in parts"],
)
def test_lines_are_the_same_compressed_or_not(data: bytes) -> None:
    assert list(lines_of(_file(data))) == TEXT.splitlines(keepends=True)


def test_nothing_holds_no_lines() -> None:
    assert list(lines_of(_file(b""))) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (gzip.compress(TEXT)[:-9], "the file is cut off"),
        (gzip.compress(TEXT)[:-8] + b"\0" * 8, "the file cannot be read: CRC check failed"),
        (gzip.compress(TEXT)[:10] + b"\xff" * 20, "the file cannot be read"),
    ],
    ids=["cut off", "changed", "no deflated data"],
)
def test_a_damaged_file_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        list(lines_of(_file(data)))
