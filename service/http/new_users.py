"""Making people: what a request may ask for, in the order in which it is refused (contract/identity.md 5.3)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from domain.kernel.errors import Forbidden, Invalid, NameTaken, NotFound, Violation
from domain.kernel.ids import NIL
from domain.roles import objects
from domain.roles.assignment import check_organization_roles, check_site_roles
from domain.roles.permissions import Action
from domain.roles.policy import Subject, allows
from domain.users.commands import CreateUser, NewPerson
from domain.users.values import LoginType, UserStatus
from projections.users.queries import user_by_email, user_by_name
from service.auth.password_strength import weakness
from service.auth.secrets import password_hash_written, private_key_written
from service.auth.ssh_keys import generate_key_pair
from service.http.call import Call
from service.http.fields import FLAG, TEXT, UUID_TEXT, list_of, optional, wire
from service.http.rules import EMAIL, REQUIRED, USER_REAL_NAME, USERNAME, required_unless, unless_unset

_CREATABLE = frozenset({LoginType.PASSWORD.value, LoginType.NONE.value, LoginType.GITHUB.value})
_UNAUTHORISED = "You are not authorized to create users."


@dataclass(frozen=True, slots=True)
class CreateUserRequest:
    """`organization_id` is the one organization of old clients."""

    email: str = wire(TEXT, required_unless("service_account"), unless_unset(EMAIL))
    username: str = wire(TEXT, REQUIRED, USERNAME)
    name: str = wire(TEXT, USER_REAL_NAME)
    password: str = wire(TEXT)
    login_type: str = wire(TEXT)
    user_status: str | None = optional(TEXT)
    organization_ids: tuple[str, ...] = wire(list_of(UUID_TEXT))
    organization_id: str = wire(UUID_TEXT)
    service_account: bool = wire(FLAG)
    roles: tuple[str, ...] = wire(list_of(TEXT))


@dataclass(frozen=True, slots=True)
class _Organization:
    id: str
    default_roles: Sequence[str]
    custom_roles: Sequence[str]


async def create(call: Call, request: CreateUserRequest) -> str:
    """Make the person and return their id, once the read models show them.

    Raises `Invalid`, `NameTaken`, `NotFound` for an organization, `Forbidden`.
    """
    login_type = _login_type(request)
    status = request.user_status or UserStatus.DORMANT.value
    if status not in tuple(UserStatus):
        raise Invalid("Validation failed.", validations=[Violation("user_status", f'"{status}" is not a status')])
    wanted = [*request.organization_ids, *([request.organization_id] if request.organization_id != NIL else [])]
    if not wanted:
        message = "At least one organization is required to create a user."
        raise Invalid(message, validations=[Violation("organization_ids", "Organization IDs are required.")])
    subject = call.caller.subject
    async with call.pool.connection() as connection:
        await _check_names(connection, subject, request)
        organizations = [await _organization(connection, subject, organization_id) for organization_id in wanted]
    if len({o.id for o in organizations}) != len(organizations):
        raise Invalid("Validation failed.", validations=[Violation("organization_ids", "An organization is named twice.")])
    _check_password(request, login_type)
    _check_rights(subject, request, organizations)
    user_id, pair = str(uuid.uuid4()), generate_key_pair()
    side_writes = [private_key_written(user_id, pair)]
    if login_type == LoginType.PASSWORD:
        side_writes.append(password_hash_written(user_id, await call.services.passwords.hash(request.password)))
    person = NewPerson(user_id, request.username, request.email, request.name, pair.public)
    command = CreateUser(
        person, login_type, status, request.service_account, tuple(o.id for o in organizations), tuple(dict.fromkeys(request.roles))
    )
    await call.execute(command, side_writes=tuple(side_writes))
    return user_id


def _login_type(request: CreateUserRequest) -> str:
    if request.service_account:
        if request.login_type not in ("", LoginType.NONE):
            raise Invalid('Service accounts must have the login type "none".', validations=[Violation("login_type", 'Must be "none".')])
        if request.password:
            raise Invalid("Service accounts cannot have a password.", validations=[Violation("password", "Must be empty.")])
        if request.email:
            raise Invalid("Service accounts cannot have an email address.", validations=[Violation("email", "Must be empty.")])
        return LoginType.NONE.value
    login_type = request.login_type or LoginType.PASSWORD.value
    if request.password and login_type != LoginType.PASSWORD:
        raise Invalid(f'A password cannot be set for the login type "{login_type}".', validations=[Violation("password", "Must be empty.")])
    return login_type


async def _check_names(connection: AsyncConnection[Any], subject: Subject, request: CreateUserRequest) -> None:
    """Early, so that a clash is told before the price of a hash; the command finds out for certain."""
    for holder in (
        await user_by_name(connection, request.username),
        await user_by_email(connection, request.email) if request.email else None,
    ):
        if holder is None:
            continue
        if not allows(subject, Action.READ, objects.user(holder.id)):
            raise Forbidden(_UNAUTHORISED, "")
        raise NameTaken("User already exists.")


async def _organization(connection: AsyncConnection[Any], subject: Subject, organization_id: str) -> _Organization:
    cursor = await connection.execute(
        """
        SELECT o.id, o.default_org_member_roles, ARRAY(SELECT c.name FROM custom_roles c WHERE c.organization_id = o.id)
        FROM organizations o
        WHERE NOT o.deleted AND (o.id = %s OR (%s AND o.is_default))
        """,
        (organization_id, organization_id == NIL),
    )
    row = await cursor.fetchone()
    if row is None or not allows(subject, Action.READ, objects.organization(row[0])):
        raise NotFound(f'Organization does not exist with the provided id "{organization_id}".')
    return _Organization(row[0], row[1], row[2])


def _check_password(request: CreateUserRequest, login_type: str) -> None:
    if login_type not in _CREATABLE:
        raise Invalid(
            f'Users with the login type "{login_type}" cannot be created here.', validations=[Violation("login_type", "Not configured.")]
        )
    reason = weakness(request.password) if login_type == LoginType.PASSWORD else ""
    if reason:
        raise Invalid("Password is invalid", validations=[Violation("password", reason)])


def _check_rights(subject: Subject, request: CreateUserRequest, organizations: Sequence[_Organization]) -> None:
    may = allows(subject, Action.CREATE, objects.users()) and allows(subject, Action.ASSIGN, objects.site_roles())
    for organization in organizations:
        may = may and allows(subject, Action.ASSIGN, objects.organization_roles(organization.id))
        may = may and allows(subject, Action.CREATE, objects.new_member(user_id="", organization_id=organization.id))
    if not may:
        raise Forbidden(_UNAUTHORISED, "")
    check_site_roles(subject, (), request.roles)
    for organization in organizations:
        check_organization_roles(
            subject, organization.id, (), (), default_roles=organization.default_roles, custom_roles=organization.custom_roles
        )
