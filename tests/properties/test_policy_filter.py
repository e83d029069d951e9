"""A list shows exactly the rows that could be opened one by one: the policy and its filter never disagree."""

from __future__ import annotations

from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from domain.kernel.predicate import Never, holds
from domain.roles.filters import Columns, visible
from domain.roles.permissions import WILDCARD, Permission
from domain.roles.policy import Subject, allows
from domain.roles.votes import DENIED, GRANTED, SILENT, compile_level, vote
from tests.properties.rights import ACTIONS, TYPES, column_sets, described, permissions, rows, subjects


@settings(max_examples=600, deadline=None)
@given(subjects(), st.sampled_from(ACTIONS), st.sampled_from(TYPES), column_sets, st.lists(rows, min_size=1, max_size=8))
def test_a_list_shows_what_could_be_opened(
    subject: Subject, action: str, resource_type: str, columns: Columns, table: list[dict[str, Any]]
) -> None:
    predicate = visible(subject, action, resource_type, columns)
    shown = [holds(predicate, row) for row in table]
    event("nothing visible" if isinstance(predicate, Never) else f"some shown: {any(shown)}, all shown: {all(shown)}")
    assert shown == [allows(subject, action, described(resource_type, columns, row)) for row in table]


def by_the_book(held: list[Permission], resource_type: str, action: str) -> int:
    """The vote as contract/authorization.md 4 words it."""
    matching = [p for p in held if p.action in (action, WILDCARD) and p.resource_type in (resource_type, WILDCARD)]
    if any(p.negate for p in matching):
        return DENIED
    return GRANTED if matching else SILENT


@settings(max_examples=300, deadline=None)
@given(st.lists(permissions, max_size=6))
def test_compiled_votes_are_those_of_the_book(held: list[Permission]) -> None:
    level = compile_level(held)
    for resource_type in [*TYPES, WILDCARD]:
        for action in ACTIONS:
            assert vote(level, resource_type, action) == by_the_book(held, resource_type, action)
