"""Every built-in role, every type, every action: the tables of contract/authorization.md 3 and 7 once more, against the policy.

The tables below are written from the contract alone, as it words them. Each right is asked about in four ways, which tell the
levels of a role apart: somebody else's object and one's own, in an organization and in none.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from domain.roles.builtin import LISTED_ORGANIZATION_ROLES, SYSTEM_ROLES, OrganizationRole, SiteRole
from domain.roles.objects import Object
from domain.roles.permissions import ACTIONS, Resource
from domain.roles.policy import Subject, allows, compile_subject
from tests.domain.roles.subjects import ANOTHER, ME, ORG, membership

CRUD = "create read update delete"
WORKSPACE = f"{CRUD} start stop ssh application_connect create_agent delete_agent update_agent share"

#: contract/authorization.md 3
VALID: Mapping[str, str] = {
    **{"workspace": WORKSPACE, "workspace_dormant": WORKSPACE, "prebuilt_workspace": "update delete", "task": CRUD},
    **{"template": f"{CRUD} use view_insights", "user": f"{CRUD} read_personal update_personal", "organization": CRUD},
    **{"organization_member": CRUD, "assign_role": "assign unassign read", "assign_org_role": f"assign unassign {CRUD}"},
    **{"group": CRUD, "group_member": "read", "api_key": CRUD, "audit_log": "read create", "connection_log": "read update"},
    **{"file": "create read", "provisioner_daemon": CRUD, "provisioner_jobs": "create read update", "deployment_config": "read update"},
    **{"deployment_stats": "read", "debug_info": "read", "replicas": "read", "license": "create read delete", "system": CRUD},
    **{"workspace_proxy": CRUD, "idpsync_settings": "read update", "oauth2_app": CRUD, "oauth2_app_secret": CRUD},
    **{"oauth2_app_code_token": "create read delete", "notification_message": CRUD, "notification_template": "read update"},
    **{"notification_preference": "read update", "inbox_notification": "create read update"},
    **{"webpush_subscription": "create read delete", "crypto_key": CRUD, "tailnet_coordinator": CRUD, "user_secret": CRUD},
    **{"user_skill": CRUD, "workspace_agent_resource_monitor": "create read update", "workspace_agent_devcontainers": "create"},
    **{"chat": f"{CRUD} share", "usage_event": "create read update", "boundary_usage": "read update delete"},
    **{"boundary_log": "create read delete", "ai_seat": "create read", "ai_provider": CRUD, "ai_model_price": "read update"},
    **{"ai_gateway_key": "create read delete", "aibridge_interception": "create read update"},
}
DORMANT = "read create update delete stop create_agent delete_agent update_agent"

Rights = frozenset[tuple[str, str]]


def rights(*lines: str) -> Rights:
    """`type: action action`; `*` for every action of the type."""
    found = set()
    for line in lines:
        resource_type, _, actions = line.partition(": ")
        found |= {(resource_type, action) for action in (VALID[resource_type] if actions == "*" else actions).split()}
    return frozenset(found)


def all_but(*types: str) -> Rights:
    """Every action of every other type, valid for it or not."""
    every = {action for actions in VALID.values() for action in actions.split()}
    return frozenset((resource_type, action) for resource_type in VALID if resource_type not in types for action in every)


READS_OF_ORGANIZATIONS = ("user: read", "group: read", "group_member: read", "organization: read", "organization_member: read")

#: contract/authorization.md 7.1
SITE: Mapping[str, Rights] = {
    "owner": all_but(
        *("workspace", "workspace_dormant", "prebuilt_workspace", "user_secret", "user_skill", "usage_event"),
        *("boundary_usage", "boundary_log", "ai_seat"),
    )
    | rights("workspace: *", f"workspace_dormant: {DORMANT}", "prebuilt_workspace: update delete")
    | rights("user_skill: read delete", "boundary_log: read"),
    "member": rights("assign_role: read", "oauth2_app: read", "workspace_proxy: read"),
    "auditor": rights(*READS_OF_ORGANIZATIONS, "assign_org_role: read", "audit_log: read", "connection_log: read", "template: read")
    | rights("deployment_stats: read", "deployment_config: read", "aibridge_interception: read", "boundary_log: read")
    | rights("template: view_insights"),
    "template-admin": rights(*READS_OF_ORGANIZATIONS, "template: *", "file: create read", "workspace: read", "workspace_dormant: read")
    | rights("prebuilt_workspace: update delete", "provisioner_daemon: *", "assign_org_role: read"),
    "user-admin": rights("assign_role: *", "assign_org_role: assign unassign read", "user: *", "group: *", "group_member: read")
    | rights("organization: read", "organization_member: *", "idpsync_settings: read update"),
}
#: The implied role `member`, at its user level: about one's own objects in no organization.
OWN: Rights = (
    all_but(
        *("workspace", "workspace_dormant", "prebuilt_workspace", "user", "organization_member", "chat", "boundary_usage"),
        *("boundary_log", "aibridge_interception", "ai_seat"),
    )
    | rights("user: read read_personal update_personal")
    | rights("aibridge_interception: create update", "boundary_log: create")
)

#: contract/authorization.md 7.2: in the organization, and about one's own objects there.
IN_ORGANIZATION: Mapping[str, tuple[Rights, Rights]] = {
    "organization-admin": (
        all_but(
            *("workspace", "workspace_dormant", "prebuilt_workspace", "assign_role", "user_secret", "boundary_usage"),
            *("boundary_log", "ai_seat"),
        )
        | rights("workspace: create read update delete start stop create_agent delete_agent update_agent share")
        | rights(f"workspace_dormant: {DORMANT}", "prebuilt_workspace: update delete"),
        rights(),
    ),
    "organization-auditor": (
        rights("audit_log: read", "connection_log: read", "template: read view_insights", "group: read", "group_member: read")
        | rights("organization: read", "organization_member: read"),
        rights(),
    ),
    "organization-user-admin": (
        rights("assign_org_role: assign unassign read", "organization: read", "organization_member: *", "group: *")
        | rights("group_member: read", "idpsync_settings: read update"),
        rights(),
    ),
    "organization-template-admin": (
        rights("template: *", "file: create read", "workspace: read", "workspace_dormant: read", "prebuilt_workspace: update delete")
        | rights("provisioner_daemon: *", "provisioner_jobs: create read update", "organization: read", "organization_member: read")
        | rights("group: read", "group_member: read"),
        rights(),
    ),
    "organization-workspace-creation-ban": (rights(), rights()),
    "organization-workspace-access": (
        rights(),
        rights("workspace: *", f"workspace_dormant: {DORMANT}", "file: create read", "provisioner_daemon: create read", "task: *"),
    ),
    "agents-access": (rights(), rights("chat: create read update share")),
}
BANNED = rights("workspace: create delete create_agent delete_agent")
READING_USERS = {"organization-admin", "organization-user-admin"}

#: contract/authorization.md 7.3, where everybody's workspaces may be shared.
IMPLIED = rights("provisioner_daemon: read", "organization: read", "assign_org_role: read", "organization_member: read", "group: read")
IMPLIED_OWN = (
    rights("organization_member: read", "group_member: read", "aibridge_interception: create update", "api_key: *")
    | rights("notification_message: read update", "notification_preference: *", "inbox_notification: *")
    | IN_ORGANIZATION["organization-workspace-access"][1]
)

SITE_ROLES = [role.value for role in SiteRole]
ORGANIZATION_ROLES = [role.value for role in OrganizationRole]


def asked(resource_type: str) -> dict[str, Object]:
    return {
        "theirs": Object(resource_type, "", ANOTHER),
        "own": Object(resource_type, "", ME),
        "theirs in the organization": Object(resource_type, "", ANOTHER, ORG),
        "own in the organization": Object(resource_type, "", ME, ORG),
    }


def given(subject: Subject) -> dict[str, Rights]:
    """What a subject may do, by the four ways of asking: of all types and all actions, valid for them or not."""
    every = {action for actions in VALID.values() for action in actions.split()}
    found: dict[str, set[tuple[str, str]]] = {}
    for resource_type in VALID:
        for way, obj in asked(resource_type).items():
            found.setdefault(way, set()).update((resource_type, action) for action in every if allows(subject, action, obj))
    return {way: frozenset(pairs) for way, pairs in found.items()}


def test_the_types_and_actions_are_those_of_the_contract() -> None:
    assert {resource.value for resource in Resource} == set(VALID)
    assert {resource.value: {a.value for a in actions} for resource, actions in ACTIONS.items()} == {
        resource_type: set(actions.split()) for resource_type, actions in VALID.items()
    }


def test_no_built_in_role_is_left_out() -> None:
    assert set(SITE_ROLES) == set(SITE)
    assert {role.value for role in LISTED_ORGANIZATION_ROLES} == set(IN_ORGANIZATION)
    assert {*IN_ORGANIZATION, *SYSTEM_ROLES} == set(ORGANIZATION_ROLES)


@pytest.mark.parametrize("role", SITE_ROLES)
def test_a_site_role_of_somebody_who_is_nowhere_a_member(role: str) -> None:
    everywhere = SITE[role] | SITE["member"]
    assert given(compile_subject(ME, [role], {})) == {
        "theirs": everywhere,
        "own": everywhere | OWN,
        "theirs in the organization": everywhere,
        "own in the organization": everywhere,
    }


@pytest.mark.parametrize("role", sorted(IN_ORGANIZATION))
@pytest.mark.parametrize("is_service_account", [False, True])
def test_an_organization_role_beside_what_membership_gives(role: str, is_service_account: bool) -> None:
    member = membership(role, is_service_account=is_service_account, default_roles=())
    everywhere = SITE["member"] | (rights("user: read") if role in READING_USERS else rights())
    there, own = IN_ORGANIZATION[role]
    banned = BANNED if role == "organization-workspace-creation-ban" else rights()
    assert given(compile_subject(ME, [], {ORG: member})) == {
        "theirs": everywhere,
        "own": everywhere | OWN,
        "theirs in the organization": everywhere | IMPLIED | there,
        "own in the organization": everywhere | IMPLIED | there | ((IMPLIED_OWN | own) - banned),
    }


@pytest.mark.parametrize("site", SITE_ROLES)
@pytest.mark.parametrize("role", sorted(IN_ORGANIZATION))
def test_both_at_once(site: str, role: str) -> None:
    """What the site gives stands, whatever an organization denies; what it denies is denied to its own level and to members."""
    everywhere = SITE[site] | SITE["member"] | (rights("user: read") if role in READING_USERS else rights())
    there, own = IN_ORGANIZATION[role]
    banned = BANNED if role == "organization-workspace-creation-ban" else rights()
    may = given(compile_subject(ME, [site], {ORG: membership(role)}))
    assert may["theirs in the organization"] == everywhere | ((IMPLIED | there) - banned)
    assert may["own in the organization"] == everywhere | ((IMPLIED | there | IMPLIED_OWN | own) - banned)
