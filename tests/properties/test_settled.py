"""What is left of a condition once a column is known says the same of every row that has that value, and asks for it no more."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.predicate import Predicate, holds, settled
from tests.projections.test_access import id_columns, predicates
from tests.properties.rights import ORGANIZATIONS, PEOPLE, THINGS, rows


@settings(max_examples=500, deadline=None)
@given(predicates, id_columns, st.sampled_from([*PEOPLE, *ORGANIZATIONS, *THINGS]), rows)
def test_a_settled_condition_means_the_same(predicate: Predicate, column: str, value: str, row: dict[str, Any]) -> None:
    rest = settled(predicate, column, value)
    assert holds(rest, {**row, column: value}) == holds(predicate, {**row, column: value})
    without = {name: given for name, given in row.items() if name != column}
    assert holds(rest, without) == holds(rest, {**row, column: value}), "the column is still asked for"
