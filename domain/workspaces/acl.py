"""With whom a workspace is shared. Source: contract/workspaces.md 7."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from domain.kernel.decider import NOTHING, Decision, append
from domain.kernel.errors import Forbidden, Invalid, Violation
from domain.kernel.spellings import uuid_text
from domain.roles.acl import is_role
from domain.roles.builtin import ShareableOwners
from domain.workspaces.commands import ClearACL, UpdateACL, WithdrawSharing
from domain.workspaces.decisions import existing
from domain.workspaces.events import WorkspaceACLCleared, WorkspaceACLUpdated
from domain.workspaces.state import WORKSPACE, Workspace

SHARING_IS_OFF = "Workspace sharing is disabled for this organization."
_OWN_ROLE = "You cannot change your own workspace sharing role"


def refuse_own_role(user_id: str, user_roles: Mapping[str, str]) -> None:
    """Raises `Invalid` when somebody's own entry is among those to change (contract/workspaces.md 7.2, step 3)."""
    if user_id in user_roles:
        raise Invalid(_OWN_ROLE)


def canonical(roles: Mapping[str, str]) -> dict[str, str]:
    """The entries whose keys are UUIDs, by canonical id: what must be looked up before `checked_roles`."""
    found: dict[str, str] = {}
    for key, role in roles.items():
        id = _id(key)
        if id is not None:
            found[id] = role
    return found


def checked_roles(
    user_roles: Mapping[str, str], group_roles: Mapping[str, str], known_users: Collection[str], known_groups: Collection[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Both maps by canonical id. `known_…` are the ids that exist (users: and are not deleted).

    Raises `Invalid` with all violations, groups first. Removing an entry asks for no existence, so stale ones can go.
    """
    violations = [
        *_violations("group_roles", "group", group_roles, known_groups),
        *_violations("user_roles", "user", user_roles, known_users),
    ]
    if violations:
        raise Invalid("The workspace's access list cannot be changed like this.", validations=violations)
    return canonical(user_roles), canonical(group_roles)


def _violations(field: str, what: str, roles: Mapping[str, str], known: Collection[str]) -> Sequence[Violation]:
    found: list[Violation] = []
    for key, role in roles.items():
        if not is_role(role):
            found.append(Violation(field, f'role "{role}" is not a valid workspace role'))
        id = _id(key)
        if id is None:
            found.append(Violation(field, f"{key} is not a valid UUID."))
        elif role and id not in known:
            found.append(Violation(field, f"{what} with ID {id} does not exist"))
    return found


def _id(key: str) -> str | None:
    try:
        return uuid_text(key)
    except ValueError:
        return None


def may_be_shared(sharing: str, *, owner_is_service_account: bool, shares_any: bool) -> bool:
    """Whether an organization's setting lets a workspace be shared: that of a person, among `service_accounts`, only by who may
    share any workspace of the organization (contract/authorization.md 11, contract/workspaces.md 1.4)."""
    if sharing == ShareableOwners.SERVICE_ACCOUNTS:
        return owner_is_service_account or shares_any
    return sharing == ShareableOwners.EVERYONE


def decide_update_acl(command: UpdateACL, state: Workspace, *, may_be_shared: bool) -> Decision:
    """The entries that differ from what is so already. Raises `Forbidden` when one would be added where nobody shares (any more);
    who asks in such an organization is refused before, so this is about a setting that changed in between."""
    workspace = existing(state)
    if not may_be_shared and any([*command.user_roles.values(), *command.group_roles.values()]):
        raise Forbidden(SHARING_IS_OFF)
    users = {id: role for id, role in command.user_roles.items() if workspace.user_roles.get(id, "") != role}
    groups = {id: role for id, role in command.group_roles.items() if workspace.group_roles.get(id, "") != role}
    if not users and not groups:
        return NOTHING
    return (append(WORKSPACE.stream(workspace.id), WorkspaceACLUpdated(users, groups)),)


def decide_clear_acl(_command: ClearACL, state: Workspace) -> Decision:
    """Shared with nobody."""
    return _cleared(existing(state))


def decide_withdraw_sharing(_command: WithdrawSharing, states: Sequence[Workspace]) -> Decision:
    """Shared with nobody, each of them that was."""
    return tuple(part for state in states for part in _cleared(state))


def _cleared(workspace: Workspace) -> Decision:
    if not workspace.user_roles and not workspace.group_roles:
        return NOTHING
    return (append(WORKSPACE.stream(workspace.id), WorkspaceACLCleared()),)
