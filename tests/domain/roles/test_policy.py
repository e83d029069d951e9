"""The rules of evaluation: levels, denials, access lists, "any organization" (contract/authorization.md 1.2, 4 and 13)."""

from __future__ import annotations

import pytest

from domain.kernel.ids import NIL, PREBUILDS_USER
from domain.roles import objects
from domain.roles.builtin import DeploymentOptions, ShareableOwners
from domain.roles.objects import ANY_OWNER, Object
from domain.roles.permissions import Action, Permission
from domain.roles.policy import allows, allows_on_workspace, compile_subject
from domain.roles.role import Role
from tests.domain.roles.subjects import ANOTHER, GROUP, ME, NOWHERE, ORG, OTHER_ORG, THING, membership, subject, with_custom

CREATE = Permission("workspace", "create")
FOR_ANYBODY = objects.new_workspace(owner_id=ANY_OWNER, organization_id=ORG)
FOR_ANYBODY_ANYWHERE = objects.workspaces_of_any_owner_anywhere()


# ---- create workspaces for any owner (1.2) --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "here", "anywhere"),
    [
        ("owner", True, True),
        ("owner@other", True, True),
        ("owner+ban", True, True),
        ("org-admin", True, True),
        ("org-admin+ban", False, False),
        ("org-admin@other", False, True),
        ("member", False, False),
        ("agents", False, False),
        ("org-auditor", False, False),
        ("org-user-admin", False, False),
        ("org-template-admin", False, False),
        ("user-admin", False, False),
        ("template-admin", False, False),
        ("auditor", False, False),
        ("outsider", False, False),
    ],
)
def test_who_may_create_workspaces_for_any_owner(name: str, here: bool, anywhere: bool) -> None:
    assert allows(subject(name), Action.CREATE, FOR_ANYBODY) is here
    assert allows(subject(name), Action.CREATE, FOR_ANYBODY_ANYWHERE) is anywhere


def test_a_custom_role_may_create_workspaces_for_any_owner_of_its_organization() -> None:
    assert allows(with_custom(CREATE), "create", FOR_ANYBODY)
    assert allows(with_custom(CREATE), "create", FOR_ANYBODY_ANYWHERE)
    assert not allows(with_custom(CREATE, organization_id=OTHER_ORG), "create", FOR_ANYBODY)
    assert not allows(with_custom(CREATE, roles=["organization-workspace-creation-ban"]), "create", FOR_ANYBODY)
    assert not allows(with_custom(Permission("workspace", "read")), "create", FOR_ANYBODY)


def test_the_ban_of_one_organization_does_not_reach_another() -> None:
    both = compile_subject(ME, [], {ORG: membership("organization-workspace-creation-ban"), OTHER_ORG: membership("organization-admin")})
    assert not allows(both, "create", FOR_ANYBODY)
    assert allows(both, "create", FOR_ANYBODY_ANYWHERE), "the best vote of all organizations counts"


# ---- levels -----------------------------------------------------------------------------------------------------------

READ_TASK = Permission("task", "read")
DENY_TASK = Permission("task", "read", negate=True)
MY_TASK = Object("task", THING, ME, ORG)
MY_LOOSE_TASK = Object("task", THING, ME)
ANOTHERS_TASK = Object("task", THING, ANOTHER, ORG)


def holder(
    site: tuple[Permission, ...] = (),
    user: tuple[Permission, ...] = (),
    organization: tuple[Permission, ...] = (),
    member: tuple[Permission, ...] = (),
) -> Role:
    return Role("extra", site=site, user=user, organization=organization, member=member)


@pytest.mark.parametrize(
    ("role", "mine", "anothers", "loose"),
    [
        (holder(), True, False, True),
        (holder(site=(READ_TASK,)), True, True, True),
        (holder(site=(DENY_TASK,)), False, False, False),
        (holder(site=(READ_TASK, DENY_TASK)), False, False, False),
        (holder(site=(READ_TASK,), organization=(DENY_TASK,), member=(DENY_TASK,)), True, True, True),
        (holder(organization=(READ_TASK,)), True, True, True),
        (holder(organization=(DENY_TASK,)), False, False, True),
        (holder(organization=(READ_TASK, DENY_TASK)), False, False, True),
        (holder(organization=(READ_TASK,), member=(DENY_TASK,)), True, True, True),
        (holder(member=(DENY_TASK,)), False, False, True),
        (holder(user=(DENY_TASK,)), True, False, False),
        (holder(organization=(Permission("*", "*", negate=True),)), False, False, True),
        (holder(member=(Permission("*", "read", negate=True),)), False, False, True),
        (holder(organization=(Permission("*", "read"),)), True, True, True),
        (holder(organization=(Permission("task", "*"), Permission("*", "read", negate=True))), False, False, True),
    ],
)
def test_levels_and_denials(role: Role, mine: bool, anothers: bool, loose: bool) -> None:
    who = compile_subject(ME, [], {ORG: membership("extra")}, custom_roles={(ORG, "extra"): role})
    assert [allows(who, "read", obj) for obj in (MY_TASK, ANOTHERS_TASK, MY_LOOSE_TASK)] == [mine, anothers, loose]


def test_wildcards_grant_what_no_table_knows() -> None:
    who = with_custom(Permission("task", "*"), Permission("*", "peek"))
    assert allows(who, "no-such-action", ANOTHERS_TASK)
    assert allows(who, "peek", Object("no-such-type", organization_id=ORG))
    assert not allows(who, "no-such-action", Object("no-such-type", organization_id=ORG))
    assert allows(who, "*", ANOTHERS_TASK)
    assert not allows(with_custom(READ_TASK), "*", ANOTHERS_TASK), "asking for the wildcard is not asking for any"


def test_unknown_role_names_grant_nothing() -> None:
    who = compile_subject(ME, ["no-such-role", "organization-admin"], {ORG: membership("no-such-role", "owner", "auditor")})
    assert not allows(who, "read", Object("template", organization_id=ORG))
    assert not allows(who, "read", objects.user(ANOTHER))


def test_a_custom_role_named_like_a_site_role_is_not_that_role() -> None:
    custom = {(ORG, "owner"): Role("owner", organization=(READ_TASK,))}
    who = compile_subject(ME, [], {ORG: membership("owner")}, custom_roles=custom)
    assert allows(who, "read", ANOTHERS_TASK)
    assert not allows(who, "create", objects.organizations())


def test_a_custom_role_counts_in_its_own_organization_only() -> None:
    custom = {(OTHER_ORG, "extra"): Role("extra", organization=(READ_TASK,))}
    assert not allows(compile_subject(ME, [], {ORG: membership("extra")}, custom_roles=custom), "read", ANOTHERS_TASK)


def test_default_roles_of_the_organization_count_for_every_member() -> None:
    who = compile_subject(ME, [], {ORG: membership(default_roles=["organization-auditor"])})
    assert allows(who, "read", Object("audit_log", organization_id=ORG))


# ---- any organization -------------------------------------------------------------------------------------------------


def test_any_organization_with_one_named_is_an_error_even_for_owners() -> None:
    assert not allows(subject("owner"), "read", Object("workspace", organization_id=ORG, any_organization=True))
    assert allows(subject("owner"), "read", Object("workspace", organization_id=NIL, any_organization=True))


def test_any_organization_never_reaches_the_user_level() -> None:
    assert allows(subject("outsider"), "read", Object("user", owner_id=ME))
    assert not allows(subject("outsider"), "read", Object("user", owner_id=ME, any_organization=True))


# ---- access lists -----------------------------------------------------------------------------------------------------


def shared(user_acl: dict[str, list[str]] | None = None, group_acl: dict[str, list[str]] | None = None) -> Object:
    return objects.workspace(id=THING, owner_id=ANOTHER, organization_id=ORG, user_acl=user_acl, group_acl=group_acl)


@pytest.mark.parametrize("name", ["member", "member@other", "outsider"])
def test_a_user_entry_needs_no_membership(name: str) -> None:
    who = subject(name)
    assert allows(who, "read", shared({ME: ["read"]}))
    assert allows(who, "ssh", shared({ME: ["*"]}))
    assert not allows(who, "ssh", shared({ME: ["read"]}))
    assert not allows(who, "read", shared({ANOTHER: ["read"]}))


def test_a_group_entry_needs_membership_of_the_objects_organization() -> None:
    acl = {GROUP: ["read"]}
    inside = compile_subject(ME, [], {ORG: membership()}, groups=[GROUP])
    outside = compile_subject(ME, [], {OTHER_ORG: membership()}, groups=[GROUP])
    assert allows(inside, "read", shared(group_acl=acl))
    assert not allows(inside, "stop", shared(group_acl=acl))
    assert not allows(outside, "read", shared(group_acl=acl))
    assert not allows(subject("member"), "read", shared(group_acl=acl))
    among_others = {NOWHERE: ["read"], **acl, OTHER_ORG: ["*"]}
    assert allows(inside, "read", shared(group_acl=among_others)), "one of the groups is enough"
    assert not allows(inside, "stop", shared(group_acl=among_others)), "what other groups are given is theirs"


def test_everyone_is_the_entry_of_the_organization_itself() -> None:
    assert allows(subject("member"), "read", shared(group_acl={ORG: ["read"]}))
    assert not allows(subject("member@other"), "read", shared(group_acl={ORG: ["read"]}))
    assert not allows(subject("member@other"), "read", shared(group_acl={OTHER_ORG: ["read"]})), "another organization's Everyone"


def test_denials_do_not_cancel_what_was_shared() -> None:
    denied = compile_subject(
        ME, [], {ORG: membership("extra")}, custom_roles={(ORG, "extra"): Role("extra", site=(Permission("*", "*", negate=True),))}
    )
    assert not allows(denied, "read", shared())
    assert allows(denied, "read", shared({ME: ["read"]}))


# ---- sharing settings (7.3, 11) ---------------------------------------------------------------------------------------

SHARE = Permission("workspace", "share")
MINE = objects.workspace(id=THING, owner_id=ME, organization_id=ORG)
EVERYONE, NONE, SERVICE_ACCOUNTS = ShareableOwners.EVERYONE, ShareableOwners.NONE, ShareableOwners.SERVICE_ACCOUNTS


@pytest.mark.parametrize(
    ("sharing", "is_service_account", "role", "own", "anothers"),
    [
        (EVERYONE, False, Role("extra"), True, False),
        (EVERYONE, True, Role("extra"), True, False),
        (NONE, False, Role("extra"), False, False),
        (NONE, True, Role("extra"), False, False),
        (NONE, False, Role("extra", organization=(SHARE,)), False, False),
        (SERVICE_ACCOUNTS, False, Role("extra"), False, False),
        (SERVICE_ACCOUNTS, True, Role("extra"), True, False),
        (SERVICE_ACCOUNTS, False, Role("extra", member=(SHARE,)), False, False),
        (SERVICE_ACCOUNTS, False, Role("extra", organization=(SHARE,)), True, True),
    ],
)
def test_who_may_share(sharing: ShareableOwners, is_service_account: bool, role: Role, own: bool, anothers: bool) -> None:
    member = membership("extra", sharing=sharing, is_service_account=is_service_account)
    who = compile_subject(ME, [], {ORG: member}, custom_roles={(ORG, "extra"): role})
    assert (allows(who, "share", MINE), allows(who, "share", shared())) == (own, anothers)
    assert allows(who, "update", MINE)


@pytest.mark.parametrize(("sharing", "members", "groups"), [(EVERYONE, True, True), (SERVICE_ACCOUNTS, True, False), (NONE, False, False)])
def test_what_members_see_of_each_other(sharing: ShareableOwners, members: bool, groups: bool) -> None:
    who = compile_subject(ME, [], {ORG: membership(sharing=sharing)})
    assert allows(who, "read", objects.member(user_id=ANOTHER, organization_id=ORG)) is members
    assert allows(who, "read", objects.member(user_id=ME, organization_id=ORG))
    assert allows(who, "read", objects.groups(ORG)) is groups


def test_org_admins_share_unless_nobody_may() -> None:
    modes = {mode: compile_subject(ME, [], {ORG: membership("organization-admin", sharing=mode)}) for mode in ShareableOwners}
    assert {mode: allows(who, "share", shared()) for mode, who in modes.items()} == {EVERYONE: True, NONE: False, SERVICE_ACCOUNTS: True}
    assert allows(compile_subject(ME, ["owner"], {ORG: membership(sharing=NONE)}), "share", shared())


def test_sharing_disabled_in_the_deployment_stops_everybody() -> None:
    options = DeploymentOptions(disable_sharing=True)
    assert not any(allows(subject(name, options=options), "share", MINE) for name in ("owner", "org-admin", "member"))
    assert not allows(subject("owner", options=options), "share", Object("chat", organization_id=ORG))


def test_owner_exec_can_be_disabled() -> None:
    owner = subject("owner@other", options=DeploymentOptions(disable_owner_exec=True))
    assert [allows(owner, action, shared()) for action in ("ssh", "application_connect", "start")] == [False, False, True]
    assert allows(subject("owner@other"), "ssh", shared())


def test_minimal_membership_gives_workspaces_through_the_default_role_only() -> None:
    options = DeploymentOptions(minimal_implicit_member=True)
    bare = compile_subject(ME, [], {ORG: membership(default_roles=[])}, options=options)
    assert not allows(bare, "read", MINE)
    assert allows(bare, "read", objects.member(user_id=ME, organization_id=ORG))
    assert allows(compile_subject(ME, [], {ORG: membership()}, options=options), "create", MINE)


# ---- prebuilt workspaces (6) ------------------------------------------------------------------------------------------


def test_prebuilt_workspaces_are_managed_by_those_who_manage_templates() -> None:
    prebuilt = objects.workspace(id=THING, owner_id=PREBUILDS_USER, organization_id=ORG)
    admin = subject("org-template-admin")
    assert [allows_on_workspace(admin, action, prebuilt) for action in ("update", "delete", "read", "start")] == [True, True, True, False]
    assert not allows(admin, "delete", prebuilt)
    assert not allows_on_workspace(admin, "delete", shared()), "somebody's own workspace gets no second chance"
    assert not allows_on_workspace(subject("member"), "delete", prebuilt)
