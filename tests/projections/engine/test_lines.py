"""Lines for COPY: whatever a row holds arrives in the table as it does by the statements of the live projector."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.engine.tables import Table
from tests.projections.engine.conftest import Engine

THINGS = Table(
    "things",
    key=("id",),
    columns={
        "id": "uuid",
        "note": "text",
        "count": "bigint",
        "share": "double precision",
        "is_open": "boolean",
        "at": "timestamptz",
        "document": "jsonb",
    },
)
CREATE = f"CREATE TEMP TABLE things ({', '.join(map(' '.join, THINGS.columns.items()))}, PRIMARY KEY (id))"
#: PostgreSQL keeps no NUL, and surrogates are no text.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
PLAIN = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS
DOCUMENTS = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6)
ROWS = st.fixed_dictionaries(
    {
        "id": st.uuids().map(str),
        "note": st.none() | TEXTS,
        "count": st.none() | st.integers(-(2**63), 2**63 - 1),
        "share": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "is_open": st.none() | st.booleans(),
        "at": st.none() | st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)),
        "document": st.none() | DOCUMENTS,
    }
)


async def stored(engine: Engine, rows: list[dict[str, Any]], *, by_copy: bool) -> list[str]:
    async with await engine.connect() as connection:
        await connection.execute(CREATE)
        if by_copy:
            async with connection.cursor() as cursor, cursor.copy(THINGS.copy_into("things")) as copy:
                await copy.write(b"\n".join(THINGS.line(row) for row in rows))
        else:
            await connection.execute(*THINGS.upsert(rows))
        return [row[0] for row in await (await connection.execute("SELECT t::text FROM things t ORDER BY id")).fetchall()]


@pytest.mark.parametrize(
    "text",
    ["", "null", "NULL", "\\N", "\\.", '"', '\\"', "\\n", "a\nb\r\nc\td", "\x01\x1f\x7f\x08\x0c", "\\u0041", ",", "ü—🦆", "\\\\n", "'"],
)
async def test_any_text_arrives_as_it_is(engine: Engine, text: str) -> None:
    row = {**THINGS.blank, "id": str(uuid.UUID(int=1)), "note": text, "document": {"text": text, text: [text]}}
    assert await stored(engine, [row], by_copy=True) == await stored(engine, [row], by_copy=False)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, min_size=1, max_size=20, unique_by=lambda row: str(row["id"])))
async def test_lines_say_what_statements_say(engine: Engine, rows: list[dict[str, Any]]) -> None:
    assert await stored(engine, rows, by_copy=True) == await stored(engine, rows, by_copy=False)


def test_equal_documents_are_equal_lines() -> None:
    one, other = ({**THINGS.blank, "document": document} for document in ({"a": 1, "b": 2}, {"b": 2, "a": 1}))
    assert THINGS.line(one) == THINGS.line(other)
