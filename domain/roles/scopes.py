"""What an API key may be limited to: named scopes and an allow list of objects.

Scopes only ever restrict. Source: contract/authorization.md 5, contract/identity.md 2 and 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from domain.kernel.errors import Invalid
from domain.roles.permissions import ACTIONS, WILDCARD, Permission, Resource, grant, grant_all, grant_wildcard, is_resource, is_valid

ALL = "coder:all"
APPLICATION_CONNECT = "coder:application_connect"

#: Given to agents of templates that block user data; no client may ask for it.
NO_USER_DATA = "no_user_data"

#: Older spellings that clients may still send, and what they stand for.
LEGACY: Mapping[str, str] = MappingProxyType({"all": ALL, "application_connect": APPLICATION_CONNECT})

_ACCESS = "coder:workspaces.access"
_MEMBER_READ = grant(Resource.ORGANIZATION_MEMBER, "read")
_TEMPLATE_READ = grant(Resource.TEMPLATE, "read")
_FILES = grant(Resource.FILE, "create read")

_COMPOSITES: Mapping[str, tuple[Permission, ...]] = {
    "coder:workspaces.create": (
        grant(Resource.TEMPLATE, "read use") + grant(Resource.WORKSPACE, "create read update start stop") + _MEMBER_READ
    ),
    "coder:workspaces.operate": _TEMPLATE_READ + grant(Resource.WORKSPACE, "read update start stop") + _MEMBER_READ,
    "coder:workspaces.delete": grant(Resource.TEMPLATE, "read use") + grant(Resource.WORKSPACE, "read delete") + _MEMBER_READ,
    _ACCESS: _TEMPLATE_READ + grant(Resource.WORKSPACE, "read ssh application_connect") + _MEMBER_READ,
    "coder:templates.build": _TEMPLATE_READ + _FILES + grant(Resource.PROVISIONER_JOBS, "read"),
    "coder:templates.author": grant(Resource.TEMPLATE, "read create update delete view_insights") + _FILES,
    "coder:apikeys.manage_self": grant_all(Resource.API_KEY),
}

_NAMED: Mapping[str, tuple[Permission, ...]] = {
    ALL: (Permission(WILDCARD, WILDCARD),),
    APPLICATION_CONNECT: grant(Resource.WORKSPACE, "application_connect"),
    NO_USER_DATA: grant_wildcard(but=(Resource.USER,)),
    **_COMPOSITES,
}

_REQUESTABLE_PAIRS: Mapping[Resource, str] = {
    Resource.WORKSPACE: "read create update delete ssh start stop application_connect *",
    Resource.TEMPLATE: "read create update delete use *",
    Resource.API_KEY: "read create update delete *",
    Resource.FILE: "read create *",
    Resource.USER: "read read_personal update_personal *",
    Resource.USER_SECRET: "read create update delete *",
    Resource.USER_SKILL: "read create update delete *",
    Resource.TASK: "create read update delete *",
    Resource.ORGANIZATION: "read update delete *",
}

_LOW_LEVEL = [f"{resource.value}:{action}" for resource, actions in _REQUESTABLE_PAIRS.items() for action in actions.split()]

#: The names that clients may ask for, in canonical spelling and the order of the published enumeration (by code point).
EXTERNAL: tuple[str, ...] = tuple(sorted([ALL, APPLICATION_CONNECT, *_COMPOSITES, *_LOW_LEVEL]))

_EXTERNAL = frozenset(EXTERNAL)

#: Every name that `expand` knows: the named ones and each valid pair of type and action.
STORABLE: frozenset[str] = frozenset(_NAMED) | frozenset(
    f"{resource.value}:{action}" for resource, actions in ACTIONS.items() for action in (*(a.value for a in actions), WILDCARD)
)


def canonical(name: str) -> str:
    """The spelling under which a scope is stored and shown."""
    return LEGACY.get(name, name)


def is_external(name: str) -> bool:
    """Whether a client may ask for `name`, in canonical or legacy spelling."""
    return canonical(name) in _EXTERNAL


def requested(scopes: Sequence[str], scope: str = "") -> tuple[str, ...]:
    """The canonical names that a new token stores: `scopes` in their order, repeats kept; else the single `scope`; else all.

    Raises `Invalid` naming the first scope that clients may not ask for. Source: contract/identity.md 4, token body.
    """
    asked = scopes or ([scope] if scope else [ALL])
    for name in asked:
        if not is_external(name):
            raise Invalid("Failed to create API key.", f'invalid or unsupported API key scope: "{name}"')
    return tuple(canonical(name) for name in asked)


def legacy_summary(scopes: Iterable[str]) -> str:
    """The single value of the field `scope` of an API key (contract/identity.md 2)."""
    held = {canonical(name) for name in scopes}
    if APPLICATION_CONNECT in held:
        return "application_connect"
    return "all" if ALL in held else ""


def expand(scopes: Iterable[str]) -> tuple[Permission, ...]:
    """The permissions of all `scopes` together, each once, all of them site-level.

    Raises `Invalid` for a name that is neither named here nor a valid pair: a key with an unreadable limit must not work.
    """
    permissions: dict[Permission, None] = {}
    for name in scopes:
        permissions.update(dict.fromkeys(_permissions(canonical(name))))
    return tuple(permissions)


def expand_in_lists(scopes: Iterable[str]) -> tuple[Permission, ...]:
    """`expand` as lists of workspaces see it: of what `coder:workspaces.access` holds, `template:read` is left out.

    A key of that scope reads single workspaces with their templates (contract/authorization.md 5), but of a list it gets the
    number alone, no rows (contract/listing.md 11): the reference's scope had no `template:read` when lists came to ask for it.
    """
    names = [canonical(name) for name in scopes]
    listed = expand(name for name in names if name != _ACCESS)
    if _ACCESS not in names:
        return listed
    return tuple(dict.fromkeys((*listed, *(p for p in _COMPOSITES[_ACCESS] if p not in _TEMPLATE_READ))))


def _permissions(name: str) -> tuple[Permission, ...]:
    named = _NAMED.get(name)
    if named is not None:
        return named
    resource_type, _, action = name.partition(":")
    if not (is_resource(resource_type) and is_valid(resource_type, action)):
        raise Invalid(f'"{name}" is not an API key scope.')
    return (Permission(resource_type, action),)
