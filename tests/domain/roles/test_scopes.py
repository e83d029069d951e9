"""API-key scopes: which may be asked for, what they hold, how they limit (contract/authorization.md 5)."""

from __future__ import annotations

import pytest

from domain.kernel.errors import Invalid
from domain.kernel.predicate import NEVER, holds
from domain.roles import objects, scopes
from domain.roles.allow_list import ALLOW_ALL, AllowEntry, parse_entry
from domain.roles.filters import listed_templates, readable_workspaces
from domain.roles.objects import ANY_OWNER, Object
from domain.roles.permissions import Permission
from domain.roles.policy import Subject, allows, compile_subject
from tests.domain.roles.subjects import ANOTHER, ME, ORG, THING, membership

MINE = objects.workspace(id=THING, owner_id=ME, organization_id=ORG)
FOR_ANYBODY = objects.new_workspace(owner_id=ANY_OWNER, organization_id=ORG)


def key(*names: str, allow: tuple[str, ...] = ("*:*",), site: tuple[str, ...] = ("owner",)) -> Subject:
    entries = [parse_entry(text) for text in allow]
    return compile_subject(ME, site, {ORG: membership()}, scopes=names, allow_list=entries)


def test_the_external_list_is_in_the_order_of_the_published_enumeration() -> None:
    assert list(scopes.EXTERNAL) == sorted(set(scopes.EXTERNAL))
    assert len(scopes.EXTERNAL) == 9 + 9 + 6 + 5 + 3 + 4 + 5 + 5 + 5 + 4
    assert not {"all", "application_connect", "no_user_data", "debug_info:read", "user:delete"} & set(scopes.EXTERNAL)
    assert set(scopes.EXTERNAL) < scopes.STORABLE


@pytest.mark.parametrize(
    "name", ["coder:all", "all", "application_connect", "coder:workspaces.create", "workspace:*", "user_skill:create", "task:read"]
)
def test_scopes_that_clients_may_ask_for(name: str) -> None:
    assert scopes.is_external(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "*",
        "*:*",
        "workspace",
        "workspace:",
        "workspace:share",
        "debug_info:read",
        "user:delete",
        "no_user_data",
        "coder:workspaces",
        "CODER:ALL",
    ],
)
def test_scopes_that_clients_may_not_ask_for(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        scopes.requested(["workspace:read", name])
    assert refusal.value.message == "Failed to create API key."
    assert refusal.value.detail == f'invalid or unsupported API key scope: "{name}"'


def test_what_a_token_stores() -> None:
    assert scopes.requested([]) == ("coder:all",)
    assert scopes.requested([], "application_connect") == ("coder:application_connect",)
    assert scopes.requested(["workspace:read", "all", "workspace:read"], "nonsense") == ("workspace:read", "coder:all", "workspace:read")
    with pytest.raises(Invalid):
        scopes.requested([], "nonsense")


@pytest.mark.parametrize(
    ("held", "summary"),
    [
        (["coder:all"], "all"),
        (["coder:all", "coder:application_connect"], "application_connect"),
        (["workspace:read"], ""),
        ([], ""),
    ],
)
def test_the_legacy_summary(held: list[str], summary: str) -> None:
    assert scopes.legacy_summary(held) == summary


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("coder:all", "*:*"),
        ("all", "*:*"),
        ("application_connect", "workspace:application_connect"),
        ("debug_info:read", "debug_info:read"),
        ("workspace:*", "workspace:*"),
        (
            "coder:workspaces.create",
            "template:read template:use workspace:create workspace:read workspace:update workspace:start workspace:stop"
            " organization_member:read",
        ),
        (
            "coder:workspaces.operate",
            "template:read workspace:read workspace:update workspace:start workspace:stop organization_member:read",
        ),
        ("coder:workspaces.delete", "template:read template:use workspace:read workspace:delete organization_member:read"),
        ("coder:workspaces.access", "template:read workspace:read workspace:ssh workspace:application_connect organization_member:read"),
        ("coder:templates.build", "template:read file:create file:read provisioner_jobs:read"),
        (
            "coder:templates.author",
            "template:read template:create template:update template:delete template:view_insights file:create file:read",
        ),
        ("coder:apikeys.manage_self", "api_key:create api_key:read api_key:update api_key:delete"),
    ],
)
def test_what_a_scope_holds(name: str, pairs: str) -> None:
    assert {f"{p.resource_type}:{p.action}" for p in scopes.expand([name])} == set(pairs.split())


def test_several_scopes_are_one_set() -> None:
    assert scopes.expand(["workspace:read", "workspace:read", "task:read"]) == (Permission("workspace", "read"), Permission("task", "read"))


@pytest.mark.parametrize("name", ["nonsense", "workspace:fly", "spaceship:read", "spaceship:*", "*:*", "*:read", "workspace:"])
def test_a_scope_that_cannot_be_read_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        scopes.expand([name])


def test_a_scope_narrows_the_owner() -> None:
    apps = key("coder:application_connect")
    anothers = objects.workspace(id=THING, owner_id=ANOTHER, organization_id=ORG)
    assert [allows(apps, action, anothers) for action in ("application_connect", "read", "create")] == [True, False, False]
    assert not allows(apps, "create", FOR_ANYBODY)
    assert not allows(apps, "read", objects.user(ME)), "not even themselves"


def test_a_scope_gives_nothing() -> None:
    member = key("coder:all", site=())
    assert not allows(member, "create", FOR_ANYBODY)
    apps = key("coder:application_connect", site=())
    assert allows(apps, "application_connect", MINE)
    assert not allows(apps, "application_connect", objects.workspace(id=THING, owner_id=ANOTHER, organization_id=ORG))


def test_no_user_data_hides_users_only() -> None:
    agent = key("no_user_data")
    assert not allows(agent, "read", objects.user(ME))
    assert allows(agent, "read", MINE)
    assert not allows(key("no_user_data", site=()), "read", objects.templates(ORG)), "still bounded by the member's roles"


@pytest.mark.parametrize("name", ["workspace:create", "workspace:*", "coder:workspaces.create", "coder:all"])
@pytest.mark.parametrize(
    ("allow", "allowed"), [(("*:*",), True), (("workspace:*",), True), ((f"workspace:{THING}",), False), (("task:*",), False)]
)
def test_creating_for_any_owner_needs_an_open_allow_list(name: str, allow: tuple[str, ...], allowed: bool) -> None:
    assert allows(key(name, allow=allow), "create", FOR_ANYBODY) is allowed


@pytest.mark.parametrize(
    ("allow", "mine", "other_id", "other_type"),
    [
        (("*:*",), True, True, True),
        (("workspace:*",), True, True, False),
        ((f"workspace:{THING}",), True, False, False),
        ((f"*:{THING}",), True, False, True),
        ((f"task:{THING}",), False, False, True),
        (("task:*",), False, False, True),
        (("task:*", f"workspace:{THING}"), True, False, True),
        ((), False, False, False),
    ],
)
def test_the_allow_list(allow: tuple[str, ...], mine: bool, other_id: bool, other_type: bool) -> None:
    who = key("coder:all", allow=allow)
    objects_asked = (MINE, objects.workspace(id=ANOTHER, owner_id=ME, organization_id=ORG), Object("task", THING, ME, ORG))
    assert [allows(who, "read", obj) for obj in objects_asked] == [mine, other_id, other_type]


def test_no_scope_at_all_denies() -> None:
    assert not allows(key(), "read", MINE)


def test_an_id_never_allows_a_collection() -> None:
    assert not allows(compile_subject(ME, ["owner"], {}, allow_list=[AllowEntry("workspace", "")]), "read", Object("workspace"))
    assert allows(compile_subject(ME, ["owner"], {}, allow_list=ALLOW_ALL), "read", Object("workspace"))


@pytest.mark.parametrize(
    ("names", "listed"),
    [
        (["coder:all"], True),
        (["coder:workspaces.create"], True),
        (["coder:workspaces.operate"], True),
        (["workspace:read", "template:read"], True),
        (["workspace:read", "template:*"], True),
        (["workspace:read"], False),
        (["coder:workspaces.access"], False),
        (["coder:workspaces.access", "template:read"], True),
        (["coder:workspaces.access", "coder:workspaces.operate"], True),
    ],
)
def test_what_a_key_gets_of_a_list(names: list[str], listed: bool) -> None:
    who = key(*names)
    assert who.lists_workspaces is listed
    rest = {p for p in scopes.expand(names) if p not in scopes.expand_in_lists(names)}
    assert rest <= {Permission("template", "read")}, "nothing else is taken away"


def test_a_key_to_open_workspaces_reads_their_templates_one_by_one() -> None:
    who = key("coder:workspaces.access")
    assert allows(who, "read", objects.template(id=THING, organization_id=ORG))
    assert holds(readable_workspaces(who), {"id": THING, "owner_id": ME, "organization_id": ORG}), "so that it is counted"
    assert listed_templates(who) == NEVER
