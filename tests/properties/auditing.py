"""Law: every change that a person made has its entry in the audit log, and the entry tells of that person."""

from __future__ import annotations

import json
from typing import Any

from tests.properties.deeds import Stage
from tests.properties.histories import History

#: What an auditor is not told: signs of life, plans that nobody carries out, and deadlines (contract/workspaces.md 5.5).
_UNTOLD = {"WorkspaceUsed", "UserSeen", "ApiKeyUsed", "DryRunQueued", "DryRunCancelRequested", "DryRunCanceled", "BuildDeadlineSet"}


async def everything_was_audited(history: History) -> None:
    """All requests of people that left an event."""
    _told(await _log(history.stage), await _audited(history.stage))


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
    assert untold == set(), f"changes that have no entry: {untold}"
