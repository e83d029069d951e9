"""What other features may know about groups: how their names are reserved, and which name is the implicit group's."""

from __future__ import annotations

from domain.kernel.events import Stream
from domain.reservations.values import name_stream

#: The group of all members, whose id is the organization's. Only this exact spelling is taken (contract/identity.md 1).
EVERYONE = "Everyone"

#: The kind under which group names are reserved.
NAME_KIND = "group"


def group_name_stream(organization_id: str, name: str) -> Stream:
    """The reservation of a group's name in its organization; case counts."""
    return name_stream(NAME_KIND, organization_id, name)
