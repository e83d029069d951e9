"""Every refusal that code can raise has its row in the one table of statuses."""

from __future__ import annotations

import ast
from typing import Any

from domain.kernel.errors import NameTaken
from service.http.errors import STATUS, error_response, status_of
from tests.house.source import in_package

ROOT_KIND = "DomainError"


def kinds() -> dict[str, str]:
    """Name and home of every class below `DomainError`, read from the sources: one that nobody imports counts as well."""
    found: dict[str, str] = {}
    while True:
        names = {ROOT_KIND, *found}
        more = {
            node.name: f"{module.path}:{node.lineno}"
            for module in in_package("domain", "projections", "service")
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ClassDef) and node.name not in names and names & {_name(base) for base in node.bases}
        }
        if not more:
            return found
        found |= more


def test_every_kind_of_refusal_has_a_row_of_its_own() -> None:
    rows = {kind.__name__ for kind in STATUS}
    missing = {name: home for name, home in kinds().items() if name not in rows}
    assert not missing, f"name their statuses in service/http/errors.py: {missing}"


def test_every_row_names_a_kind_that_exists() -> None:
    assert {kind.__name__ for kind in STATUS} <= set(kinds())


def test_only_these_kinds_are_no_fault_of_the_caller() -> None:
    assert {kind.__name__ for kind, status in STATUS.items() if status >= 500} == {"Busy", "NotOffered", "UnroutedCommand"}


def test_a_refusal_without_a_row_is_answered_as_its_nearest_kind() -> None:
    class NameTakenTwice(NameTaken):
        """Made here, so without a row."""

    assert status_of(NameTakenTwice("taken")) == 409
    assert error_response(NameTakenTwice("taken")).status == 409


def _name(base: Any) -> str:
    """The last part of a base class as it is written: `errors.Invalid` is `Invalid`."""
    return base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
