"""What can be asked of a group of members. Ids are UUID text."""

from __future__ import annotations

from dataclasses import dataclass

from domain.roles.policy import Subject


@dataclass(frozen=True, slots=True)
class CreateGroup:
    """`id` is drawn by the caller."""

    id: str
    organization_id: str
    name: str
    display_name: str
    avatar_url: str
    quota_allowance: int
    subject: Subject


@dataclass(frozen=True, slots=True)
class UpdateGroup:
    """An empty name, and None, leave a setting as it is. `add` and `remove` are user ids as sent, not yet checked."""

    group_id: str
    organization_id: str
    name: str
    display_name: str | None
    avatar_url: str | None
    quota_allowance: int | None
    add: tuple[str, ...]
    remove: tuple[str, ...]
    subject: Subject


@dataclass(frozen=True, slots=True)
class DeleteGroup:
    """The group, and what access it gave, is gone."""

    group_id: str
    organization_id: str
    subject: Subject
