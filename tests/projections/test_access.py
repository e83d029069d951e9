"""The WHERE clause that PostgreSQL runs means what the predicate means."""

from __future__ import annotations

from itertools import product
from typing import Any, LiteralString

import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from domain.kernel.predicate import (
    ALWAYS,
    NEVER,
    And,
    Grants,
    GrantsOwnOrganization,
    In,
    IsEmpty,
    Not,
    Or,
    Predicate,
    holds,
)
from domain.roles.filters import Columns, readable_workspaces, visible
from domain.roles.policy import OrgMembership, Subject, compile_subject
from projections.access import Column, Kind, condition
from tests.properties.rights import ACTIONS, GROUPS, ORGANIZATIONS, PEOPLE, THINGS, TYPES, column_sets, rows, subjects

COLUMNS = {
    "id": Column("r.id", Kind.UUID),
    "owner_id": Column("r.owner_id", Kind.UUID),
    "organization_id": Column("r.organization_id", Kind.UUID),
    "user_acl": Column("r.user_acl", Kind.ACL),
    "group_acl": Column("r.group_acl", Kind.ACL),
}
AS_TEXT = COLUMNS | {name: Column(COLUMNS[name].expression, Kind.TEXT) for name in ("id", "owner_id", "organization_id")}
TABLE: LiteralString = "id uuid, owner_id uuid, organization_id uuid, user_acl jsonb, group_acl jsonb"
TEXT_TABLE: LiteralString = "id text, owner_id text, organization_id text, user_acl jsonb, group_acl jsonb"

ONE_DATABASE = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

ids = st.sampled_from([*PEOPLE, *ORGANIZATIONS, *THINGS, "", "no-uuid", PEOPLE[0].upper()])
grantees = st.sampled_from([*PEOPLE, *GROUPS, *ORGANIZATIONS])
id_columns = st.sampled_from(["id", "owner_id", "organization_id"])
acl_columns = st.sampled_from(["user_acl", "group_acl"])
leaves: st.SearchStrategy[Predicate] = st.one_of(
    st.sampled_from([ALWAYS, NEVER]),
    st.builds(In, id_columns, st.frozensets(ids, max_size=3)),
    st.builds(IsEmpty, id_columns | acl_columns),
    st.builds(Grants, acl_columns, st.frozensets(grantees, max_size=3), st.sampled_from(ACTIONS)),
    st.builds(GrantsOwnOrganization, acl_columns, id_columns, st.sampled_from(ACTIONS)),
)


def _branches(inner: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    parts = st.lists(inner, max_size=3).map(tuple)
    return st.builds(And, parts) | st.builds(Or, parts) | st.builds(Not, inner)


predicates: st.SearchStrategy[Predicate] = st.recursive(leaves, _branches, max_leaves=6)


@pytest.fixture
def database(database_url: str) -> Any:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def answers(
    database: psycopg.Connection[Any],
    predicate: Predicate,
    table: list[dict[str, Any]],
    columns: dict[str, Column] = COLUMNS,
    definition: LiteralString = TABLE,
) -> list[bool | None]:
    """What PostgreSQL says of each row, in order."""
    where = condition(predicate, columns)
    query = sql.SQL(
        "SELECT {condition} FROM ROWS FROM (jsonb_to_recordset(%(rows)s::jsonb) AS ({definition}))"
        " WITH ORDINALITY AS r (id, owner_id, organization_id, user_acl, group_acl, n) ORDER BY n"
    ).format(condition=where.text, definition=sql.SQL(definition))
    return [answer for (answer,) in database.execute(query, {**where.parameters, "rows": orjson.dumps(table).decode()})]


@ONE_DATABASE
@given(
    subject=subjects(),
    action=st.sampled_from(ACTIONS),
    resource_type=st.sampled_from(TYPES),
    columns=column_sets,
    table=st.lists(rows, max_size=12),
)
def test_what_a_subject_sees(
    database: psycopg.Connection[Any], subject: Subject, action: str, resource_type: str, columns: Columns, table: list[dict[str, Any]]
) -> None:
    predicate = visible(subject, action, resource_type, columns)
    assert answers(database, predicate, table) == [holds(predicate, row) for row in table]


@ONE_DATABASE
@given(predicate=predicates, table=st.lists(rows, max_size=12))
def test_any_predicate(database: psycopg.Connection[Any], predicate: Predicate, table: list[dict[str, Any]]) -> None:
    assert answers(database, predicate, table) == [holds(predicate, row) for row in table]


@ONE_DATABASE
@given(predicate=predicates, table=st.lists(rows, max_size=12))
def test_any_predicate_over_ids_that_are_text(database: psycopg.Connection[Any], predicate: Predicate, table: list[dict[str, Any]]) -> None:
    blank = [{name: "" if value is None and name.endswith("_id") else value for name, value in row.items()} for row in table]
    assert answers(database, predicate, blank, AS_TEXT, TEXT_TABLE) == [holds(predicate, row) for row in blank]


def test_access_lists_in_every_small_case(database: psycopg.Connection[Any]) -> None:
    """Every list over three grantees, asked for several sets of grantees."""
    one, two, organization = PEOPLE[0], GROUPS[0], ORGANIZATIONS[0]
    given: list[list[str] | None] = [None, [], ["read"], ["*"], ["ssh", "read"], ["ssh"]]
    lists: list[dict[str, list[str]]] = [
        {grantee: actions for grantee, actions in zip((one, two, organization), combination, strict=True) if actions is not None}
        for combination in product(given, repeat=3)
    ]
    table = [
        {"id": THINGS[0], "owner_id": None, "organization_id": where, "user_acl": None, "group_acl": acl}
        for acl in [None, *lists]
        for where in (organization, None)
    ]
    asked: list[Predicate] = [
        Grants("group_acl", frozenset(ids), "read") for ids in ((), (one,), (two,), (one, two), (one, two, organization), (PEOPLE[1],))
    ]
    for predicate in [*asked, GrantsOwnOrganization("group_acl", "organization_id", "read"), IsEmpty("group_acl")]:
        assert answers(database, predicate, table) == [holds(predicate, row) for row in table], predicate


@pytest.mark.parametrize(
    "predicate",
    [
        In("user_acl", frozenset({"x"})),
        Grants("owner_id", frozenset({"x"}), "read"),
        GrantsOwnOrganization("user_acl", "group_acl", "read"),
    ],
)
def test_a_column_of_the_wrong_kind_is_refused(predicate: Predicate) -> None:
    with pytest.raises(TypeError):
        condition(predicate, COLUMNS)


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(KeyError):
        condition(In("workspace_id", frozenset({"x"})), COLUMNS)


def test_two_conditions_fit_into_one_statement() -> None:
    predicate = In("id", frozenset(THINGS))
    names = [set(condition(predicate, COLUMNS, prefix).parameters) for prefix in ("readable", "updatable")]
    assert names == [{"readable_0"}, {"updatable_0"}]


def test_a_statement_depends_on_the_shape_of_the_rights_only() -> None:
    """So that it is prepared once, however many people ask."""

    def text(who: str, where: str) -> str:
        return condition(readable_workspaces(compile_subject(who, [], {where: OrgMembership()}, groups=[who])), COLUMNS).text.as_string()

    assert text(PEOPLE[0], ORGANIZATIONS[0]) == text(PEOPLE[1], ORGANIZATIONS[1])


def test_a_members_list_is_served_by_indexes(database: psycopg.Connection[Any]) -> None:
    """Own rows, rows shared with the member and rows shared with their groups: no branch reads the whole table."""
    database.execute("CREATE TABLE r (id uuid, owner_id uuid, organization_id uuid, user_acl jsonb, group_acl jsonb)")
    database.execute("CREATE INDEX ON r (owner_id)")
    database.execute("CREATE INDEX ON r USING gin (user_acl)")
    database.execute("SET enable_seqscan = off")
    member = compile_subject(PEOPLE[0], [], {ORGANIZATIONS[0]: OrgMembership(default_roles=("organization-workspace-access",))})
    predicate = visible(member, "read", "workspace", Columns(owner="owner_id", organization="organization_id", user_acl="user_acl"))
    where = condition(predicate, COLUMNS)
    query = sql.SQL("EXPLAIN SELECT id FROM r WHERE {}").format(where.text)
    plan = "\n".join(line for (line,) in database.execute(query, where.parameters))
    assert "BitmapOr" in plan
    assert "Seq Scan" not in plan
