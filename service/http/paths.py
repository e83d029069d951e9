"""Path parameters that must be UUIDs. Names and `me` are resolved by whoever knows the people and organizations."""

from __future__ import annotations

from domain.kernel.errors import Invalid
from domain.kernel.spellings import uuid_text


def path_uuid(text: str) -> str:
    """The canonical UUID text of a path segment in any accepted spelling; the nil UUID passes.

    Raises `Invalid` with the segment quoted in the message. Source: contract/workspaces.md 1.3.
    """
    try:
        return uuid_text(text)
    except ValueError as error:
        raise Invalid(f'Invalid UUID "{text}".', str(error)) from None
