"""A neutral expression tree for "the rows this subject may see": compiled to SQL by `projections/access.py`, evaluated here.

A row offers columns by name. Columns that hold access lists map an id to its actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Always:
    """Every row."""


@dataclass(frozen=True, slots=True)
class Never:
    """No row."""


@dataclass(frozen=True, slots=True)
class In:
    """The column's value (a string or UUID) is one of `values`."""

    column: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class IsEmpty:
    """The column is null or empty."""

    column: str


@dataclass(frozen=True, slots=True)
class Grants:
    """The access list in `column` gives `action` (or `*`) to one of `ids`."""

    column: str
    ids: frozenset[str]
    action: str


@dataclass(frozen=True, slots=True)
class GrantsOwnOrganization:
    """The access list in `column` gives `action` to the group whose id is the row's own organization (Everyone)."""

    column: str
    organization_column: str
    action: str


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Some part holds."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Predicate


Predicate = Always | Never | In | IsEmpty | Grants | GrantsOwnOrganization | And | Or | Not

ALWAYS = Always()
NEVER = Never()


def all_of(*parts: Predicate) -> Predicate:
    """`And` with the obvious simplifications."""
    kept = tuple(p for p in parts if not isinstance(p, Always))
    if any(isinstance(p, Never) for p in kept):
        return NEVER
    return kept[0] if len(kept) == 1 else And(kept) if kept else ALWAYS


def any_of(*parts: Predicate) -> Predicate:
    """`Or` with the obvious simplifications."""
    kept = tuple(p for p in parts if not isinstance(p, Never))
    if any(isinstance(p, Always) for p in kept):
        return ALWAYS
    return kept[0] if len(kept) == 1 else Or(kept) if kept else NEVER


def holds(predicate: Predicate, row: Mapping[str, Any]) -> bool:
    """Evaluate `predicate` over one row: the meaning that the SQL must have."""
    match predicate:
        case Always():
            return True
        case Never():
            return False
        case In(column, values):
            return str(row.get(column) or "") in values
        case IsEmpty(column):
            return not row.get(column)
        case Grants(column, ids, action):
            grants = row.get(column) or {}
            return any(action in grants[i] or "*" in grants[i] for i in ids if i in grants)
        case GrantsOwnOrganization(column, organization_column, action):
            actions = (row.get(column) or {}).get(str(row.get(organization_column) or ""), ())
            return action in actions or "*" in actions
        case And(parts):
            return all(holds(p, row) for p in parts)
        case Or(parts):
            return any(holds(p, row) for p in parts)
        case Not(part):
            return not holds(part, row)


def settled(predicate: Predicate, column: str, value: str) -> Predicate:
    """What is left of `predicate` for rows that all have `value`, which is not empty, in `column`: it asks for that no more."""
    match predicate:
        case In(name, values) if name == column:
            return ALWAYS if value in values else NEVER
        case IsEmpty(name) if name == column:
            return NEVER
        case GrantsOwnOrganization(acl, name, action) if name == column:
            return Grants(acl, frozenset({value}), action)
        case And(parts):
            return all_of(*(settled(part, column, value) for part in parts))
        case Or(parts):
            return any_of(*(settled(part, column, value) for part in parts))
        case Not(part):
            rest = settled(part, column, value)
            return NEVER if isinstance(rest, Always) else ALWAYS if isinstance(rest, Never) else Not(rest)
        case _:
            return predicate
