"""Lists: what each kind of subject sees, and every combination of votes at every level (contract/listing.md 11)."""

from __future__ import annotations

from itertools import product

import pytest

from domain.kernel.predicate import ALWAYS, NEVER, Grants, In, holds
from domain.roles import filters
from domain.roles.allow_list import parse_entry
from domain.roles.builtin import DeploymentOptions, ShareableOwners
from domain.roles.filters import WORKSPACES, Columns, readable_workspaces, visible
from domain.roles.objects import Object
from domain.roles.permissions import Permission
from domain.roles.policy import allows, compile_subject
from domain.roles.role import Role
from tests.domain.roles.subjects import ANOTHER, GROUP, ME, ORG, OTHER_ORG, THING, membership, subject

VOTES: list[tuple[Permission, ...]] = [(), (Permission("task", "read"),), (Permission("task", "read", negate=True),)]


def row(
    owner_id: str = ANOTHER,
    organization_id: str = ORG,
    user_acl: dict[str, list[str]] | None = None,
    group_acl: dict[str, list[str]] | None = None,
) -> dict[str, object]:
    return {"id": THING, "owner_id": owner_id, "organization_id": organization_id, "user_acl": user_acl, "group_acl": group_acl}


@pytest.mark.parametrize(("site", "user", "organization", "member"), list(product(VOTES, repeat=4)))
def test_every_combination_of_votes(
    site: tuple[Permission, ...], user: tuple[Permission, ...], organization: tuple[Permission, ...], member: tuple[Permission, ...]
) -> None:
    """Without the default role, a member's own rights on tasks are those of this one role, and the user level's wildcard."""
    role = Role("extra", site=site, user=user, organization=organization, member=member)
    options = DeploymentOptions(minimal_implicit_member=True)
    who = compile_subject(ME, [], {ORG: membership("extra", default_roles=[])}, custom_roles={(ORG, "extra"): role}, options=options)
    predicate = visible(who, "read", "task", WORKSPACES)
    for owner_id, organization_id in product((ME, ANOTHER, ""), (ORG, OTHER_ORG, "")):
        expected = allows(who, "read", Object("task", THING, owner_id, organization_id))
        assert holds(predicate, row(owner_id, organization_id)) is expected, (owner_id, organization_id)


@pytest.mark.parametrize("name", ["owner", "template-admin", "owner@other"])
def test_site_wide_readers_see_all_rows(name: str) -> None:
    assert readable_workspaces(subject(name)) == ALWAYS


@pytest.mark.parametrize("name", ["org-admin", "org-template-admin"])
def test_organization_wide_readers_see_its_rows(name: str) -> None:
    predicate = readable_workspaces(subject(name))
    assert holds(predicate, row())
    assert not holds(predicate, row(organization_id=OTHER_ORG))


@pytest.mark.parametrize("name", ["member", "user-admin", "auditor", "org-auditor", "org-user-admin", "ban"])
def test_others_see_their_own_rows_where_they_are_members(name: str) -> None:
    predicate = readable_workspaces(subject(name))
    assert holds(predicate, row(owner_id=ME))
    assert not holds(predicate, row(owner_id=ME, organization_id=OTHER_ORG))
    assert not holds(predicate, row())


def test_shared_rows() -> None:
    predicate = readable_workspaces(compile_subject(ME, [], {ORG: membership()}, groups=[GROUP]))
    assert holds(predicate, row(organization_id=OTHER_ORG, user_acl={ME: ["read"]}))
    assert holds(predicate, row(group_acl={GROUP: ["read"]}))
    assert holds(predicate, row(group_acl={ORG: ["*"]}))
    assert not holds(predicate, row(organization_id=OTHER_ORG, group_acl={GROUP: ["read"], OTHER_ORG: ["read"]}))
    assert not holds(predicate, row(user_acl={ME: ["ssh"]}))


def test_sharing_disabled_in_the_deployment_hides_shared_rows() -> None:
    predicate = readable_workspaces(subject("member"), sharing_disabled=True)
    assert not holds(predicate, row(user_acl={ME: ["read"]}, group_acl={ORG: ["read"]}))
    assert holds(predicate, row(owner_id=ME))


def test_an_outsider_sees_only_what_was_shared_with_them() -> None:
    assert readable_workspaces(subject("outsider")) == Grants("user_acl", frozenset({ME}), "read")


def test_a_key_without_the_scope_lists_nothing() -> None:
    key = compile_subject(ME, ["owner"], {ORG: membership()}, scopes=["template:read"])
    assert readable_workspaces(key) == NEVER
    assert visible(key, "read", "template", filters.TEMPLATES) == ALWAYS


def test_a_key_lists_the_rows_that_its_allow_list_names() -> None:
    allow = [parse_entry(f"workspace:{THING}"), parse_entry("template:*")]
    key = compile_subject(ME, ["owner"], {ORG: membership()}, allow_list=allow)
    assert readable_workspaces(key) == In("id", frozenset({THING}))
    assert visible(key, "read", "template", filters.TEMPLATES) == ALWAYS
    assert visible(key, "read", "user", filters.USERS) == NEVER


@pytest.mark.parametrize(("name", "everybody"), [("member", False), ("org-admin", True), ("auditor", True), ("org-auditor", False)])
def test_users_see_themselves_or_everybody(name: str, everybody: bool) -> None:
    predicate = visible(subject(name), "read", "user", filters.USERS)
    assert holds(predicate, {"id": ME})
    assert holds(predicate, {"id": ANOTHER}) is everybody


def test_members_of_an_organization_that_hides_them_see_themselves() -> None:
    closed = compile_subject(ME, [], {ORG: membership(sharing=ShareableOwners.NONE)}, groups=[GROUP])
    members = visible(closed, "read", "organization_member", filters.MEMBERS)
    assert [holds(members, {"user_id": who, "organization_id": ORG}) for who in (ME, ANOTHER)] == [True, False]
    groups = visible(closed, "read", "group", filters.GROUPS)
    assert [holds(groups, {"id": group, "organization_id": ORG}) for group in (GROUP, ORG, THING)] == [True, True, False]


def test_organizations_are_those_one_is_a_member_of() -> None:
    predicate = visible(subject("member"), "read", "organization", filters.ORGANIZATIONS)
    assert [holds(predicate, {"id": one}) for one in (ORG, OTHER_ORG)] == [True, False]


def test_api_keys_are_ones_own() -> None:
    predicate = visible(subject("member"), "read", "api_key", filters.API_KEYS)
    assert [holds(predicate, {"id": "abcdefghij", "user_id": who}) for who in (ME, ANOTHER)] == [True, False]


def test_audit_entries_of_the_site_are_for_site_auditors() -> None:
    of_the_site = {"id": THING, "organization_id": ""}
    assert holds(visible(subject("auditor"), "read", "audit_log", filters.AUDIT_ENTRIES), of_the_site)
    mine = visible(subject("org-auditor"), "read", "audit_log", filters.AUDIT_ENTRIES)
    assert [holds(mine, entry) for entry in (of_the_site, of_the_site | {"organization_id": ORG})] == [False, True]


def test_provisioner_daemons_are_read_by_members() -> None:
    predicate = visible(subject("member"), "read", "provisioner_daemon", filters.PROVISIONER_DAEMONS)
    assert [holds(predicate, {"id": THING, "organization_id": one}) for one in (ORG, OTHER_ORG)] == [True, False]


def test_columns_that_a_table_lacks_match_nothing() -> None:
    assert visible(subject("member"), "read", "workspace", Columns()) == NEVER
