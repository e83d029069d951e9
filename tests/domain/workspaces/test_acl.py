"""Sharing: entries merged, every violation of a request at once (contract/workspaces.md 7)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from domain.kernel.errors import Forbidden, Invalid
from domain.kernel.events import Event
from domain.workspaces.acl import (
    canonical,
    checked_roles,
    decide_clear_acl,
    decide_update_acl,
    decide_withdraw_sharing,
    may_be_shared,
    refuse_own_role,
)
from domain.workspaces.commands import ClearACL, UpdateACL, WithdrawSharing
from domain.workspaces.events import WorkspaceACLCleared, WorkspaceACLUpdated
from tests.domain.workspaces.histories import ID, ORGANIZATION, running
from tests.support.spec import ALICE, BOB, Then

GHOST = "99999999-1111-4222-8333-444444444444"
SHARED = WorkspaceACLUpdated({BOB: "use"}, {ORGANIZATION: "admin"})


def update(users: Mapping[str, str], groups: Mapping[str, str] | None = None, *history: Event) -> Then:
    return running(*history).when(lambda w: decide_update_acl(UpdateACL(ID, users, groups or {}), w, may_be_shared=True))


def test_entries_are_added() -> None:
    update({BOB: "use"}, {ORGANIZATION: "admin"}).then(SHARED)


def test_only_what_differs_is_said() -> None:
    update({BOB: "use", ALICE: "admin"}, {ORGANIZATION: "use"}, SHARED).then(WorkspaceACLUpdated({ALICE: "admin"}, {ORGANIZATION: "use"}))


def test_an_empty_role_removes_what_is_there() -> None:
    update({BOB: "", GHOST: ""}, None, SHARED).then(WorkspaceACLUpdated({BOB: ""}, {}))
    assert running(SHARED, WorkspaceACLUpdated({BOB: ""}, {})).state.user_roles == {}


@pytest.mark.parametrize("users", [{}, {BOB: "use"}, {GHOST: ""}])
def test_what_is_so_already_changes_nothing(users: dict[str, str]) -> None:
    update(users, None, SHARED).then_nothing()


def test_clearing_clears_once() -> None:
    running(SHARED).when(lambda w: decide_clear_acl(ClearACL(ID), w)).then(WorkspaceACLCleared())
    running(SHARED, WorkspaceACLCleared()).when(lambda w: decide_clear_acl(ClearACL(ID), w)).then_nothing()


def test_sharing_is_withdrawn_from_those_that_were_shared() -> None:
    running(SHARED).when(lambda w: decide_withdraw_sharing(WithdrawSharing((ID, GHOST)), [w, running().state])).then(WorkspaceACLCleared())


def test_nothing_is_added_where_sharing_has_been_switched_off() -> None:
    running(SHARED).when(lambda w: decide_update_acl(UpdateACL(ID, {ALICE: "use"}), w, may_be_shared=False)).then_raises(Forbidden)
    running(SHARED).when(lambda w: decide_update_acl(UpdateACL(ID, {BOB: ""}), w, may_be_shared=False)).then(
        WorkspaceACLUpdated({BOB: ""}, {})
    )


@pytest.mark.parametrize(
    ("sharing", "of_service_account", "shares_any", "allowed"),
    [
        ("everyone", False, False, True),
        ("service_accounts", False, False, False),
        ("service_accounts", True, False, True),
        ("service_accounts", False, True, True),
        ("none", True, True, False),
    ],
)
def test_whose_workspaces_are_shared(sharing: str, of_service_account: bool, shares_any: bool, allowed: bool) -> None:
    assert may_be_shared(sharing, owner_is_service_account=of_service_account, shares_any=shares_any) is allowed


def test_ids_in_any_spelling_mean_the_same_entry() -> None:
    assert canonical({BOB.upper(): "use", f"urn:uuid:{ALICE}": "admin", "nope": "use"}) == {BOB: "use", ALICE: "admin"}
    assert checked_roles({BOB.replace("-", ""): "use"}, {}, {BOB}, ()) == ({BOB: "use"}, {})


def test_nobody_changes_an_own_entry() -> None:
    with pytest.raises(Invalid, match="You cannot change your own workspace sharing role"):
        refuse_own_role(BOB, {BOB: ""})
    refuse_own_role(BOB, {ALICE: "use"})


@pytest.mark.parametrize(
    ("users", "groups", "fields"),
    [
        ({GHOST: "use"}, {}, ["user_roles"]),
        ({GHOST: "use"}, {GHOST: "use"}, ["group_roles", "user_roles"]),
        ({"nope": "boss"}, {}, ["user_roles", "user_roles"]),
        ({"nope": ""}, {}, ["user_roles"]),
        ({BOB: "Use"}, {}, ["user_roles"]),
        ({GHOST: "boss"}, {}, ["user_roles", "user_roles"]),
    ],
)
def test_all_violations_are_listed_groups_first(users: dict[str, str], groups: dict[str, str], fields: list[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        checked_roles(users, groups, {BOB}, {ORGANIZATION})
    assert [v.field for v in refusal.value.validations] == fields


def test_removing_asks_for_no_existence() -> None:
    assert checked_roles({GHOST: ""}, {GHOST: ""}, (), ()) == ({GHOST: ""}, {GHOST: ""})
