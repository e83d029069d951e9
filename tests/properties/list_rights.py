"""Who may see which row, template, organization, user and group, as the contract words it.

Sources: contract/listing.md 11, contract/authorization.md 7 (the built-in roles).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.properties.deployments import READER
from tests.properties.list_oracle import Workspace, World

_WORKSPACE_READERS = {"organization-admin", "organization-template-admin", READER}
_TEMPLATE_READERS = {"organization-admin", "organization-template-admin", "organization-auditor"}
_GROUP_READERS = {"organization-admin", "organization-template-admin", "organization-auditor", "organization-user-admin"}
_DIRECTORY = {"owner", "auditor", "template-admin", "user-admin"}


@dataclass(frozen=True)
class Viewer:
    """Somebody with a key: `scopes` None is an unlimited one, `only` the ids of workspaces it is limited to besides templates."""

    user: str
    scopes: frozenset[str] | None = None
    only: frozenset[str] | None = None

    @property
    def is_limited(self) -> bool:
        """Whether the key limits what its owner may do."""
        return self.scopes is not None or self.only is not None

    def may(self, scope: str) -> bool:
        """Whether the key's scopes let this through."""
        return self.scopes is None or scope in self.scopes


def _site(w: World, viewer: Viewer, roles: set[str]) -> bool:
    return bool(roles & set(w.people[viewer.user].roles))


def _held(w: World, viewer: Viewer, organization: str) -> set[str] | None:
    """Stored roles in an organization; None for somebody who is no member."""
    roles = w.members.get(organization, {}).get(viewer.user)
    return None if roles is None else set(roles)


def _listed(w: World, viewer: Viewer, organization: str, users: Mapping[str, str], groups: Mapping[str, str]) -> bool:
    """By access list: an entry of their own, or one of a group while they belong to the organization."""
    if viewer.user in users:
        return True
    if viewer.user not in w.members[organization]:
        return False
    return organization in groups or any(id in groups and viewer.user in people for id, (_, _, people) in w.groups.items())


def sees(w: World, viewer: Viewer, row: Workspace) -> bool:
    """A row of the list; dormant ones count as any other."""
    if not viewer.may("workspace:read") or (viewer.only is not None and row.id not in viewer.only):
        return False
    held = _held(w, viewer, row.organization)
    return (
        _site(w, viewer, {"owner", "template-admin"})
        or (held is not None and (bool(held & _WORKSPACE_READERS) or row.owner == viewer.user))
        or _listed(w, viewer, row.organization, row.users, row.groups)
    )


def reads_template(w: World, viewer: Viewer, id: str) -> bool:
    """A deleted one is nobody's."""
    template = w.templates[id]
    if template["deleted"] or not viewer.may("template:read"):
        return False
    held = _held(w, viewer, template["organization"])
    return (
        _site(w, viewer, {"owner", "auditor", "template-admin"})
        or bool((held or set()) & _TEMPLATE_READERS)
        or _listed(w, viewer, template["organization"], template["users"], template["groups"])
    )


def reads_organization(w: World, viewer: Viewer, id: str) -> bool:
    """Members do, and whoever keeps the directory of the deployment."""
    return not viewer.is_limited and (_site(w, viewer, _DIRECTORY) or _held(w, viewer, id) is not None)


def reads_user(w: World, viewer: Viewer, id: str) -> bool:
    """Themselves; others by a role of the site, or of any organization that needs to know people."""
    if viewer.is_limited:
        return False
    knows = {"organization-admin", "organization-user-admin"}
    return id == viewer.user or _site(w, viewer, _DIRECTORY) or any(knows & set(m.get(viewer.user, ())) for m in w.members.values())


def reads_group(w: World, viewer: Viewer, id: str) -> bool:
    """Members of the organization where everybody shares, members of the group, and roles."""
    organization, _, people = w.groups[id]
    held = _held(w, viewer, organization)
    if viewer.is_limited:
        return False
    if _site(w, viewer, _DIRECTORY):
        return True
    return held is not None and (bool(held & _GROUP_READERS) or w.sharing[organization] == "everyone" or viewer.user in people)
