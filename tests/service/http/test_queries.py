"""Query strings and path ids: strict values, all errors at once (contract/listing.md 1, 2; contract/workspaces.md 1.3, 4.1)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from domain.kernel.errors import Invalid
from projections.queryvalues import FLAG, INT64, TIME, UUIDS, WORDS, Term, choice, choices
from service.http.paths import path_uuid
from service.http.queries import Page, QueryReader, paging

ID = "0b5c7a3e-91d2-4c1f-8e6a-3f2b1a0c9d8e"
Pairs = list[tuple[str, str]]


def refused(pairs: Pairs) -> list[str]:
    with pytest.raises(Invalid) as caught:
        paging(MultiDict(pairs))
    assert caught.value.message == "Query parameters have invalid values."
    return [v.field for v in caught.value.validations]


@pytest.mark.parametrize(
    ("pairs", "page"),
    [
        ([], Page(0, 0, "")),
        ([("limit", ""), ("offset", ""), ("after_id", "")], Page(0, 0, "")),
        ([("limit", "10"), ("offset", "2"), ("after_id", ID)], Page(10, 2, ID)),
        ([("limit", "+2"), ("offset", "-0")], Page(2, 0, "")),
        ([("limit", "2147483647")], Page(2147483647, 0, "")),
        ([("limit", ""), ("limit", "2")], Page(0, 0, "")),
        ([("limit", ""), ("limit", "nonsense"), ("offset", "1")], Page(0, 1, "")),
        ([("after_id", f"{{{ID}}}")], Page(0, 0, ID)),
        ([("after_id", f"urn:uuid:{ID}")], Page(0, 0, ID)),
        ([("after_id", ID.replace("-", "").upper()), ("Limit", "x")], Page(0, 0, ID)),
    ],
)
def test_pages(pairs: Pairs, page: Page) -> None:
    assert paging(MultiDict(pairs)) == page


@pytest.mark.parametrize(
    ("pairs", "fields"),
    [
        ([("limit", "abc")], ["limit"]),
        ([("limit", "-1")], ["limit"]),
        ([("limit", "2147483648")], ["limit"]),
        ([("limit", "1.0")], ["limit"]),
        ([("limit", "0x1")], ["limit"]),
        ([("limit", "1_0")], ["limit"]),
        ([("limit", " 1")], ["limit"]),
        ([("offset", "99999999999999999999")], ["offset"]),
        ([("after_id", ID[:-1])], ["after_id"]),
        ([("after_id", ID + "1")], ["after_id"]),
        ([("after_id", "x"), ("offset", "z"), ("limit", "y")], ["after_id", "limit", "offset"]),
    ],
)
def test_bad_pages(pairs: Pairs, fields: list[str]) -> None:
    assert refused(pairs) == fields


@pytest.mark.parametrize(
    "pairs", [[("limit", "1"), ("limit", "1")], [("offset", "1"), ("offset", "2")], [("after_id", ID), ("after_id", "")]]
)
def test_repeated_parameters_are_refused(pairs: Pairs) -> None:
    with pytest.raises(Invalid) as caught:
        paging(MultiDict(pairs))
    [violation] = caught.value.validations
    assert violation.detail.startswith(f'Query param "{pairs[0][0]}" provided more than once, found 2 times')


def test_default_limit() -> None:
    assert [paging(MultiDict(p), default_limit=50).limit for p in ([], [("limit", "")], [("limit", "0")], [("limit", "7")])] == [
        50,
        50,
        50,
        7,
    ]


@pytest.mark.parametrize(
    ("term", "text", "value"),
    [
        (FLAG, "T", True),
        (FLAG, "False", False),
        (FLAG, "", None),
        (TIME, "2030-01-01T00:00:00+01:00", datetime(2029, 12, 31, 23, tzinfo=UTC)),
        (UUIDS, f"{ID}, {ID.upper()}", (ID, ID)),
        (WORDS, "a,b", ("a", "b")),
        (WORDS, "", ()),
        (choice("zip", "tar"), "zip", "zip"),
        (choices("idle", "busy"), "busy,idle", ("busy", "idle")),
        (INT64, "-1", -1),
    ],
)
def test_values(term: Term[object], text: str, value: object) -> None:
    reader = QueryReader(MultiDict(x=text))
    assert reader.read("x", term) == value
    reader.check()


@pytest.mark.parametrize(
    ("term", "text", "phrase"),
    [
        (FLAG, "yes", "must be a valid boolean: "),
        (FLAG, "tRUE", "must be a valid boolean: "),
        (TIME, "2030-01-01t00:00:00z", "must be a valid date format (2006-01-02T15:04:05.999999999Z07:00): "),
        (UUIDS, f"{ID},x,y", 'has invalid values: "x" is not a valid uuid\n"y" is not a valid uuid'),
        (choice("zip"), "rar", 'has invalid value: "rar" is not a valid value'),
        (choices("idle"), "idle,lazy", 'has invalid values: "lazy" is not a valid value'),
        (INT64, "9223372036854775808", "must be a valid 64-bit integer: "),
    ],
)
def test_bad_values(term: Term[object], text: str, phrase: str) -> None:
    reader = QueryReader(MultiDict(x=text))
    assert reader.read("x", term, field="shown") == term.absent
    with pytest.raises(Invalid) as caught:
        reader.check()
    [violation] = caught.value.validations
    assert violation.field == "shown"
    assert violation.detail.startswith(f'Query param "shown" {phrase}')


def test_unknown_parameters_are_refused_where_asked() -> None:
    reader = QueryReader(MultiDict([("limit", "1"), ("offset", "1"), ("offset", "2"), ("x", "")]))
    reader.refuse_unknown({"limit"})
    with pytest.raises(Invalid) as caught:
        reader.check()
    assert [(v.field, v.detail) for v in caught.value.validations] == [
        ("offset", '"offset" is not a valid query param'),
        ("x", '"x" is not a valid query param'),
    ]


@given(st.lists(st.tuples(st.sampled_from(["limit", "offset", "after_id"]), st.text() | st.integers().map(str))))
def test_any_paging_is_a_page_or_invalid(pairs: Pairs) -> None:
    refusal = None
    try:
        assert paging(MultiDict(pairs)).limit >= 0
    except Invalid as error:
        refusal = error
    assert refusal is None or refusal.validations


def test_path_ids() -> None:
    assert path_uuid(f"{{{ID.upper()}}}") == ID
    for text in ("nonsense", ID[:-1], ID + "0", "my-workspace", ""):
        with pytest.raises(Invalid) as caught:
            path_uuid(text)
        assert f'"{text}"' in caught.value.message
        assert caught.value.detail
