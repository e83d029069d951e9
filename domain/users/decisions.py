"""What may happen to people. Names and addresses are unique through reservations that are taken in the same append.

Reservation streams arrive as facts: their ids derive from names by a key that only the service knows, so that the log does
not give away who is in it. Sources: contract/identity.md 3 and 5, contract/authorization.md 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.kernel.context import Context
from domain.kernel.decider import NOTHING, Append, Decision, append
from domain.kernel.errors import Conflict, ExpectationFailed, Forbidden, Invalid, NameTaken, NotFound, Violation
from domain.kernel.events import Stream
from domain.kernel.names import fold
from domain.reservations.values import Reservation, release, reserve
from domain.roles import objects
from domain.roles.assignment import check_site_roles
from domain.roles.builtin import SiteRole
from domain.roles.permissions import Action
from domain.roles.policy import allows
from domain.users.commands import (
    ChangePassword,
    ChangeProfile,
    ChangeSettings,
    CreateUser,
    DeleteUser,
    FallDormant,
    NewPerson,
    ReplaceSSHKey,
    SetSiteRoles,
    SetUserStatus,
)
from domain.users.events import (
    UserCreated,
    UserDeleted,
    UserErased,
    UserPasswordChanged,
    UserProfileChanged,
    UserSettingsChanged,
    UserSiteRolesSet,
    UserSSHKeyGenerated,
    UserStatusSet,
)
from domain.users.state import USER, User
from domain.users.values import LoginType, UserStatus

USERNAME, EMAIL = "username", "email"
OWN_ROLES = "You cannot change your own roles."


@dataclass(frozen=True, slots=True)
class Name:
    """The stream that stands for a username or address, and who holds it now."""

    stream: Stream
    reservation: Reservation

    @property
    def is_free(self) -> bool:
        """Whether nobody holds it."""
        return self.reservation.holder is None


@dataclass(frozen=True, slots=True)
class Joining:
    """An organization that somebody is to join: whether it is there, and the append that makes a member."""

    organization_id: str
    is_live: bool
    joined: Append


def create_person(
    person: NewPerson,
    login_type: str,
    status: str,
    username: Name,
    email: Name | None,
    *,
    roles: Sequence[str] = (),
    is_service_account: bool = False,
    is_system: bool = False,
) -> Decision:
    """The appends that make a person and take their names, which are free. `email` is None for somebody without an address."""
    created = UserCreated(person.username, person.email, person.name, login_type, status, is_service_account, is_system)
    more = [UserSSHKeyGenerated(person.ssh_public_key)] if person.ssh_public_key else []
    granted = [UserSiteRolesSet(list(roles))] if roles else []
    taken = [reserve(username.stream, USERNAME, person.user_id)]
    if email is not None:
        taken.append(reserve(email.stream, EMAIL, person.user_id))
    return (append(USER.stream(person.user_id), created, *more, *granted), *taken)


def decide_create_user(
    command: CreateUser, username: Name, email: Name | None, organizations: Sequence[Joining], context: Context
) -> Decision:
    """A new member of every organization, with no stored roles in them. Raises `NameTaken`, `NotFound` for an organization."""
    if not username.is_free or (email is not None and not email.is_free):
        raise NameTaken("User already exists.")
    for organization in organizations:
        if not organization.is_live:
            raise NotFound(f'Organization does not exist with the provided id "{organization.organization_id}".')
    made = create_person(
        command.person,
        command.login_type,
        command.status,
        username,
        email,
        roles=command.roles,
        is_service_account=command.is_service_account,
    )
    return (*made, *(organization.joined for organization in organizations))


def decide_change_profile(command: ChangeProfile, state: User, taken: Name | None, held: Name | None, context: Context) -> Decision:
    """Another username or name. `taken` is the wanted username and `held` the present one, both None when it folds the same."""
    require_live(state)
    if taken is not None and taken.reservation.holder not in (None, command.user_id):
        raise NameTaken(
            "A user with this username already exists.", validations=[Violation("username", "This username is already in use.")]
        )
    if (command.username, command.name) == (state.username, state.name):
        return NOTHING
    changed = append(USER.stream(command.user_id), UserProfileChanged(command.username, command.name))
    if taken is None or held is None:
        return (changed,)
    return (changed, reserve(taken.stream, USERNAME, command.user_id), release(held.stream, USERNAME, command.user_id))


def folds_the_same(one: str, other: str) -> bool:
    """Whether two names differ in case at most, so that one reservation stands for both."""
    return fold(one) == fold(other)


def decide_set_status(command: SetUserStatus, state: User, context: Context) -> Decision:
    """Suspend or activate. Raises `Invalid` for suspending oneself or an owner, then `Forbidden` without the right."""
    require_live(state)
    if command.status == UserStatus.SUSPENDED:
        if command.user_id == command.subject.id:
            raise Invalid("You cannot suspend yourself.")
        if SiteRole.OWNER in state.roles:
            raise Invalid('You cannot suspend a user with the "owner" role. You must remove the role first.')
    if not allows(command.subject, Action.UPDATE, objects.user(command.user_id)):
        raise Forbidden
    if state.status == command.status:
        return NOTHING
    return (append(USER.stream(command.user_id), UserStatusSet(command.status)),)


def decide_set_site_roles(command: SetSiteRoles, state: User, context: Context) -> Decision:
    """Other stored roles, each once. Raises `Invalid` for one's own, and as `check_site_roles` does."""
    require_live(state)
    if command.user_id == command.subject.id:
        raise Invalid(OWN_ROLES)
    roles = check_site_roles(command.subject, state.roles, command.roles)
    if roles == state.roles:
        return NOTHING
    return (append(USER.stream(command.user_id), UserSiteRolesSet(list(roles))),)


def decide_change_password(command: ChangePassword, state: User, context: Context) -> Decision:
    """Another password, which ends all keys. Raises `Invalid` without one to change, or when it was changed in between."""
    require_live(state)
    if state.login_type != LoginType.PASSWORD:
        raise Invalid("Users without password login type cannot change their password.")
    if state.password_revision != command.password_revision:
        raise Invalid("Old password is incorrect.", validations=[Violation("old_password", "Old password is incorrect.")])
    return (append(USER.stream(command.user_id), UserPasswordChanged()),)


def decide_change_settings(command: ChangeSettings, state: User, context: Context) -> Decision:
    """Another group of settings, as a whole."""
    require_live(state)
    if state.settings.get(command.group) == command.settings:
        return NOTHING
    return (append(USER.stream(command.user_id), UserSettingsChanged(command.group, command.settings)),)


def decide_replace_ssh_key(command: ReplaceSSHKey, state: User, context: Context) -> Decision:
    """Another key pair."""
    require_live(state)
    return (append(USER.stream(command.user_id), UserSSHKeyGenerated(command.public_key)),)


def decide_delete_user(
    command: DeleteUser,
    state: User,
    names: Sequence[tuple[str, Name]],
    departures: Sequence[Append],
    has_workspaces: bool,
    context: Context,
) -> Decision:
    """The end of an account: names are free, memberships gone. Again: nothing, or what `erase` adds.

    `names` are the person's, with their kinds; `departures` the appends that end memberships.

    Raises `Forbidden` for oneself, `ExpectationFailed` while workspaces are left, then `Forbidden` without the right.
    """
    if command.user_id == command.subject.id:
        raise Forbidden("You cannot delete yourself!", "")
    if not state.exists or state.is_system:
        raise NotFound
    if not state.is_deleted and has_workspaces:
        raise ExpectationFailed("You cannot delete a user that has workspaces. Delete their workspaces and try again!")
    if not allows(command.subject, Action.DELETE, objects.user(command.user_id)):
        raise Forbidden
    own: list[UserDeleted | UserErased] = []
    others: list[Append] = []
    if not state.is_deleted:
        own.append(UserDeleted())
        others += [release(name.stream, kind, command.user_id) for kind, name in names if name.reservation.holder == command.user_id]
        others += departures
    if command.erase and not state.is_erased:
        own.append(UserErased())
    return (Append(USER.stream(command.user_id), tuple(own)), *others)


def decide_fall_dormant(command: FallDormant, state: User, context: Context) -> Decision:
    """Dormant when active, no system user, and unseen for long (contract/identity.md 5.4)."""
    seen = state.seen_at or state.created_at
    if not state.is_live or state.is_system or state.status != UserStatus.ACTIVE or seen is None:
        return NOTHING
    if context.time - seen < timedelta(days=command.unseen_since_days):
        return NOTHING
    return (append(USER.stream(command.user_id), UserStatusSet(UserStatus.DORMANT.value, automatic=True)),)


def require_live(state: User) -> None:
    """Raises `NotFound` for nobody, `Conflict` for a deleted person."""
    if not state.exists:
        raise NotFound
    if state.is_deleted:
        raise Conflict("The user has been deleted.")
