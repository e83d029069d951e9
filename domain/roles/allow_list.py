"""The objects that an API key is limited to: entries `type:id`, either part `*`.

Source: contract/authorization.md 5, last paragraphs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.kernel.errors import Invalid
from domain.kernel.spellings import uuid_text
from domain.roles.permissions import WILDCARD, is_resource

MAX_ENTRIES = 128


@dataclass(frozen=True, slots=True, order=True)
class AllowEntry:
    """One object, all objects of a type, one id of any type, or everything. `id` is canonical UUID text or `*`."""

    resource_type: str
    id: str

    def __str__(self) -> str:
        return f"{self.resource_type}:{self.id}"


EVERYTHING = AllowEntry(WILDCARD, WILDCARD)
ALLOW_ALL: tuple[AllowEntry, ...] = (EVERYTHING,)


def parse_entry(text: str) -> AllowEntry:
    """Read `type:id`. Raises `ValueError` unless the type is known or `*` and the id a UUID or `*`."""
    resource_type, colon, object_id = text.partition(":")
    if not colon:
        raise ValueError("an allow list entry looks like type:id")
    if resource_type != WILDCARD and not is_resource(resource_type):
        raise ValueError(f'"{resource_type}" is not a resource type')
    return AllowEntry(resource_type, object_id if object_id == WILDCARD else uuid_text(object_id))


def normalise(entries: Iterable[AllowEntry]) -> tuple[AllowEntry, ...]:
    """Without repeats and absorbed entries, sorted by type, then id.

    Everything absorbs all; `type:*` absorbs the ids of that type.
    """
    distinct = set(entries)
    if EVERYTHING in distinct:
        return ALLOW_ALL
    whole_types = {entry.resource_type for entry in distinct if entry.id == WILDCARD}
    return tuple(sorted(entry for entry in distinct if entry.id == WILDCARD or entry.resource_type not in whole_types))


def requested(texts: Iterable[str]) -> tuple[AllowEntry, ...]:
    """The normalised list that a new token stores; nothing asked for means everything.

    Raises `Invalid` for a malformed entry, with the message of an unreadable body (contract/identity.md 1), and for more
    than 128 entries.
    """
    entries = []
    for text in texts:
        try:
            entries.append(parse_entry(text))
        except ValueError as error:
            raise Invalid("Request body must be valid JSON.", f'allow_list: "{text}": {error}') from None
    kept = normalise(entries) if entries else ALLOW_ALL
    if len(kept) > MAX_ENTRIES:
        raise Invalid("Failed to create API key.", f"allow_list has {len(kept)} entries; at most {MAX_ENTRIES} are possible")
    return kept


def intersect(left: Iterable[AllowEntry], right: Iterable[AllowEntry]) -> tuple[AllowEntry, ...]:
    """What both lists allow: on type and id the specific beats the wildcard. Disjoint lists give (), which denies all."""
    others = tuple(right)
    both = {entry for mine in left for theirs in others if (entry := _narrower(mine, theirs)) is not None}
    return normalise(both)


def _narrower(one: AllowEntry, other: AllowEntry) -> AllowEntry | None:
    resource_type = _specific(one.resource_type, other.resource_type)
    object_id = _specific(one.id, other.id)
    return AllowEntry(resource_type, object_id) if resource_type is not None and object_id is not None else None


def _specific(one: str, other: str) -> str | None:
    if other in (WILDCARD, one):
        return one
    return other if one == WILDCARD else None
