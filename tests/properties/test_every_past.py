"""Whatever people did, in whatever order: every past is what was answered then, what an auditor reads is what happened, and the
changes that a history tells make the document that there is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.properties.deeds import Stage, stage
from tests.properties.rarer_deeds import ALL
from tests.support.api import Ledger, running_ledger

#: Of events at least: fewer would mean that the deeds were in vain.
KINDS = 60
#: What an auditor is not told, because nothing of the deployment was changed: signs of life, and plans that nobody carries out.
_UNTOLD = {"WorkspaceUsed", "UserSeen", "ApiKeyUsed", "DryRunQueued", "DryRunCancelRequested", "DryRunCanceled"}
_QUERIES = ("", "status:running", "owner:me", "shared:true", "name:e", "outdated:true", "template:rich")

Views = dict[str, tuple[int, bytes]]


async def _views(s: Stage, at: int | None = None) -> Views:
    """Everything that looks at the past, as somebody sees it who may read all of it, then and now: status and body by question."""
    asked: list[tuple[str, dict[str, Any]]] = [("/workspaces", {"q": q}) for q in _QUERIES]
    for id in s.workspaces:
        asked += [(f"/workspaces/{id}", {"include_deleted": "true"}), (f"/workspaces/{id}/acl", {})]
    asked += [(f"/users/{one.user['id']}/workspace/{name}", {}) for one in s.people for name in ("dev", "web", "w1")]
    then = {} if at is None else {"at": at}
    seen: Views = {}
    for path, params in asked:
        answer = await s.admin.get(path, params={**params, **then})
        seen[f"{path} {params}"] = (answer.status, answer.raw)
    return seen


async def _at_rest(ledger: Ledger, s: Stage) -> tuple[int, Views]:
    """What is answered now, with the position at which all of it was so."""
    positions = ledger.services.positions
    while True:
        position = positions.current
        seen = await _views(s)
        if positions.current == position:
            return position, seen


async def _log(s: Stage) -> list[dict[str, Any]]:
    lines = (await s.admin.get("/audit/events?format=jsonl", want=200)).raw.splitlines()
    return [json.loads(line) for line in lines]


async def _audited(s: Stage) -> list[dict[str, Any]]:
    found = (await s.admin.get("/audit?limit=100000", want=200)).json
    assert found["count"] == len(found["audit_logs"])
    return list(found["audit_logs"])


def _told(events: list[dict[str, Any]], entries: list[dict[str, Any]]) -> None:
    """Every request of a person that left an event has its entry: by that person, from there, with what it changed."""
    by_request: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        by_request.setdefault(entry["request_id"], []).append(entry)
    untold = set()
    for event in events:
        if event["actor"]["kind"] != "user" or event["request_id"] is None or event["type"] in _UNTOLD:
            continue
        if (found := by_request.get(event["request_id"])) is None:
            untold.add(event["type"])
            continue
        assert {(entry["ip"], entry["user_agent"]) for entry in found} == {(event["ip"] or "", event["user_agent"] or "")}
        assert event["actor"]["id"] in {(entry["user"] or {}).get("id") for entry in found}, event["type"]
    assert untold == set(), "changes that have no entry"


async def _history_makes_the_document(s: Stage, id: str) -> None:
    """The changes of all events, one after the other, from nothing."""
    events: list[dict[str, Any]] = []
    before = ""
    while True:
        page = (await s.admin.get(f"/workspaces/{id}/history?diff=true&limit=100{before}", want=200)).json
        events += page["events"]
        if page["next_before"] is None:
            break
        before = f"&before={page['next_before']}"
    document: Any = None
    for event in reversed(events):
        others = (await s.admin.get(f"/workspaces/{id}", params={"at": event["position"] - 1, "include_deleted": "true"})).json
        document = others if document is not None else None
        for change in event["changes"]:
            document = _changed(document, change["path"].split("/")[1:], change["new"])
        answer = await s.admin.get(f"/workspaces/{id}", params={"at": event["position"], "include_deleted": "true"})
        assert _bare(document) == (_bare(answer.json) if answer.status == 200 else None), event


def _changed(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    name = path[0].replace("~1", "/").replace("~0", "~")
    if isinstance(document, list):
        return [_changed(part, path[1:], value) if index == int(name) else part for index, part in enumerate(document)]
    return {**document, name: _changed(document.get(name), path[1:], value)}


def _bare(document: Any) -> Any:
    """Without what is null, which is as good as absent."""
    if isinstance(document, dict):
        return {name: _bare(value) for name, value in document.items() if value is not None}
    return [_bare(part) for part in document] if isinstance(document, list) else document


@pytest.mark.parametrize("seed", [3])
async def test_every_past_is_what_was_answered_then(migrated_url: str, seed: int) -> None:
    async with running_ledger(migrated_url, allow_workspace_renames=True) as ledger:
        there = await stage(ledger, seed)
        then: dict[int, Views] = {}
        for deed in there.rnd.sample(ALL, len(ALL)):
            answer = await deed(there)
            assert answer.status < 500, answer.raw
            position, seen = await _at_rest(ledger, there)
            then[position] = seen
        for position, seen in then.items():
            now = await _views(there, position)
            for key, was in seen.items():
                assert now[key] == was, f"at {position}: {key}"
        events, entries = await _log(there), await _audited(there)
        _told(events, entries)
        assert len({event["type"] for event in events}) >= KINDS, sorted({event["type"] for event in events})
        for id in there.workspaces[:3]:
            await _history_makes_the_document(there, id)
