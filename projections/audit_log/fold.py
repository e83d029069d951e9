"""How events become entries of the audit log: one for each resource that a request changed, with what it was before."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.kernel.events import Event, Recorded
from domain.kernel.ids import NIL
from domain.users.events import UserCreated, UserErased, UserProfileChanged
from projections.audit_log.changes import CHANGES, Change, change_of
from projections.audit_log.tables import AUDIT_LOG, AUDIT_SUBJECTS
from projections.engine.model import ReadModel
from projections.engine.tables import Key, Row, Rows, Table

MODEL = ReadModel("audit_log", (AUDIT_LOG, AUDIT_SUBJECTS), indexes_last=True)

_REFUSED = 400
_MEMBERS = uuid.UUID("7a1c9e54-0b2d-5e6f-8a93-4c5d6e7f8091")
_PERSONAL = ("username", "email", "name")
_BUILD = "workspace_build"
#: What is known of a resource that never was, or is not there yet.
_NOTHING: Row = {"organization_id": None, "name": None, "icon": "", "fields": {}}
_ERASE_DIFFS: LiteralString = "UPDATE audit_log SET diff = diff - %s::text[] WHERE resource_type = 'user' AND resource_id = %s"
_ERASE_FIELDS: LiteralString = "UPDATE audit_subjects SET fields = fields - %s::text[], name = NULL WHERE type = 'user' AND id = %s"


def _keys(change: Change, recorded: Recorded) -> tuple[Key, Key]:
    """Of the entry and of what is known of its resource. A refusal, and what nobody asked for over HTTP, is an entry of its own."""
    subject_id = change.resource_id
    if change.resource_type == "organization_member":
        subject_id = str(uuid.uuid5(_MEMBERS, f"{change.organization_id}/{change.resource_id}"))
    request_id = None if change.alone or change.status_code >= _REFUSED else recorded.metadata.request_id
    return (request_id or recorded.id, change.resource_type, subject_id), (change.resource_type, subject_id)


def _reads(event: Event, recorded: Recorded) -> Iterable[tuple[Table, Key]]:
    change = change_of(event, recorded)
    entry, subject = _keys(change, recorded)
    yield AUDIT_LOG, entry
    yield AUDIT_SUBJECTS, subject
    if change.of is not None:
        yield AUDIT_SUBJECTS, change.of
    if change.asked_by is not None:
        yield AUDIT_SUBJECTS, (_BUILD, change.asked_by)


@MODEL.on(*CHANGES, reads=_reads)
def on_change(rows: Rows, event: Event, recorded: Recorded) -> None:
    """An entry, or more of one; and what is known of the resource from now on."""
    change = change_of(event, recorded)
    key, subject_key = _keys(change, recorded)
    lender = rows.get(AUDIT_SUBJECTS, *change.of) if change.of is not None else None
    if change.status_code >= _REFUSED or change.resource_id == NIL:
        # Nothing changed, and there may be no such resource.
        known = rows.get(AUDIT_SUBJECTS, *subject_key)
        _note(rows, key, _entry(change, recorded, _NOTHING if known is None else known, _asked_by(rows, change)), {})
        return
    subject = rows.edit(AUDIT_SUBJECTS, *subject_key)
    before: Mapping[str, Any] = subject["fields"] if subject is not None else {}
    fields = _after(before, change, event)
    diff = {
        name: _difference(before.get(name), value, name in change.secret)
        for name, value in fields.items()
        if name in change.secret or (before.get(name) or None) != (value or None)
    }
    # Everybody is given a first git key; only another one is somebody's doing.
    is_automatic = change.is_automatic or (subject is None and change.resource_type == "git_ssh_key")
    subject = _known(rows, subject_key, subject, lender, change, fields)
    if is_automatic:
        return
    entry = rows.edit(AUDIT_LOG, *key)
    if entry is None:
        _note(rows, key, _entry(change, recorded, subject, _asked_by(rows, change)), diff)
    else:
        _extend(entry, change, subject, diff)


def _note(rows: Rows, key: Key, entry: Row, diff: Mapping[str, Any]) -> None:
    rows.put(AUDIT_LOG, {**entry, **dict(zip(AUDIT_LOG.key, key, strict=True)), "diff": diff})


def _asked_by(rows: Rows, change: Change) -> str | None:
    """Who wanted the build on whose behalf the system acted."""
    build = rows.get(AUDIT_SUBJECTS, _BUILD, change.asked_by) if change.asked_by is not None else None
    return None if build is None else build["fields"].get("initiator_id")


def _after(before: Mapping[str, Any], change: Change, event: Event) -> dict[str, Any]:
    """The new values. What is personal and empty is passed over: so an erased person reads the same from an old log and a new."""
    fields = dict(change.fields)
    if change.merged:
        for name, given in fields.items():
            kept = {id: value for id, value in (before.get(name) or {}).items() if id not in given}
            fields[name] = {**kept, **{id: value for id, value in given.items() if value}}
    if isinstance(event, UserCreated | UserProfileChanged):
        return {name: value for name, value in fields.items() if value or name not in _PERSONAL}
    return fields


def _difference(old: Any, new: Any, is_secret: bool) -> dict[str, Any]:
    """What is empty is left out, and as good as unset (contract/schemas.json, AuditDiffField)."""
    if is_secret:
        return {"secret": True}
    difference: dict[str, Any] = {}
    if old:
        difference["old"] = old
    if new:
        difference["new"] = new
    return {**difference, "secret": False}


def _known(rows: Rows, key: Key, subject: Row | None, lender: Row | None, change: Change, fields: Mapping[str, Any]) -> Row:
    if subject is None:
        rows.put(
            AUDIT_SUBJECTS,
            {
                "type": key[0],
                "id": key[1],
                "organization_id": change.organization_id or (lender["organization_id"] if lender is not None else None),
                "icon": "",
                "fields": {},
                "deleted": False,
            },
        )
        subject = rows.get(AUDIT_SUBJECTS, *key)
        assert subject is not None  # it was just put
    subject["fields"] = {**subject["fields"], **{name: value for name, value in fields.items() if name not in change.secret}}
    if lender is not None:
        subject["name"] = lender["name"]  # a build is told as what it does to its workspace
    elif change.resource_type != "user" and change.name:
        subject["name"] = change.name
    if change.organization_id:
        subject["organization_id"] = change.organization_id
    if change.icon is not None:
        subject["icon"] = change.icon
    if change.resource_type != _BUILD:
        subject["deleted"] = change.action in ("delete", "logout")
    return subject


def _entry(change: Change, recorded: Recorded, subject: Row, asked_by: str | None) -> Row:
    metadata, known = recorded.metadata, subject["fields"]
    actor = metadata.actor.id if metadata.actor.kind == "user" else None
    target, additional = _target(change, subject), dict(change.additional_fields)
    if "build_number" in known:
        additional |= {
            "build_number": str(known["build_number"]),
            "build_reason": known["reason"],
            "workspace_id": known["workspace_id"],
            "workspace_name": target,
        }
    return {
        "id": recorded.id,
        "position": recorded.position,
        "time": recorded.time,
        "request_id": metadata.request_id,
        "ip": metadata.ip,
        "user_agent": metadata.user_agent,
        "user_id": change.user_id or asked_by or actor,
        "resource_type": change.resource_type,
        "resource_id": change.resource_id,
        "organization_id": change.organization_id or subject["organization_id"],
        "target": target,
        "icon": subject["icon"],
        "action": change.action,
        "status_code": change.status_code,
        "additional_fields": additional,
        "build_reason": known.get("reason") if change.resource_type == _BUILD else None,
    }


def _target(change: Change, subject: Row) -> str | None:
    """People are looked up when the entry is read; everything else keeps the name that it had."""
    return None if change.resource_type in ("user", "organization_member", "git_ssh_key") else subject["name"] or ""


def _extend(entry: Row, change: Change, subject: Row, diff: Mapping[str, Any]) -> None:
    """Another event of the same change: first `old`, last `new`."""
    merged = dict(entry["diff"])
    for name, later in diff.items():
        merged[name] = {
            **{k: v for k, v in later.items() if k != "old"},
            **{k: v for k, v in merged.get(name, later).items() if k == "old"},
        }
    entry["diff"] = merged
    entry["additional_fields"] = {**entry["additional_fields"], **change.additional_fields}
    entry["target"] = _target(change, subject)
    if change.action == "delete":
        entry["action"] = change.action


@MODEL.bulk(UserErased, changes=(AUDIT_LOG, AUDIT_SUBJECTS))
async def forget_person(connection: AsyncConnection[Any], _event: UserErased, recorded: Recorded) -> None:
    """Names and addresses leave the entries about the person."""
    for statement in (_ERASE_DIFFS, _ERASE_FIELDS):
        await connection.execute(statement, (list(_PERSONAL), recorded.stream.id))
