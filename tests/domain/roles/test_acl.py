"""Sharing roles and stored actions (contract/authorization.md 11, contract/workspaces.md 7, contract/lifecycle.md A9)."""

from __future__ import annotations

import pytest

from domain.roles import acl, objects
from domain.roles.permissions import ACTIONS, Resource
from domain.roles.policy import allows
from tests.domain.roles.subjects import ANOTHER, ME, ORG, THING, subject


def test_workspace_roles_store_these_actions() -> None:
    assert set(acl.workspace_actions("use")) == {"read", "ssh", "application_connect", "start", "stop"}
    assert set(acl.workspace_actions("admin")) == {a.value for a in ACTIONS[Resource.WORKSPACE]} - {"delete"}
    assert acl.workspace_actions("") == ()


@pytest.mark.parametrize("role", ["use", "admin"])
def test_roles_read_back_as_sets(role: str) -> None:
    assert acl.workspace_role(reversed(acl.workspace_actions(role))) == role
    assert acl.template_role([*acl.template_actions(role), *acl.template_actions(role)]) == role


@pytest.mark.parametrize(
    "actions",
    [[], ["read"], ["*"], ["read", "use"], [*acl.workspace_actions("use"), "delete"], [a.value for a in ACTIONS[Resource.WORKSPACE]]],
)
def test_any_other_set_reads_back_as_none(actions: list[str]) -> None:
    assert acl.workspace_role(actions) == ""


def test_template_roles_store_these_actions() -> None:
    assert set(acl.template_actions("use")) == {"read", "use"}
    assert acl.template_actions("admin") == ("*",)
    assert acl.template_role(["read"]) == ""


def test_known_roles() -> None:
    assert [acl.is_role(role) for role in ("admin", "use", "", "owner", "Use", "deleted")] == [True, True, True, False, False, False]


def test_a_template_admin_does_everything_on_the_template() -> None:
    template = objects.template(id=THING, organization_id=ORG, user_acl={ME: acl.template_actions("admin")})
    assert all(allows(subject("member"), action, template) for action in ACTIONS[Resource.TEMPLATE])


@pytest.mark.parametrize(
    ("role", "denied"), [("admin", {"delete"}), ("use", {a.value for a in ACTIONS[Resource.WORKSPACE]} - set(acl.workspace_actions("use")))]
)
def test_what_a_share_gives(role: str, denied: set[str]) -> None:
    shared = objects.workspace(id=THING, owner_id=ANOTHER, organization_id=ORG, user_acl={ME: acl.workspace_actions(role)})
    assert {action.value for action in ACTIONS[Resource.WORKSPACE] if not allows(subject("outsider"), action, shared)} == denied
