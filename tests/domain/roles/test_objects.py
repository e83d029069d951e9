"""How records are described to the policy (contract/authorization.md 6)."""

from __future__ import annotations

from domain.kernel.ids import NIL, PREBUILDS_USER
from domain.roles import objects
from domain.roles.builtin import ShareableOwners
from domain.roles.objects import Object
from domain.roles.policy import allows, compile_subject
from tests.domain.roles.subjects import ANOTHER, GROUP, ME, ORG, OTHER_ORG, THING, membership, subject

ACL = {ME: ["read", "ssh"]}


def test_a_dormant_workspace_is_another_type_and_shared_with_nobody() -> None:
    dormant = objects.workspace(id=THING, owner_id=ANOTHER, organization_id=ORG, is_dormant=True, user_acl=ACL, group_acl={ORG: ["read"]})
    assert dormant == Object("workspace_dormant", THING, ANOTHER, ORG)


def test_sharing_disabled_hides_access_lists_of_workspaces_and_tasks() -> None:
    for build, resource_type in ((objects.workspace, "workspace"), (objects.task, "task")):
        shared = build(id=THING, owner_id=ANOTHER, organization_id=ORG, user_acl=ACL)
        assert (shared.type, shared.user_acl) == (resource_type, ACL)
        hidden = build(id=THING, owner_id=ANOTHER, organization_id=ORG, user_acl=ACL, sharing_disabled=True)
        assert hidden == Object(resource_type, THING, ANOTHER, ORG)


def test_only_changes_to_unclaimed_workspaces_get_a_second_chance() -> None:
    prebuilt = objects.workspace(id=THING, owner_id=PREBUILDS_USER, organization_id=ORG, user_acl=ACL)
    assert objects.as_prebuilt(prebuilt, "delete") == Object("prebuilt_workspace", THING, PREBUILDS_USER, ORG)
    assert objects.as_prebuilt(prebuilt, "start") is None
    assert objects.as_prebuilt(objects.workspace(id=THING, owner_id=ME, organization_id=ORG), "delete") is None


def test_explicit_members_read_their_group_and_all_members_read_everyone() -> None:
    hidden = objects.group(id=GROUP, organization_id=ORG)
    everyone = objects.group(id=ORG, organization_id=ORG)
    closed = {ORG: membership(sharing=ShareableOwners.NONE)}
    assert allows(compile_subject(ME, [], closed, groups=[GROUP]), "read", hidden)
    assert not allows(compile_subject(ME, [], closed), "read", hidden)
    assert allows(compile_subject(ME, [], closed), "read", everyone)
    assert not allows(compile_subject(ME, [], closed, groups=[GROUP]), "update", hidden)


def test_nobody_adds_themselves_to_an_organization() -> None:
    assert objects.member(user_id=ME, organization_id=ORG).owner_id == ME
    assert objects.new_member(user_id=ME, organization_id=ORG) == Object("organization_member", ME, "", ORG)


def test_an_organization_lies_in_itself() -> None:
    assert objects.organization(ORG) == Object("organization", ORG, "", ORG)
    assert allows(subject("member"), "read", objects.organization(ORG))
    assert not allows(subject("member"), "read", objects.organization(OTHER_ORG))


def test_an_audit_entry_without_an_organization_belongs_to_the_site() -> None:
    assert objects.audit_entry(organization_id=NIL) == Object("audit_log")
    assert objects.audit_entry(id=THING, organization_id=ORG) == Object("audit_log", THING, "", ORG)


def test_what_belongs_to_a_user_lies_in_no_organization() -> None:
    assert objects.user(ME) == Object("user", ME, ME)
    assert objects.api_key(id="abcdefghij", owner_id=ME) == Object("api_key", "abcdefghij", ME)
    assert objects.file(id=THING, owner_id=ME) == Object("file", THING, ME)


def test_templates_have_no_owner() -> None:
    template = objects.template(id=THING, organization_id=ORG, group_acl={ORG: ["read", "use"]})
    assert template.owner_id == ""
    assert [allows(subject("member"), action, template) for action in ("read", "use", "update")] == [True, True, False]
    assert not allows(subject("member"), "read", objects.templates(ORG))


def test_collections_have_no_id() -> None:
    assert objects.users() == Object("user")
    assert objects.members(ORG) == Object("organization_member", "", "", ORG)
    assert objects.provisioner_jobs(ORG) == Object("provisioner_jobs", "", "", ORG)
    assert objects.provisioner_daemon(organization_id=ORG, owner_id=ME) == Object("provisioner_daemon", "", ME, ORG)
    assert objects.group_member(user_id=ME, organization_id=ORG) == Object("group_member", ME, ME, ORG)
    assert objects.organization_roles(ORG) == Object("assign_org_role", "", "", ORG)
    assert objects.site_roles() == Object("assign_role")
