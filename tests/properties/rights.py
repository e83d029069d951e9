"""Random subjects and rows for the laws of access: few ids and names, so that they meet; denials, wildcards and gaps included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from domain.roles.allow_list import ALLOW_ALL, AllowEntry
from domain.roles.builtin import LISTED_ORGANIZATION_ROLES, SYSTEM_ROLES, DeploymentOptions, ShareableOwners, SiteRole
from domain.roles.filters import Columns
from domain.roles.objects import Object
from domain.roles.permissions import Permission
from domain.roles.policy import OrgMembership, Subject, compile_subject
from domain.roles.role import Role

PEOPLE = [f"11111111-1111-4111-8111-00000000000{n}" for n in range(3)]
ORGANIZATIONS = [f"aaaaaaaa-aaaa-4aaa-8aaa-00000000000{n}" for n in range(3)]
GROUPS = [f"44444444-4444-4444-8444-00000000000{n}" for n in range(2)]
THINGS = [f"33333333-3333-4333-8333-00000000000{n}" for n in range(3)]
TYPES = ["workspace", "workspace_dormant", "template", "task", "user", "group", "organization_member", "api_key", "no-such-type"]
ACTIONS = ["read", "create", "update", "delete", "share", "use", "no-such-action", "*"]

_ME = PEOPLE[0]
_names = ["extra", "other"]

permissions = st.builds(
    Permission,
    resource_type=st.sampled_from([*TYPES[:6], "*"]),
    action=st.sampled_from([*ACTIONS[:5], "*"]),
    negate=st.sampled_from([False, False, True]),
)
_sets = st.lists(permissions, max_size=3).map(tuple)
_custom = st.builds(
    Role, name=st.sampled_from(_names), organization=_sets, member=_sets, site=st.just(()) | _sets, user=st.just(()) | _sets
)
_organization_roles = st.sampled_from([*(role.value for role in LISTED_ORGANIZATION_ROLES), *_names, *sorted(SYSTEM_ROLES), "owner"])
_membership = st.builds(
    OrgMembership,
    roles=st.lists(_organization_roles, max_size=3).map(tuple),
    sharing=st.sampled_from(ShareableOwners),
    is_service_account=st.booleans(),
    default_roles=st.lists(_organization_roles, max_size=1).map(tuple),
)
_scopes = st.just(("coder:all",)) | st.lists(
    st.sampled_from(
        ["no_user_data", "workspace:read", "workspace:*", "template:read", "coder:workspaces.create", "task:*", "application_connect"]
    ),
    max_size=3,
)
_entries = st.builds(AllowEntry, st.sampled_from([*TYPES[:4], "*"]), st.sampled_from([*THINGS, *PEOPLE, "*"]))
_allow_lists = st.just(ALLOW_ALL) | st.lists(_entries, max_size=3).map(tuple)


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    """Anybody, with any key."""
    custom = {(o, name): draw(_custom) for o in ORGANIZATIONS[:2] for name in _names}
    return compile_subject(
        _ME,
        draw(st.lists(st.sampled_from([role.value for role in SiteRole]), max_size=2)),
        draw(st.dictionaries(st.sampled_from(ORGANIZATIONS), _membership, max_size=2)),
        groups=draw(st.lists(st.sampled_from(GROUPS))),
        scopes=draw(_scopes),
        allow_list=draw(_allow_lists),
        custom_roles=custom,
        options=draw(st.builds(DeploymentOptions, st.booleans(), st.booleans(), st.booleans())),
    )


def _acls(grantees: list[str]) -> st.SearchStrategy[dict[str, list[str]] | None]:
    return st.none() | st.dictionaries(st.sampled_from(grantees), st.lists(st.sampled_from([*ACTIONS[:4], "*"]), max_size=2), max_size=3)


rows: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "id": st.sampled_from([*THINGS, *ORGANIZATIONS, *GROUPS, *PEOPLE]),
        "owner_id": st.none() | st.sampled_from(PEOPLE),
        "organization_id": st.none() | st.sampled_from(ORGANIZATIONS),
        "user_acl": _acls(PEOPLE),
        "group_acl": _acls([*GROUPS, *ORGANIZATIONS]),
    }
)

column_sets = st.builds(
    Columns,
    owner=st.sampled_from(["", "owner_id", "id"]),
    organization=st.sampled_from(["", "organization_id", "id"]),
    user_acl=st.sampled_from(["", "user_acl"]),
    group_acl=st.sampled_from(["", "group_acl"]),
) | st.just(Columns(organization="organization_id", groups_read_themselves=True))


def described(resource_type: str, columns: Columns, row: Mapping[str, Any]) -> Object:
    """The object that a row of such a table stands for."""

    def text(column: str) -> str:
        return str(row[column] or "") if column else ""

    own_acl = {text(columns.id): ["read"]} if columns.groups_read_themselves else None
    return Object(
        resource_type,
        text(columns.id),
        text(columns.owner),
        text(columns.organization),
        user_acl=row[columns.user_acl] if columns.user_acl else None,
        group_acl=row[columns.group_acl] if columns.group_acl else own_acl,
    )
