"""The grammars of ids, instants, numbers and truth values (contract/workspaces.md 1.2, 1.3, 4.1; contract/listing.md 2, 4)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.spellings import ZERO_TIME, calendar_date, instant, integer, truth, uuid_text

ID = "0b5c7a3e-91d2-4c1f-8e6a-3f2b1a0c9d8e"


@pytest.mark.parametrize(
    "spell",
    [str, str.upper, lambda i: i.replace("-", ""), lambda i: f"urn:uuid:{i}", lambda i: f"URN:UUID:{i}".upper(), lambda i: f"{{{i}}}"],
)
def test_uuid_spellings(spell: Callable[[str], str]) -> None:
    assert uuid_text(spell(ID)) == ID


BAD_UUIDS = [
    "",
    "nope",
    ID[:-1],
    ID + "0",
    f"{{{ID}",
    f"{ID}}}",
    f"({ID})",
    f"urn:uuid:{ID.replace('-', '')}",
    ID.replace("-", "_"),
    f" {ID}",
    f"{ID}\n",
    "\u0661" * 32,
    "g" * 32,
    "0x" + "0" * 30,
    "+" + "1" * 31,
    ID.replace("-", "", 1),
    "\u017f" * 36,
]


@pytest.mark.parametrize("text", BAD_UUIDS)
def test_no_uuid(text: str) -> None:
    with pytest.raises(ValueError, match="UUID"):
        uuid_text(text)


@given(st.uuids())
def test_every_uuid_is_read_back(value: uuid.UUID) -> None:
    assert uuid_text(value.hex.upper()) == uuid_text(value.urn) == str(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2030-01-02T03:04:05Z", datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2030-01-02T03:04:05.5+12:00", datetime(2030, 1, 1, 15, 4, 5, 500_000, tzinfo=UTC)),
        ("2030-01-02T03:04:05-00:30", datetime(2030, 1, 2, 3, 34, 5, tzinfo=UTC)),
        ("2030-01-02T03:04:05.1234564Z", datetime(2030, 1, 2, 3, 4, 5, 123_456, tzinfo=UTC)),
        ("2030-01-02T03:04:05.123456500Z", datetime(2030, 1, 2, 3, 4, 5, 123_457, tzinfo=UTC)),
        ("2030-12-31T23:59:59.9999999Z", datetime(2031, 1, 1, tzinfo=UTC)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", ZERO_TIME),
        ("0001-01-01T00:00:00+01:00", ZERO_TIME),
        ("0000-02-29T00:00:00Z", ZERO_TIME),
        ("9999-12-31T23:59:59.9999999Z", datetime.max.replace(tzinfo=UTC)),
        ("9999-12-31T23:59:59-01:00", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_instants(text: str, value: datetime) -> None:
    assert instant(text) == value
    assert instant(text).utcoffset() == timedelta()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2030-01-01",
        "2030-01-01T00:00:00",
        "2030-01-01 00:00:00Z",
        "2030-01-01t00:00:00Z",
        "2030-01-01T00:00:00z",
        "2030-02-30T00:00:00Z",
        "2030-13-01T00:00:00Z",
        "2030-01-01T24:00:00Z",
        "2030-01-01T00:60:00Z",
        "2030-06-30T23:59:60Z",
        "2030-01-01T00:00:00.Z",
        "2030-01-01T00:00:00,5Z",
        "2030-01-01T00:00:00+24:00",
        "2030-01-01T00:00:00+01:60",
        "2030-01-01T00:00:00+0100",
        "2030-1-1T00:00:00Z",
        "2030-01-01T0:00:00Z",
        "2030-01-01T00:00Z",
        "2030-01-01T00:00:00Z ",
        "0000-13-01T00:00:00Z",
        "\u0662030-01-01T00:00:00Z",
    ],
)
def test_no_instant(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        instant(text)


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)))
def test_every_instant_is_read_back(value: datetime) -> None:
    assert instant(value.isoformat(timespec="microseconds") + "Z") == value.replace(tzinfo=UTC)


@pytest.mark.parametrize("word", ["1", "t", "T", "TRUE", "true", "True"])
def test_true_words(word: str) -> None:
    assert truth(word) is True


@pytest.mark.parametrize("word", ["0", "f", "F", "FALSE", "false", "False"])
def test_false_words(word: str) -> None:
    assert truth(word) is False


@pytest.mark.parametrize("word", ["", "yes", "tRue", "on", " true", "2", "01"])
def test_no_truth(word: str) -> None:
    with pytest.raises(ValueError, match="true nor false"):
        truth(word)


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("-0", 0), ("+2", 2), ("007", 7), ("2147483647", 2147483647), ("0" * 30 + "1", 1)])
def test_integers(text: str, value: int) -> None:
    assert integer(text, 0, 2147483647) == value


@pytest.mark.parametrize(
    "text", ["", "abc", "-1", "2147483648", "1.0", "0x1", "1_0", " 1", "1 ", "1e3", "\u0661", "--1", "9" * 100_000, "0" * 100_000]
)
def test_no_integer(text: str) -> None:
    with pytest.raises(ValueError, match="not "):
        integer(text, 0, 2147483647)


def test_dates() -> None:
    assert calendar_date("2024-02-29").isoformat() == "2024-02-29"
    for text in ("2023-02-29", "2023-1-1", "20230101", "0000-01-01", "2023-01-01T00:00:00Z", ""):
        with pytest.raises(ValueError):  # noqa: PT011
            calendar_date(text)
