"""The decision whose workspaces may be shared. Source: contract/authorization.md 11, org sharing settings.

Access lists that the new mode forbids are cleared by the caller, workspace by workspace: they belong to other streams.
"""

from __future__ import annotations

from domain.kernel.context import Context
from domain.kernel.decider import NOTHING, Decision, append
from domain.kernel.errors import Forbidden, NotFound
from domain.organizations.commands import SetWorkspaceSharing
from domain.organizations.events import WorkspaceSharingSet
from domain.organizations.state import ORGANIZATION, Organization
from domain.roles import objects
from domain.roles.permissions import Action
from domain.roles.policy import allows


def decide_set_workspace_sharing(command: SetWorkspaceSharing, state: Organization, _context: Context) -> Decision:
    """Raises `Forbidden` without `organization:update`; nothing when the mode is this already."""
    if not state.is_live:
        raise NotFound()
    if not allows(command.subject, Action.UPDATE, objects.organization(command.organization_id)):
        raise Forbidden()
    if state.shareable_workspace_owners == command.shareable_workspace_owners:
        return NOTHING
    return (append(ORGANIZATION.stream(command.organization_id), WorkspaceSharingSet(command.shareable_workspace_owners)),)
