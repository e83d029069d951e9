"""What other features may know about organizations: how their names are reserved, and which name nobody may take."""

from __future__ import annotations

from domain.kernel.events import Stream
from domain.kernel.names import fold
from domain.reservations.values import name_stream

#: In a path it stands for the default organization, so nothing may be called that.
RESERVED_NAME = "default"

#: The kind under which organization names are reserved.
NAME_KIND = "organization"


def organization_name_stream(name: str) -> Stream:
    """The reservation of an organization's name; case does not count."""
    return name_stream(NAME_KIND, fold(name))
