"""Templates and template versions in paths, for whoever may read them (contract/lifecycle.md A2, A9; authorization.md 6).

A version is read by those who read its template, a deleted one included; one without template by those who read all of the
organization's templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import AsyncConnection

from domain.kernel.errors import Forbidden, NotFound
from domain.roles import objects
from domain.roles.permissions import Action
from domain.roles.policy import Subject, allows
from projections.template_versions.queries import guarded_version, planned_version
from projections.templates.queries import guarded_template
from service.http.call import Call
from service.http.paths import path_uuid

Row = Mapping[str, Any]


def template_object(row: Row) -> objects.Object:
    """A template's row for the policy."""
    return objects.template(id=row["id"], organization_id=row["organization_id"], user_acl=row["user_acl"], group_acl=row["group_acl"])


def version_object(row: Row) -> objects.Object:
    """A row of `guarded_version` for the policy."""
    if row["template_id"] is None:
        return objects.templates(row["organization_id"])
    return objects.template(
        id=row["template_id"], organization_id=row["organization_id"], user_acl=row["user_acl"], group_acl=row["group_acl"]
    )


def require(subject: Subject, action: str, obj: objects.Object) -> None:
    """Raises `NotFound` for what the subject may not even read, `Forbidden` for an action that it may not do."""
    if not allows(subject, Action.READ, obj):
        raise NotFound
    if action != Action.READ and not allows(subject, action, obj):
        raise Forbidden


async def path_template(call: Call, connection: AsyncConnection[Any], action: str = Action.READ) -> Row:
    """The living template of the path (a row of `guarded_template`), on which the caller may do `action`.

    Raises `Invalid`, `NotFound`, `Forbidden`.
    """
    row = await guarded_template(connection, path_uuid(call.path["template"]))
    if row is None:
        raise NotFound
    require(call.caller.subject, action, template_object(row))
    return row


async def path_version(call: Call, connection: AsyncConnection[Any], action: str = Action.READ) -> Row:
    """The version of the path (a row of `guarded_version`), likewise."""
    return _allowed(call, await guarded_version(connection, _version_id(call)), action)


async def path_plan(call: Call, connection: AsyncConnection[Any]) -> Row:
    """The version of the path with what it declares (a row of `planned_version`), readable by the caller."""
    return _allowed(call, await planned_version(connection, _version_id(call)), Action.READ)


async def version_in_path(call: Call, action: str = Action.READ) -> Row:
    """`path_version` on a connection of its own."""
    async with call.pool.connection() as connection:
        return await path_version(call, connection, action)


async def plan_in_path(call: Call) -> Row:
    """`path_plan` on a connection of its own."""
    async with call.pool.connection() as connection:
        return await path_plan(call, connection)


def _version_id(call: Call) -> str:
    return path_uuid(call.path["templateversion"])


def _allowed(call: Call, row: Row | None, action: str) -> Row:
    if row is None:
        raise NotFound
    require(call.caller.subject, action, version_object(row))
    return row
