"""Predicates as SQL: the only place where "the rows this subject may see" becomes a WHERE clause.

The meaning is that of `domain.kernel.predicate.holds`. Ids travel as one array each, so that a statement's text depends on
the shape of a subject's rights only and stays prepared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import LiteralString

from psycopg import sql

from domain.kernel.predicate import Always, And, Grants, GrantsOwnOrganization, In, IsEmpty, Never, Not, Or, Predicate

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_TRUE = sql.SQL("TRUE")
_FALSE = sql.SQL("FALSE")


class Kind(StrEnum):
    """The SQL type of a column; `ACL` is `jsonb`, an object of id -> array of actions."""

    UUID = "uuid"
    TEXT = "text"
    ACL = "acl"


@dataclass(frozen=True, slots=True)
class Column:
    """Where a predicate's column is found: `expression` is SQL such as `w.owner_id`, evaluated more than once."""

    expression: LiteralString
    kind: Kind


@dataclass(frozen=True, slots=True)
class Condition:
    """A boolean SQL expression, never NULL, safe between AND and OR; `parameters` fill its `%(name)s` placeholders."""

    text: sql.Composable
    parameters: Mapping[str, str | list[str]]


def condition(predicate: Predicate, columns: Mapping[str, Column], prefix: str = "access") -> Condition:
    """Compile `predicate`; parameter names begin with `prefix`, so that several conditions fit into one statement.

    Raises `KeyError` for a column that is not in `columns`, `TypeError` for one of the wrong kind: both are mistakes of the
    caller, never of the data.
    """
    compiler = _Compiler(columns, prefix, {})
    return Condition(compiler.compile(predicate), compiler.parameters)


@dataclass(frozen=True, slots=True)
class _Compiler:
    columns: Mapping[str, Column]
    prefix: str
    parameters: dict[str, str | list[str]]

    def compile(self, predicate: Predicate) -> sql.Composable:
        match predicate:
            case Always():
                return _TRUE
            case Never():
                return _FALSE
            case In(column, values):
                return self._in(self.columns[column], values)
            case IsEmpty(column):
                return self._is_empty(self.columns[column])
            case Grants(column, ids, action):
                return self._grants(self.columns[column], ids, action)
            case GrantsOwnOrganization(column, organization_column, action):
                return self._grants_own(self.columns[column], self.columns[organization_column], action)
            case And(parts):
                return self._joined(" AND ", parts, _TRUE)
            case Or(parts):
                return self._joined(" OR ", parts, _FALSE)
            case Not(part):
                return sql.SQL("(NOT {})").format(self.compile(part))

    def _joined(self, word: LiteralString, parts: Iterable[Predicate], none: sql.Composable) -> sql.Composable:
        compiled = [self.compile(part) for part in parts]
        return sql.SQL("({})").format(sql.SQL(word).join(compiled)) if compiled else none

    def _in(self, column: Column, values: frozenset[str]) -> sql.Composable:
        """An equality on the bare column, which any index on it serves; COALESCE would hide the column from the planner."""
        expression = self._id(column)
        if column.kind is Kind.UUID:
            # A value that is no canonical UUID equals no row; cast, it would fail the whole statement.
            bound = self._bind(sorted(value for value in values if _UUID.fullmatch(value)))
            found = sql.SQL("{} = ANY({}::uuid[])").format(expression, bound)
        else:
            found = sql.SQL("{} = ANY({}::text[])").format(expression, self._bind(sorted(values)))
        if "" in values:  # an absent id reads as ""
            return sql.SQL("({} IS NULL OR {})").format(expression, found)
        return sql.SQL("({} IS NOT NULL AND {})").format(expression, found)

    def _is_empty(self, column: Column) -> sql.Composable:
        expression = sql.SQL(column.expression)
        match column.kind:
            case Kind.UUID:
                return sql.SQL("({} IS NULL)").format(expression)
            case Kind.TEXT:
                return sql.SQL("({} IS NULL OR {} = '')").format(expression, expression)
            case Kind.ACL:
                return sql.SQL("({} IS NULL OR {} = '{{}}'::jsonb)").format(expression, expression)

    def _grants(self, column: Column, ids: frozenset[str], action: str) -> sql.Composable:
        """Who is named at all comes first, on the bare column, which an index on its keys serves; then what they were given."""
        if not ids:
            return _FALSE
        parts = {"acl": self._acl(column), "ids": self._bind(sorted(ids)), "action": self._bind(action)}
        named = sql.SQL("{acl} IS NOT NULL AND {acl} ?| {ids}::text[]").format(**parts)
        if len(ids) == 1:
            given = sql.SQL("{acl} -> ({ids}::text[])[1] ?| ARRAY[{action}::text, '*']").format(**parts)
        else:
            entries = sql.SQL("SELECT FROM unnest({ids}::text[]) AS grantee (id) WHERE {acl} -> grantee.id ?| ARRAY[{action}::text, '*']")
            given = sql.SQL("EXISTS ({})").format(entries.format(**parts))
        return sql.SQL("({} AND {})").format(named, given)

    def _grants_own(self, column: Column, organization: Column, action: str) -> sql.Composable:
        parts = {"acl": self._acl(column), "organization": self._id(organization), "action": self._bind(action)}
        own = "{acl} -> COALESCE({organization}::text, '') ?| ARRAY[{action}::text, '*']"
        return sql.SQL("COALESCE({}, FALSE)").format(sql.SQL(own).format(**parts))

    def _id(self, column: Column) -> sql.Composable:
        if column.kind is Kind.ACL:
            raise TypeError(f"{column.expression} is an access list, not an id")
        return sql.SQL(column.expression)

    def _acl(self, column: Column) -> sql.Composable:
        if column.kind is not Kind.ACL:
            raise TypeError(f"{column.expression} is not an access list")
        return sql.SQL(column.expression)

    def _bind(self, value: str | list[str]) -> sql.Composable:
        name = f"{self.prefix}_{len(self.parameters)}"
        self.parameters[name] = value
        return sql.Placeholder(name)
