"""The q language: words, keys, values, errors (contract/listing.md 3, 4, 5, 12). The tables below are the ones of the contract."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import Invalid
from projections.querylang import Keys, bare_is, bare_is_path, bare_is_refused, key
from projections.queryvalues import (
    DATE,
    FLAG,
    FLAG_OR_EMPTY,
    GROUP,
    INT64,
    LOWERED_TIME,
    ORGANIZATION,
    PERSON,
    TEXT,
    UUID,
    UUIDS,
    WORDS,
    ById,
    ByName,
    GroupByName,
    GroupRef,
    Me,
    OrganizationRef,
    Person,
    choice,
    choices,
)

ID, OTHER = "0b5c7a3e-91d2-4c1f-8e6a-3f2b1a0c9d8e", "11111111-2222-4333-8444-555555555555"
STATUSES = ("pending", "starting", "running", "stopping", "stopped", "failed", "canceling", "canceled", "deleting", "deleted")


@dataclass(frozen=True, slots=True)
class WorkspaceSearch:
    id: tuple[str, ...] = key(UUIDS)
    owner: str = key(TEXT)
    template: str = key(TEXT)
    name: str = key(TEXT)
    status: str = key(choice(*STATUSES))
    has_agent: tuple[str, ...] = key(WORDS, name="has-agent")
    dormant: bool | None = key(FLAG)
    last_used_after: datetime | None = key(LOWERED_TIME)
    last_used_before: datetime | None = key(LOWERED_TIME)
    outdated: bool | None = key(FLAG_OR_EMPTY)
    has_ai_task: bool | None = key(FLAG, name="has-ai-task")
    organization: OrganizationRef | None = key(ORGANIZATION)
    shared_with_user: Person | None = key(PERSON)
    shared_with_group: GroupRef | None = key(GROUP)


@dataclass(frozen=True, slots=True)
class UserSearch:
    search: str = key(TEXT)
    name: str = key(TEXT)
    status: tuple[str, ...] = key(choices("active", "suspended", "dormant"))
    role: tuple[str, ...] = key(WORDS)
    created_after: datetime | None = key(LOWERED_TIME)
    github_com_user_id: int = key(INT64)


@dataclass(frozen=True, slots=True)
class OtherSearch:
    user_id: str = key(UUID)
    date_from: date | None = key(DATE)


WORKSPACES = Keys(WorkspaceSearch, bare_is_path("owner", "name"))
USERS = Keys(UserSearch, bare_is("search"))
OTHERS = Keys(OtherSearch, bare_is_refused)
ANY: tuple[Keys[Any], ...] = (WORKSPACES, USERS, OTHERS)


def read(keys: Keys[Any], q: str) -> dict[str, object]:
    """What differs from the empty search."""
    parsed = keys.parse(q, "Bad query.")
    parsed.problems.check()
    empty = keys.parse("", "").values
    return {f.name: value for f in fields(parsed.values) if (value := getattr(parsed.values, f.name)) != getattr(empty, f.name)}


def refused(keys: Keys[Any], q: str) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        keys.parse(q, "Bad query.").problems.check()
    assert caught.value.message == "Bad query."
    return [(v.field, v.detail) for v in caught.value.validations]


@pytest.mark.parametrize(
    ("q", "want"),
    [
        ("", {}),
        ("    ", {}),
        ("Foo/Bar", {"owner": "foo", "name": "bar"}),
        ("   Foo/Bar    ", {"owner": "foo", "name": "bar"}),
        ("/foo", {"name": "foo"}),
        ("foo/", {"name": "foo"}),
        ("workspace-name", {"name": "workspace-name"}),
        ("foo bar", {"name": "foo bar"}),
        ("a/b c", {"owner": "a", "name": "b c"}),
        ("workspace-name TEMPLATE:docker", {"name": "workspace-name", "template": "docker"}),
        ("name:workspace-name template:docker OWNER:Alice", {"name": "workspace-name", "template": "docker", "owner": "alice"}),
        ("   name:a    template:b   ", {"name": "a", "template": "b"}),
        ('template:"docker template"', {"template": "docker template"}),
        ('"name":baz', {"name": "baz"}),
        ('name:"workspace:name"', {"name": "workspace:name"}),
        ('"name":"foo:bar:baz/baz/zoo:zonk"', {"name": "foo:bar:baz/baz/zoo:zonk"}),
        ('"foo/bar"', {"name": "foo/bar"}),
        ('"foo"/"bar"', {"owner": "foo", "name": "bar"}),
        ('":foo"', {"name": ":foo"}),
        ('name:""', {}),
        ('""', {}),
        ('"', {}),
        ("name:a\t", {"name": "a\t"}),
        ('owner:x "name:a b', {"owner": "x", "name": "name:a b"}),
        ("name::foo", {"name": "foo"}),
        ('name:""a"b""', {"name": 'a"b'}),
        ('name:"a" owner:""', {"name": "a"}),
        ("name:a\0b", {"name": "a\ufffdb"}),
        (f"id:{ID.upper()},{OTHER.replace('-', '')}", {"id": (ID, OTHER)}),
        (f"id:{{{ID}}} id:{OTHER}", {"id": (ID, OTHER)}),
        (f'id:" {ID} , urn:uuid:{OTHER} "', {"id": (ID, OTHER)}),
        ('id:"" id:x', {}),
        ("has-agent:a,b has-agent:c", {"has_agent": ("a", "b", "c")}),
        ("STATUS:Running", {"status": "running"}),
        ("dormant:TRUE", {"dormant": True}),
        ("dormant:f has-ai-task:0", {"dormant": False, "has_ai_task": False}),
        ('outdated:""', {"outdated": True}),
        ("outdated:false", {"outdated": False}),
        ('last_used_before:"2023-01-16T00:00:00+12:00"', {"last_used_before": datetime(2023, 1, 15, 12, tzinfo=UTC)}),
        ('last_used_after:"2023-01-16t00:00:00.5z"', {"last_used_after": datetime(2023, 1, 16, 0, 0, 0, 500_000, tzinfo=UTC)}),
        (f"organization:{ID}", {"organization": ById(ID)}),
        ("organization:Coder", {"organization": ByName("coder")}),
        ("shared_with_user:ME", {"shared_with_user": Me()}),
        (f"shared_with_user:{ID.upper()}", {"shared_with_user": ById(ID)}),
        ("shared_with_user:Ann", {"shared_with_user": ByName("ann")}),
        (f"shared_with_group:{ID}", {"shared_with_group": ById(ID)}),
        ("shared_with_group:devs", {"shared_with_group": GroupByName("", "devs")}),
        ("shared_with_group:Acme/Devs", {"shared_with_group": GroupByName("acme", "devs")}),
        ("shared_with_group:acme/", {"shared_with_group": GroupByName("acme", "")}),
    ],
)
def test_workspace_queries(q: str, want: dict[str, object]) -> None:
    assert read(WORKSPACES, q) == want


@pytest.mark.parametrize(
    ("q", "phrase"),
    [
        (":foo", "cannot start or end with ':'"),
        ("name:", "cannot start or end with ':'"),
        ("name::", "cannot start or end with ':'"),
        (":", "cannot start or end with ':'"),
        ("owner:a name:", "cannot start or end with ':'"),
        ("owner:name:extra", "can only contain 1 ':'"),
        ("param:foo:value", "can only contain 1 ':'"),
        ("last_used_after:2023-01-16T00:00:00Z", "can only contain 1 ':'"),
        ("owner:a\tname:b", "can only contain 1 ':'"),
        ("foo/bar/baz", "can only contain 1 '/'"),
        ("/", "can only contain 1 '/'"),
        ("foo:bar status:nope a:b:c", "can only contain 1 ':'"),
    ],
)
def test_a_broken_element_ends_the_parse(q: str, phrase: str) -> None:
    [(field, detail)] = refused(WORKSPACES, q)
    assert field == "q"
    assert phrase in detail
    assert '"' in detail


@pytest.mark.parametrize(
    ("q", "field", "detail"),
    [
        ("foo name:bar", "name", 'Query param "name" provided more than once, found 2 times'),
        ("name:a name:b name:c", "name", "found 3 times"),
        ("foo:bar", "foo", '"foo" is not a valid query param'),
        ("has_agent:x", "has_agent", '"has_agent" is not a valid query param'),
        ('"":x', "", '"" is not a valid query param'),
        ("status:succeeded", "status", 'Query param "status" has invalid value: "succeeded" is not a valid value'),
        ("dormant:yes", "dormant", 'Query param "dormant" must be a valid boolean: '),
        (
            "last_used_after:2023-01-16",
            "last_used_after",
            'Query param "last_used_after" must be a valid date format (2006-01-02T15:04:05.999999999Z07:00): ',
        ),
        (f"id:x,{ID},y", "id", 'Query param "id" has invalid values: "x" is not a valid uuid\n"y" is not a valid uuid'),
        ("shared_with_group:acme/devs/extra", "shared_with_group", "the filter must be in the pattern of <organization name>/<group name>"),
        ("shared_with_group:/devs", "shared_with_group", "invalid organization name"),
        ("shared_with_group:a_b/devs", "shared_with_group", "invalid organization name"),
    ],
)
def test_bad_values(q: str, field: str, detail: str) -> None:
    [(got, text)] = refused(WORKSPACES, q)
    assert got == field
    assert detail in text


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("owner:a owner:b status:nope dormant:perhaps foo:bar", ["owner", "status", "dormant", "foo"]),
        ("status:x name:a name:b template:a template:b", ["template", "name", "status"]),
        ("bar:x shared_with_group:a/b/c id:z outdated:x", ["id", "outdated", "shared_with_group", "bar"]),
    ],
)
def test_bad_values_are_collected_in_parse_order(q: str, names: list[str]) -> None:
    assert [field for field, _ in refused(WORKSPACES, q)] == names


def test_what_the_caller_looks_up_in_vain_takes_its_place_in_the_order() -> None:
    parsed = WORKSPACES.parse("shared_with_group:a/b/c organization:nowhere foo:x status:x", "Bad query.")
    assert parsed.values.organization == ByName("nowhere")
    parsed.problems.reject("organization", "either does not exist, or you are unauthorized to view it")
    with pytest.raises(Invalid) as caught:
        parsed.problems.check()
    assert [v.field for v in caught.value.validations] == ["status", "organization", "shared_with_group", "foo"]
    assert (
        caught.value.validations[1].detail
        == 'Query param "organization" has invalid value: either does not exist, or you are unauthorized to view it'
    )


@pytest.mark.parametrize(
    ("q", "want"),
    [
        ("  Ann  ", {"search": "ann"}),
        ('"ann b" c', {"search": '"ann b" c'}),
        ('search:"ann b"', {"search": "ann b"}),
        ('search:"user:name"', {"search": "user:name"}),
        ('":ann"', {"search": '":ann"'}),
        ("usEr-name stAtus:actiVe", {"search": "user-name", "status": ("active",)}),
        ('search:"" word', {}),
        ('name:"John Doe" x', {"name": "john doe", "search": "x"}),
        ("status:suspended,active status:dormant", {"status": ("suspended", "active", "dormant")}),
        ("role:owner,member", {"role": ("owner", "member")}),
        ("github_com_user_id:0", {}),
        ("github_com_user_id:-7", {"github_com_user_id": -7}),
        ('created_after:"2023-01-01T00:00:00Z"', {"created_after": datetime(2023, 1, 1, tzinfo=UTC)}),
        ("a/b/c", {"search": "a/b/c"}),
    ],
)
def test_user_queries(q: str, want: dict[str, object]) -> None:
    assert read(USERS, q) == want


@pytest.mark.parametrize(
    ("q", "field", "phrase"),
    [
        ("search:name:extra", "q", "can only contain 1 ':'"),
        ("status:inActive", "status", "has invalid values"),
        ("status:active,nope", "status", '"nope" is not a valid value'),
        ("status:active,", "status", '"" is not a valid value'),
        ("github_com_user_id:seven", "github_com_user_id", "integer"),
        ("word search:other", "search", "provided more than once"),
        ("name:a name:b", "name", "provided more than once"),
        ("created_after:2023-01-01", "created_after", "must be a valid date format"),
    ],
)
def test_bad_user_queries(q: str, field: str, phrase: str) -> None:
    [(got, detail)] = refused(USERS, q)
    assert got == field
    assert phrase in detail


def test_searches_without_free_text_and_with_dates() -> None:
    assert read(OTHERS, f"user_id:{ID} date_from:2024-02-29") == {"user_id": ID, "date_from": date(2024, 2, 29)}
    assert [field for field, _ in refused(OTHERS, "ann user_id:x")] == ["q"]
    assert [field for field, _ in refused(OTHERS, "date_from:29.2.2024 user_id:x")] == ["user_id", "date_from"]


@given(st.text() | st.text(alphabet='nameowr:"/ ,\t-\0'))
def test_any_query_is_a_search_or_invalid(q: str) -> None:
    for keys in ANY:
        refusal = None
        try:
            parsed = keys.parse(q, "Bad query.")
            assert "\0" not in repr(parsed.values)
            parsed.problems.check()
        except Invalid as error:
            refusal = error
        assert refusal is None or refusal.validations


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters='"\0'), min_size=1))
def test_a_quoted_value_is_taken_as_it_is(value: str) -> None:
    assert read(USERS, f'search:"{value}"') == {"search": value.lower()}
