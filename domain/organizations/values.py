"""Values of organizations that other features may know: the default organization's name and the kinds of reserved names."""

from __future__ import annotations

from domain.kernel.events import Stream
from domain.kernel.names import fold
from domain.reservations.values import name_stream

#: The organization that every deployment has (contract/identity.md 6); the first user is its first member.
DEFAULT_NAME = "coder"
DEFAULT_DISPLAY_NAME = "Coder"
#: In a path it stands for the default organization, so nothing may be called that.
RESERVED_NAME = "default"

#: The kind under which organization names are reserved.
NAME_KIND = "organization"


def organization_name_stream(name: str) -> Stream:
    """The reservation of an organization's name; case does not count."""
    return name_stream(NAME_KIND, fold(name))
