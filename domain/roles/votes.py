"""Permissions of one level compiled into votes, so that a question costs two dictionary look-ups.

Source: contract/authorization.md 4: a matching negation gives -1, else a match gives 1, else 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from domain.roles.permissions import WILDCARD, Permission

#: type -> action -> vote. Both maps always hold `*`, the answer for names that are not listed.
Level = Mapping[str, Mapping[str, int]]

DENIED, SILENT, GRANTED = -1, 0, 1


def compile_level(permissions: Iterable[Permission]) -> Level:
    """Resolve wildcards and negations of all `permissions` held at one level, whichever roles they come from."""
    patterns: dict[str, dict[str, int]] = {WILDCARD: {}}
    for permission in permissions:
        actions = patterns.setdefault(permission.resource_type, {})
        if permission.negate:
            actions[permission.action] = DENIED
        else:
            actions.setdefault(permission.action, GRANTED)
    any_type = patterns[WILDCARD]
    return MappingProxyType({name: _resolve(actions, any_type) for name, actions in patterns.items()})


def _resolve(actions: Mapping[str, int], any_type: Mapping[str, int]) -> Mapping[str, int]:
    wildcards = [actions.get(WILDCARD, SILENT), any_type.get(WILDCARD, SILENT)]
    resolved = {WILDCARD: _poll(wildcards)}
    for action in actions.keys() | any_type.keys():
        resolved[action] = _poll([actions.get(action, SILENT), any_type.get(action, SILENT), *wildcards])
    return resolved


def _poll(votes: Iterable[int]) -> int:
    cast = frozenset(votes)
    return DENIED if DENIED in cast else GRANTED if GRANTED in cast else SILENT


def vote(level: Level, resource_type: str, action: str) -> int:
    """What the level says about `action` on objects of `resource_type`: -1, 0 or 1. Unknown names match wildcards only."""
    actions = level.get(resource_type)
    if actions is None:
        actions = level[WILDCARD]
    found = actions.get(action)
    return actions[WILDCARD] if found is None else found
