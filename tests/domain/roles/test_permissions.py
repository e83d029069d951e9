"""The table of types and actions: what may be named in roles and scopes."""

from __future__ import annotations

import pytest

from domain.roles.permissions import ACTIONS, Permission, Resource, deny, grant, is_resource, is_valid

WORKSPACE_ACTIONS = "create read update delete start stop ssh application_connect create_agent delete_agent update_agent share"


@pytest.mark.parametrize(
    ("resource_type", "action", "valid"),
    [
        ("workspace", "ssh", True),
        ("workspace", "*", True),
        ("workspace", "use", False),
        ("workspace", "", False),
        ("template", "use", True),
        ("template", "ssh", False),
        ("ai_seat", "create", True),
        ("ai_seat", "delete", False),
        ("spaceship", "read", False),
        ("spaceship", "*", False),
        ("", "read", False),
        ("*", "read", True),
        ("*", "*", True),
        ("*", "no-such-action", True),
        ("Workspace", "read", False),
    ],
)
def test_a_permission_is_valid_when_the_table_lists_it(resource_type: str, action: str, valid: bool) -> None:
    assert is_valid(resource_type, action) is valid
    assert Permission(resource_type, action).is_valid is valid


def test_every_type_has_actions_and_none_twice() -> None:
    assert set(ACTIONS) == set(Resource)
    assert all(actions and len(set(actions)) == len(actions) for actions in ACTIONS.values())


@pytest.mark.parametrize(
    ("resource", "actions"),
    [
        (Resource.WORKSPACE, WORKSPACE_ACTIONS),
        (Resource.WORKSPACE_DORMANT, WORKSPACE_ACTIONS),
        (Resource.PREBUILT_WORKSPACE, "update delete"),
        (Resource.TEMPLATE, "create read update delete use view_insights"),
        (Resource.USER, "create read update delete read_personal update_personal"),
        (Resource.ASSIGN_ORG_ROLE, "assign unassign create read update delete"),
        (Resource.ASSIGN_ROLE, "assign unassign read"),
        (Resource.CHAT, "create read update delete share"),
        (Resource.PROVISIONER_JOBS, "create read update"),
        (Resource.BOUNDARY_USAGE, "read update delete"),
        (Resource.AI_GATEWAY_KEY, "create read delete"),
    ],
)
def test_actions_of_a_type(resource: Resource, actions: str) -> None:
    assert {action.value for action in ACTIONS[resource]} == set(actions.split())


def test_the_wildcard_is_no_type() -> None:
    assert not is_resource("*")
    assert is_resource("workspace")


def test_tables_cannot_name_what_does_not_exist() -> None:
    with pytest.raises(ValueError, match="fly"):
        grant(Resource.WORKSPACE, "read fly")
    with pytest.raises(ValueError, match="use"):
        deny(Resource.WORKSPACE, "use")


def test_denials_are_negated() -> None:
    assert deny(Resource.WORKSPACE, "share") == (Permission("workspace", "share", negate=True),)
