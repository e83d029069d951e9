"""What each built-in role may do, as one table (contract/authorization.md 7 and 13)."""

from __future__ import annotations

import pytest

from domain.roles import objects
from domain.roles.objects import ANY_OWNER, Object
from domain.roles.policy import allows
from tests.domain.roles.subjects import ANOTHER, ME, NOWHERE, ORG, ROLES, THING, subject

EVERYBODY = " ".join(ROLES)
OWNERS = "owner owner+ban"
ADMINS = f"{OWNERS} org-admin org-admin+ban"
UNBANNED_ADMINS = f"{OWNERS} org-admin"
TEMPLATES = f"{ADMINS} template-admin org-template-admin"
PEOPLE = f"{ADMINS} user-admin org-user-admin"
NOT_BANNED = " ".join(name for name in ROLES if "ban" not in name or name == "owner+ban")
AUDITORS = "auditor org-auditor"


def at(resource_type: str, owner_id: str = "", organization_id: str = "") -> Object:
    return Object(resource_type, "", owner_id, organization_id)


def everywhere(resource_type: str, owner_id: str = "") -> Object:
    return Object(resource_type, "", owner_id, any_organization=True)


def in_org(resource_type: str, owner_id: str = "") -> Object:
    return at(resource_type, owner_id, ORG)


MATRIX: list[tuple[Object, str, str]] = [
    (in_org("workspace", ME), "read update start stop ssh application_connect update_agent share", EVERYBODY),
    (in_org("workspace", ME), "create delete create_agent delete_agent", NOT_BANNED),
    (in_org("workspace", ANOTHER), "create delete create_agent delete_agent", UNBANNED_ADMINS),
    (in_org("workspace", ANOTHER), "update start stop update_agent share", ADMINS),
    (in_org("workspace", ANOTHER), "read", TEMPLATES),
    (in_org("workspace", ANOTHER), "ssh application_connect", OWNERS),
    (in_org("workspace", ANY_OWNER), "create", UNBANNED_ADMINS),
    (in_org("workspace", ANY_OWNER), "read", TEMPLATES),
    (in_org("workspace"), "create delete", UNBANNED_ADMINS),
    (in_org("workspace"), "update start stop share", ADMINS),
    (in_org("workspace"), "read", TEMPLATES),
    (in_org("workspace", ANOTHER), "no_such_action *", ""),
    (at("workspace", ME), "create update", OWNERS),
    (at("workspace", ME), "read", f"{OWNERS} template-admin"),
    (at("workspace", ANY_OWNER), "create", OWNERS),
    (at("workspace"), "create update delete", OWNERS),
    (at("workspace"), "read", f"{OWNERS} template-admin"),
    (at("workspace", ME, NOWHERE), "create update", OWNERS),
    (everywhere("workspace", ME), "read update start stop ssh", EVERYBODY),
    (everywhere("workspace", ME), "create delete", NOT_BANNED),
    (everywhere("workspace", ANY_OWNER), "create", UNBANNED_ADMINS),
    (everywhere("workspace"), "create", UNBANNED_ADMINS),
    (in_org("workspace_dormant", ME), "read create update delete stop create_agent delete_agent update_agent", EVERYBODY),
    (in_org("workspace_dormant", ANOTHER), "create update delete stop create_agent delete_agent update_agent", ADMINS),
    (in_org("workspace_dormant", ANOTHER), "read", TEMPLATES),
    (in_org("workspace_dormant", ANOTHER), "start ssh application_connect share", ""),
    (in_org("workspace_dormant", ME), "start ssh application_connect share", ""),
    (in_org("prebuilt_workspace"), "update delete", TEMPLATES),
    (in_org("prebuilt_workspace"), "read create", ""),
    (in_org("task", ME), "create read update delete", EVERYBODY),
    (in_org("task", ANOTHER), "create read update delete", ADMINS),
    (in_org("template"), "create update delete use", TEMPLATES),
    (in_org("template"), "read view_insights", f"{TEMPLATES} {AUDITORS}"),
    (at("template"), "create update delete use", f"{OWNERS} template-admin"),
    (at("template"), "read view_insights", f"{OWNERS} template-admin auditor"),
    (everywhere("template"), "create", TEMPLATES),
    (everywhere("template", ME), "create", TEMPLATES),
    (at("user"), "read", f"{PEOPLE} template-admin auditor"),
    (at("user", ANOTHER), "read", f"{PEOPLE} template-admin auditor"),
    (at("user"), "create update delete read_personal update_personal", f"{OWNERS} user-admin"),
    (at("user", ANOTHER), "read_personal update_personal", f"{OWNERS} user-admin"),
    (at("user", ME), "read read_personal update_personal", EVERYBODY),
    (at("user", ME), "create update delete", f"{OWNERS} user-admin"),
    (at("organization"), "create", OWNERS),
    (objects.organization(ORG), "create", ADMINS),
    (objects.organization(ORG), "read", EVERYBODY),
    (objects.organization(ORG), "update delete", ADMINS),
    (objects.organization(NOWHERE), "read", f"{OWNERS} template-admin user-admin auditor"),
    (objects.organization(NOWHERE), "update delete", OWNERS),
    (in_org("organization_member"), "read", EVERYBODY),
    (in_org("organization_member"), "create update delete", PEOPLE),
    (in_org("organization_member", ME), "create update delete", PEOPLE),
    (at("assign_role"), "assign unassign", f"{OWNERS} user-admin"),
    (at("assign_role"), "read", EVERYBODY),
    (in_org("assign_org_role"), "assign unassign", PEOPLE),
    (in_org("assign_org_role"), "create update delete", ADMINS),
    (in_org("assign_org_role"), "read", EVERYBODY),
    (at("assign_org_role"), "create update delete", OWNERS),
    (at("assign_org_role"), "assign unassign", f"{OWNERS} user-admin"),
    (at("assign_org_role"), "read", f"{OWNERS} user-admin template-admin auditor"),
    (in_org("group"), "read", EVERYBODY),
    (in_org("group"), "create update delete", PEOPLE),
    (in_org("group_member"), "read", f"{PEOPLE} template-admin org-template-admin {AUDITORS}"),
    (in_org("group_member", ME), "read", EVERYBODY),
    (at("api_key", ME), "create read update delete", EVERYBODY),
    (at("api_key", ANOTHER), "create read update delete", OWNERS),
    (at("audit_log"), "read", f"{OWNERS} auditor"),
    (at("audit_log"), "create", OWNERS),
    (in_org("audit_log"), "read", f"{ADMINS} {AUDITORS}"),
    (everywhere("audit_log"), "read", f"{ADMINS} {AUDITORS}"),
    (in_org("connection_log"), "read", f"{ADMINS} {AUDITORS}"),
    (at("file"), "create read", f"{OWNERS} template-admin"),
    (at("file", ME), "create read", EVERYBODY),
    (in_org("file"), "create read", TEMPLATES),
    (in_org("file", ME), "create read", EVERYBODY),
    (in_org("provisioner_daemon"), "create update delete", TEMPLATES),
    (in_org("provisioner_daemon"), "read", EVERYBODY),
    (in_org("provisioner_daemon", ME), "create read", EVERYBODY),
    (in_org("provisioner_daemon", ME), "update delete", TEMPLATES),
    (in_org("provisioner_jobs"), "create read update", f"{ADMINS} org-template-admin"),
    (at("provisioner_jobs"), "read", OWNERS),
    (at("deployment_config"), "read", f"{OWNERS} auditor"),
    (at("deployment_config"), "update", OWNERS),
    (at("deployment_stats"), "read", f"{OWNERS} auditor"),
    (at("debug_info"), "read", OWNERS),
    (at("replicas"), "read", OWNERS),
    (at("license"), "create read delete", OWNERS),
    (at("system"), "create read update delete", OWNERS),
    (at("workspace_proxy"), "read", EVERYBODY),
    (at("workspace_proxy"), "create update delete", OWNERS),
    (at("oauth2_app"), "read", EVERYBODY),
    (at("oauth2_app"), "create update delete", OWNERS),
    (at("oauth2_app_secret"), "read", OWNERS),
    (at("oauth2_app_code_token", ME), "create read delete", EVERYBODY),
    (in_org("idpsync_settings"), "read update", PEOPLE),
    (at("idpsync_settings"), "read update", f"{OWNERS} user-admin"),
    (at("notification_message", ME), "create read update delete", EVERYBODY),
    (in_org("notification_message", ME), "read update", EVERYBODY),
    (in_org("notification_message", ME), "create delete", ADMINS),
    (in_org("notification_preference", ME), "read update", EVERYBODY),
    (in_org("inbox_notification", ME), "create read update", EVERYBODY),
    (in_org("api_key", ME), "create read update delete", EVERYBODY),
    (at("user_secret", ME), "create read update delete", EVERYBODY),
    (at("user_secret", ANOTHER), "create read update delete", ""),
    (in_org("user_secret"), "create read update delete", ""),
    (at("user_skill", ME), "create read update delete", EVERYBODY),
    (at("user_skill", ANOTHER), "read delete", OWNERS),
    (at("user_skill", ANOTHER), "create update", ""),
    (in_org("user_skill"), "read delete", ADMINS),
    (in_org("user_skill"), "create update", "org-admin org-admin+ban"),
    (in_org("chat", ME), "create read update share", f"{ADMINS} agents"),
    (in_org("chat", ME), "delete", ADMINS),
    (at("chat", ME), "create read update delete share", OWNERS),
    (at("ai_seat"), "create read", ""),
    (in_org("ai_seat"), "create read", ""),
    (at("usage_event"), "create read update", ""),
    (at("boundary_usage"), "read update delete", ""),
    (at("boundary_log"), "read", f"{OWNERS} auditor"),
    (at("boundary_log", ME), "create", EVERYBODY),
    (at("boundary_log", ME), "delete", ""),
    (at("aibridge_interception"), "read", f"{OWNERS} auditor"),
    (at("aibridge_interception", ME), "create update", EVERYBODY),
    (in_org("aibridge_interception", ME), "create update", EVERYBODY),
    (at("ai_provider"), "create read update delete", OWNERS),
    (at("template"), "no_such_action", OWNERS),
    (at("no_such_type"), "read *", ""),
    (at("*"), "* read", ""),
]


@pytest.mark.parametrize(
    ("obj", "action", "allowed"),
    [(obj, action, allowed) for obj, actions, allowed in MATRIX for action in actions.split()],
)
def test_who_may(obj: Object, action: str, allowed: str) -> None:
    assert sorted(name for name in ROLES if allows(subject(name), action, obj)) == sorted(set(allowed.split()))


@pytest.mark.parametrize("name", ["org-admin", "org-template-admin", "org-user-admin", "org-auditor", "member"])
@pytest.mark.parametrize("resource_type", ["workspace", "template", "group", "organization_member", "audit_log", "provisioner_jobs"])
@pytest.mark.parametrize("action", ["create", "read", "update", "delete"])
@pytest.mark.parametrize("owner_id", ["", ME])
def test_an_organization_role_means_nothing_in_another_organization(name: str, resource_type: str, action: str, owner_id: str) -> None:
    assert not allows(subject(f"{name}@other"), action, in_org(resource_type, owner_id))


@pytest.mark.parametrize("name", ["org-admin@other", "org-user-admin@other"])
def test_admins_of_any_organization_read_users(name: str) -> None:
    assert allows(subject(name), "read", objects.user(ANOTHER))
    assert not allows(subject(name), "update", objects.user(ANOTHER))


@pytest.mark.parametrize("obj", [in_org("workspace", ME), at("workspace", ME), everywhere("workspace", ME), in_org("organization")])
def test_without_an_organization_nothing_in_one_is_reached(obj: Object) -> None:
    assert not any(allows(subject("outsider"), action, obj) for action in ("create", "read", "update", "delete"))


def test_without_an_organization_one_is_still_oneself() -> None:
    outsider = subject("outsider")
    assert allows(outsider, "update_personal", objects.user(ME))
    assert allows(outsider, "create", objects.api_key(id="", owner_id=ME))
    assert not allows(outsider, "read", objects.user(ANOTHER))


def test_the_read_rights_of_one_object_hold_for_it_by_id() -> None:
    workspace = objects.workspace(id=THING, owner_id=ANOTHER, organization_id=ORG)
    assert sorted(name for name in ROLES if allows(subject(name), "read", workspace)) == sorted(TEMPLATES.split())
