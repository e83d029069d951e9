"""Law: for every position, what time travel answers is what was answered then; the diffs of a history, one after the other, make the
document that there is."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Container
from typing import TYPE_CHECKING, Any

from tests.properties.deeds import Stage

if TYPE_CHECKING:
    from tests.properties.histories import History

#: What can be asked for as of a position: the paths of the route table.
LIST, WORKSPACE, ACL = "/workspaces", "/workspaces/{workspace}", "/workspaces/{workspace}/acl"
BY_NAME = "/users/{user}/workspace/{workspacename}"
_QUERIES = ("", "status:running", "owner:me", "shared:true", "name:e", "outdated:true", "template:rich", "dormant:true")

_OF_THE_SAME = 0.25
_NO_PLACE = {"queue_position": 0, "queue_size": 0}

#: Status and body by what was asked.
Views = dict[str, tuple[int, bytes]]


async def views(s: Stage, at: int | None = None, only: Container[str] | None = None) -> Views:
    """Everything that looks at the past, as somebody sees it who may read all of it, now or as of a position; with `only`, just what
    is asked there."""
    asked: list[tuple[str, dict[str, Any]]] = [(LIST, {"q": q}) for q in _QUERIES]
    for id in s.workspaces:
        asked += [(WORKSPACE.format(workspace=id), {"include_deleted": "true"}), (ACL.format(workspace=id), {})]
    asked += [(BY_NAME.format(user=one.user["id"], workspacename=name), {}) for one in s.people for name in ("dev", "web", "w1")]
    then = {} if at is None else {"at": at}
    seen: Views = {}
    for path, params in asked:
        question = f"{path} {params}"
        if only is None or question in only:
            answer = await s.admin.get(path, params={**params, **then})
            seen[question] = (answer.status, answer.raw)
    return seen


async def at_rest(s: Stage) -> tuple[int, Views]:
    """What is answered now, with the position at which all of it was so.

    That a build waits for a provisioner goes by, and who could take it is known for the moment only: it is waited for."""
    positions = s.ledger.services.positions
    async with asyncio.timeout(60):
        while True:
            position = positions.current
            seen = await views(s)
            if positions.current == position and not any(b'"status":"pending"' in body for _, body in seen.values()):
                return position, seen


async def every_past_is_what_was_answered_then(history: History) -> None:
    """All that was answered on the way, asked for again as of its position. Of what was the same as before, some must do."""
    rnd = random.Random(len(history.then))
    before: Views = {}
    for position, seen in history.then.items():
        asked = {question for question, was in seen.items() if before.get(question) != was or rnd.random() < _OF_THE_SAME}
        now = await views(history.stage, position, asked)
        for question in asked:
            assert now[question] == seen[question], f"at {position}: {question}"
        before = seen


async def every_frame_is_the_past(history: History) -> None:
    """What watchers of a list were told, between the answers too, is what the rows were at the position that the frame names.

    Where one event changed several rows, frames before the last name the position before (design.md 7: safe places to resume)."""
    told = [frame.data for frame in history.frames]
    assert told
    named = {frame["position"] for frame in told}
    for frame in told:
        if frame["kind"] == "removed":
            continue
        at, row = frame["position"], _outside_of_queues(frame["workspace"])
        if await _row_at(history, row["id"], at) != row:
            assert at + 1 in named, f"at {at}: {row}"
            assert await _row_at(history, row["id"], at + 1) == row, f"at {at + 1}"


async def _row_at(history: History, id: str, at: int) -> dict[str, Any]:
    params = {"at": at, "include_deleted": "true"}
    return _outside_of_queues((await history.stage.admin.get(f"/workspaces/{id}", params=params, want=200)).json)


def _outside_of_queues(workspace: dict[str, Any]) -> dict[str, Any]:
    """Without its place in the queue, which is no event: watchers are not told of it, and read models know it for the moment only."""
    build = workspace["latest_build"]
    return {**workspace, "latest_build": {**build, "matched_provisioners": None, "job": {**build["job"], **_NO_PLACE}}}


async def diffs_make_the_document(history: History) -> None:
    """The changes of all events of some workspaces, one after the other, from nothing."""
    for id in history.stage.workspaces[:3]:
        await _diffs_make(history.stage, id)


async def _diffs_make(s: Stage, id: str) -> None:
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
