"""What a rebuild remembers of the rows that it wrote: none is forgotten, and few are taken for written that were not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from projections.engine.tables import Table
from projections.engine.written import Written

ONE, OTHER = (Table(name, key=("a", "b"), columns={"a": "text", "b": "bigint"}) for name in ("one", "other"))
KEYS = st.tuples(st.text(max_size=5), st.integers(-(2**62), 2**62))


@given(st.lists(st.tuples(st.sampled_from([ONE, OTHER]), KEYS)))
def test_what_was_added_is_held(rows: list[tuple[Table, tuple[str, int]]]) -> None:
    written = Written()
    for table, key in rows:
        written.add(table, key)
    assert all(written.may_hold(table, key) for table, key in rows)


def test_what_was_not_added_is_hardly_ever_held() -> None:
    written = Written()
    for number in range(50_000):
        written.add(ONE, ("added", number))
    wrong = sum(written.may_hold(table, ("other", number)) for table in (ONE, OTHER) for number in range(10_000))
    assert wrong < 20, "two places of 134 million each, of which 100,000 are taken"


def test_nothing_is_held_at_first() -> None:
    assert not Written().may_hold(ONE, ("a", 1))
