"""Every refusal that code can raise has its row in the one table of statuses."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import domain
import projections
import service
from domain.kernel.errors import DomainError
from service.http.errors import STATUS, error_response, status_of

#: Running these is what they are for.
ENTRY_POINTS = {"service.__main__"}


def kinds(root: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    """All subclasses, wherever they are defined."""
    for kind in root.__subclasses__():
        yield kind
        yield from kinds(kind)


@pytest.fixture(scope="module", autouse=True)
def everything_imported() -> None:
    """A class that nobody has imported yet could not be found."""
    for package in (domain, projections, service):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name not in ENTRY_POINTS:
                importlib.import_module(module.name)


def test_every_kind_of_refusal_has_a_row_of_its_own() -> None:
    missing = sorted(f"{kind.__module__}.{kind.__qualname__}" for kind in set(kinds()) - set(STATUS))
    assert not missing, f"name their statuses in service/http/errors.py: {missing}"


def test_every_row_names_a_kind_that_exists() -> None:
    assert set(STATUS) <= set(kinds())


def test_only_these_kinds_are_no_fault_of_the_caller() -> None:
    assert {kind.__name__ for kind, status in STATUS.items() if status >= 500} == {"Busy", "NotOffered", "UnroutedCommand"}


def test_a_refusal_without_a_row_is_answered_as_its_nearest_kind() -> None:
    class NameTakenTwice(next(kind for kind in STATUS if kind.__name__ == "NameTaken")):  # type: ignore[misc]
        """Made here, so without a row."""

    assert status_of(NameTakenTwice("taken")) == 409
    assert error_response(NameTakenTwice("taken")).status == 409
