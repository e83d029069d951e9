"""A role: a named bundle of permissions at four levels. Says nothing about who holds it or where names come from."""

from __future__ import annotations

from dataclasses import dataclass

from domain.roles.permissions import Permission


@dataclass(frozen=True, slots=True)
class Role:
    """What holding the role gives (contract/authorization.md 2).

    `site` applies to every object; `user` to objects the holder owns that are in no organization; `organization` to every
    object of the organization the role is held in; `member` to those of them that the holder owns. The two last mean
    nothing on a role that is held site-wide.
    """

    name: str
    display_name: str = ""
    site: tuple[Permission, ...] = ()
    user: tuple[Permission, ...] = ()
    organization: tuple[Permission, ...] = ()
    member: tuple[Permission, ...] = ()
