"""Decisions about groups. Source: contract/identity.md 8."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.groups.commands import CreateGroup, DeleteGroup, UpdateGroup
from domain.groups.events import GroupCreated, GroupDeleted, GroupMembersChanged, GroupUpdated
from domain.groups.state import GROUP, Group, Settings
from domain.groups.values import EVERYONE, NAME_KIND, group_name_stream
from domain.kernel.context import Context
from domain.kernel.decider import NOTHING, Append, Decision, append
from domain.kernel.errors import Forbidden, Invalid, NameTaken, NotFound, Violation
from domain.kernel.events import Event
from domain.kernel.ids import PREBUILDS_USER
from domain.kernel.spellings import uuid_text
from domain.reservations.values import Reservation, release, reserve
from domain.roles import objects
from domain.roles.permissions import Action
from domain.roles.policy import allows


@dataclass(frozen=True, slots=True)
class Membership:
    """What the organization's own state says: its name, and since which position a person is a member (people who are none are
    missing)."""

    organization_name: str
    since: Mapping[str, int]

    def of(self, user_id: str) -> int | None:
        """Since when the person may be in groups; the owner of prebuilt workspaces always may."""
        return self.since.get(user_id, 0 if user_id == PREBUILDS_USER else None)


def decide_create_group(command: CreateGroup, state: Group, holder: Reservation, is_organization_live: bool, _context: Context) -> Decision:
    """`holder` of the wanted name. Raises `Invalid` for Everyone, `NameTaken`, `Forbidden`; nothing when that id exists already."""
    if state.is_live:
        return NOTHING
    _check_name(command.name)
    if holder.holder is not None:
        raise _taken(command.name)
    if not is_organization_live:
        raise NotFound()
    if not allows(command.subject, Action.CREATE, objects.groups(command.organization_id)):
        raise Forbidden()
    created = GroupCreated(command.organization_id, command.name, command.display_name, command.avatar_url, command.quota_allowance, "user")
    return (
        reserve(group_name_stream(command.organization_id, command.name), NAME_KIND, command.id),
        append(GROUP.stream(command.id), created),
    )


def decide_update_group(command: UpdateGroup, state: Group, holder: Reservation, membership: Membership, _context: Context) -> Decision:
    """`holder` of the new name (whatever it is when the name stays). All or nothing.

    Raises `NotFound`, `Invalid` for names and people that cannot be, `NameTaken`.
    """
    if not state.is_live:
        raise NotFound()
    known = state.settings
    wanted = Settings(
        command.name or known.name,
        known.display_name if command.display_name is None else command.display_name,
        known.avatar_url if command.avatar_url is None else command.avatar_url,
        known.quota_allowance if command.quota_allowance is None else command.quota_allowance,
    )
    is_renamed = wanted.name != known.name
    if is_renamed:
        _check_name(wanted.name)
    added, removed = user_ids(command.add), user_ids(command.remove)
    _check_people((*added, *removed), membership)
    if is_renamed and holder.holder not in (None, command.group_id):
        raise _taken(wanted.name)
    if not allows(command.subject, Action.UPDATE, objects.group(id=command.group_id, organization_id=command.organization_id)):
        raise Invalid("Failed to add or remove non-existent group member", "You may not change this group.")
    if len(set(added)) < len(added) or any(state.is_member(one, membership.of(one)) for one in added):
        raise Invalid("Cannot add the same user to a group twice!", "Nothing was changed.")
    coming = [one for one in added if one not in removed]
    leaving = [one for one in dict.fromkeys(removed) if state.is_member(one, membership.of(one))]
    events = _changes(command, known, wanted, coming, leaving)
    if not events:
        return NOTHING
    moved = _moved_name(command, known.name, wanted.name) if is_renamed else ()
    return (*moved, append(GROUP.stream(command.group_id), *events))


def decide_delete_group(command: DeleteGroup, state: Group, _context: Context) -> Decision:
    """Raises `Invalid` for Everyone, `NotFound`, `Forbidden`."""
    if command.group_id == command.organization_id:
        raise Invalid(f'The "{EVERYONE}" group cannot be deleted.')
    if not state.is_live:
        raise NotFound()
    if not allows(command.subject, Action.DELETE, objects.group(id=command.group_id, organization_id=command.organization_id)):
        raise Forbidden()
    return (
        release(group_name_stream(command.organization_id, state.settings.name), NAME_KIND, command.group_id),
        append(GROUP.stream(command.group_id), GroupDeleted(command.organization_id)),
    )


def check_everyone_update(command: UpdateGroup) -> None:
    """What of a change the implicit group takes: its picture and quota only.

    Raises `Invalid` for a name, `Forbidden` for people.
    """
    if command.name not in ("", EVERYONE) or command.display_name:
        raise Invalid(f'Cannot rename the "{EVERYONE}" group.')
    if command.add or command.remove:
        raise Forbidden(f'Cannot add or remove users from the "{EVERYONE}" group.', "Everybody in the organization is in it.")


def user_ids(given: tuple[str, ...]) -> tuple[str, ...]:
    """The ids in canonical spelling, in their order. Raises `Invalid` naming the first that is no UUID."""
    read = []
    for text in given:
        try:
            read.append(uuid_text(text))
        except ValueError:
            raise Invalid(f'ID "{text}" must be a valid user UUID.') from None
    return tuple(read)


def _moved_name(command: UpdateGroup, old: str, new: str) -> tuple[Append, ...]:
    return (
        release(group_name_stream(command.organization_id, old), NAME_KIND, command.group_id),
        reserve(group_name_stream(command.organization_id, new), NAME_KIND, command.group_id),
    )


def _changes(command: UpdateGroup, known: Settings, wanted: Settings, added: list[str], removed: list[str]) -> list[Event]:
    events: list[Event] = []
    if wanted != known:
        event = GroupUpdated(command.organization_id, wanted.name, wanted.display_name, wanted.avatar_url, wanted.quota_allowance)
        events.append(event)
    if added or removed:
        events.append(GroupMembersChanged(command.organization_id, added, removed))
    return events


def _check_people(people: tuple[str, ...], membership: Membership) -> None:
    for user_id in people:
        if membership.of(user_id) is None:
            raise Invalid(f'User must be a member of organization "{membership.organization_name}"', f"{user_id} is none.")


def _check_name(name: str) -> None:
    if name == EVERYONE:
        detail = f'"{EVERYONE}" is a reserved group name.'
        raise Invalid(f"{detail} Choose another name.", validations=(Violation("name", detail),))


def _taken(name: str) -> NameTaken:
    detail = "This value is already in use and should be unique."
    return NameTaken(f'A group named "{name}" already exists.', validations=(Violation("name", detail),))
