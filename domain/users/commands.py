"""What can be asked about people. Ids, keys and hashes are drawn before: a command holds no secret that an event must not.

Names and addresses are checked by whoever makes the command (`domain/kernel/names.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.roles.policy import Subject


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Who somebody is to be; `ssh_public_key` belongs to a pair made for them."""

    user_id: str
    username: str
    email: str
    name: str
    ssh_public_key: str


@dataclass(frozen=True, slots=True)
class CreateFirstUser:
    """Found the deployment: its owner, the user that holds prebuilt workspaces, and, if absent, the default organization."""

    person: NewPerson
    organization_id: str


@dataclass(frozen=True, slots=True)
class CreateUser:
    """Add a person to all of `organization_ids`; `roles` are stored site roles, already found assignable."""

    person: NewPerson
    login_type: str
    status: str
    is_service_account: bool
    organization_ids: tuple[str, ...]
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeProfile:
    """Another username or real name."""

    user_id: str
    username: str
    name: str


@dataclass(frozen=True, slots=True)
class SetUserStatus:
    """Suspend or activate; `subject` asks."""

    user_id: str
    status: str
    subject: Subject


@dataclass(frozen=True, slots=True)
class SetSiteRoles:
    """Replace the stored site roles; `subject` asks."""

    user_id: str
    roles: tuple[str, ...]
    subject: Subject


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Another password. `password_revision` is the one whose hash the old password was compared with."""

    user_id: str
    password_revision: int


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """Replace one group of settings."""

    user_id: str
    group: str
    settings: dict[str, object]


@dataclass(frozen=True, slots=True)
class ReplaceSSHKey:
    """Another key pair; only the public half is told."""

    user_id: str
    public_key: str


@dataclass(frozen=True, slots=True)
class DeleteUser:
    """End a person's account; with `erase` also what history knows of them. `subject` asks."""

    user_id: str
    subject: Subject
    erase: bool = False


@dataclass(frozen=True, slots=True)
class FallDormant:
    """A rule found that an active person was not seen since `unseen_since_days` days."""

    user_id: str
    unseen_since_days: int
