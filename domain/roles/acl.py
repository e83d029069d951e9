"""Sharing roles and the actions that access lists store for them, both ways.

Source: contract/authorization.md 11, contract/workspaces.md 7, contract/lifecycle.md A9.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from domain.roles.permissions import ACTIONS, WILDCARD, Action, Resource

ADMIN = "admin"
USE = "use"
#: In a request: take the entry away. In an answer: the entry is none of the known roles.
NO_ROLE = ""

_WORKSPACE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        ADMIN: tuple(action.value for action in ACTIONS[Resource.WORKSPACE] if action is not Action.DELETE),
        USE: tuple(a.value for a in (Action.READ, Action.SSH, Action.APPLICATION_CONNECT, Action.START, Action.STOP)),
        NO_ROLE: (),
    }
)
_TEMPLATE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {ADMIN: (WILDCARD,), USE: (Action.READ.value, Action.USE.value), NO_ROLE: ()},
)


def is_role(role: str) -> bool:
    """Whether `role` may stand in a request to share a workspace or a template; "" takes the entry away."""
    return role in _WORKSPACE


def workspace_actions(role: str) -> tuple[str, ...]:
    """What `role` stores in a workspace's access list; () for "" means no entry. Raises `KeyError` unless `is_role`."""
    return _WORKSPACE[role]


def template_actions(role: str) -> tuple[str, ...]:
    """What `role` stores in a template's access list; () for "" means no entry. Raises `KeyError` unless `is_role`."""
    return _TEMPLATE[role]


def workspace_role(actions: Iterable[str]) -> str:
    """The role whose actions are exactly these, in any order, or ""."""
    return _role(actions, _WORKSPACE)


def template_role(actions: Iterable[str]) -> str:
    """The role whose actions are exactly these, in any order, or ""."""
    return _role(actions, _TEMPLATE)


def _role(actions: Iterable[str], table: Mapping[str, tuple[str, ...]]) -> str:
    given = frozenset(actions)
    return next((role for role, stored in table.items() if given == frozenset(stored)), NO_ROLE)
