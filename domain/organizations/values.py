"""What other features and read models may know about organizations: how names are reserved, and how one begins."""

from __future__ import annotations

from domain.kernel.events import Stream
from domain.kernel.names import fold
from domain.reservations.values import name_stream
from domain.roles.builtin import DEFAULT_ORG_MEMBER_ROLES, ShareableOwners

#: In a path it stands for the default organization, so nothing may be called that.
RESERVED_NAME = "default"

#: The kind under which organization names are reserved.
NAME_KIND = "organization"

#: What a new organization gives its members, and whose workspaces may be shared in it (contract/authorization.md 7.3, 11).
DEFAULT_MEMBER_ROLES: tuple[str, ...] = DEFAULT_ORG_MEMBER_ROLES
DEFAULT_SHAREABLE_OWNERS = ShareableOwners.EVERYONE.value


def organization_name_stream(name: str) -> Stream:
    """The reservation of an organization's name; case does not count."""
    return name_stream(NAME_KIND, fold(name))
