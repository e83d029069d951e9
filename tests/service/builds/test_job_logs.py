"""Logs of jobs, read and followed (contract/lifecycle.md B7)."""

from __future__ import annotations

import pytest

from tests.support.api import Ledger
from tests.support.building import HANG, ended, first_line, follow, queued_workspace, template, workspace


async def test_a_log_is_a_list_with_growing_ids(ledger: Ledger) -> None:
    admin = await ledger.admin()
    build = (await workspace(admin, await template(ledger)))["latest_build"]
    path = f"/workspacebuilds/{build['id']}/logs"
    lines = (await admin.get(path, want=200)).json
    assert [line["id"] for line in lines] == sorted({line["id"] for line in lines})
    assert [line["output"] for line in lines if line["log_source"] == "provisioner"] == ["pulling image", "starting"]
    assert (await admin.get(f"{path}?after={lines[1]['id']}", want=200)).json == lines[2:]
    text = await admin.get(f"{path}?format=text", want=200)
    assert text.headers["Content-Type"].startswith("text/plain")
    shown = text.raw.decode().splitlines()
    assert shown == [f"{line['created_at']} [{line['log_level']}] [provisioner|{line['stage']}] {line['output']}" for line in lines]


@pytest.mark.parametrize("query", ["after=x", "after=9223372036854775808", "follow&after=x", "format=xml", "format=text&follow"])
async def test_what_cannot_be_asked_is_refused_before_a_socket_opens(ledger: Ledger, query: str) -> None:
    admin = await ledger.admin()
    build = (await workspace(admin, await template(ledger)))["latest_build"]
    await admin.get(f"/workspacebuilds/{build['id']}/logs?{query}", want=400)


async def test_following_a_log_that_is_complete_gives_all_of_it_and_a_normal_close(ledger: Ledger) -> None:
    admin = await ledger.admin()
    build = (await workspace(admin, await template(ledger)))["latest_build"]
    path = f"/workspacebuilds/{build['id']}/logs"
    lines = (await admin.get(path, want=200)).json
    assert await follow(admin, f"{path}?follow") == (lines, 1000)
    assert await follow(admin, f"{path}?follow=true&after={lines[-1]['id']}") == ([], 1000)


async def test_a_follower_sees_lines_as_they_come_and_the_end_only_when_it_is_committed(ledger: Ledger) -> None:
    admin = await ledger.admin()
    spec = {"start": {"delay_seconds": 0.4, "logs": [f"step {n}" for n in range(4)]}}
    made = await queued_workspace(admin, await template(ledger, spec))
    path = f"/workspacebuilds/{made['latest_build']['id']}"
    lines, code = await follow(admin, f"{path}/logs?follow")
    assert code == 1000
    assert (await admin.get(path, want=200)).json["status"] == "running"
    assert (await admin.get(f"/workspaces/{made['id']}", want=200)).json["latest_build"]["status"] == "running"
    assert lines == (await admin.get(f"{path}/logs", want=200)).json


async def test_a_follower_of_a_job_that_is_cancelled_is_let_go(ledger: Ledger) -> None:
    admin = await ledger.admin()
    made = await queued_workspace(admin, await template(ledger, HANG))
    build_id = made["latest_build"]["id"]
    await first_line(admin, build_id, "working")
    await admin.patch(f"/workspacebuilds/{build_id}/cancel", want=200)
    assert (await ended(admin, build_id))["status"] == "canceled"


@pytest.mark.parametrize("key", ["", "c2hvcnQ=", "no base64!", "dGhlIHNhbXBsZSBub25jZQé=="])
async def test_a_socket_needs_a_key_of_sixteen_bytes(ledger: Ledger, key: str) -> None:
    admin = await ledger.admin()
    build = (await workspace(admin, await template(ledger)))["latest_build"]
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key}
    await admin.get(f"/workspacebuilds/{build['id']}/logs?follow", headers=upgrade, want=400)
