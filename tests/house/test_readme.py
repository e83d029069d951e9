"""The README says what is true: its blocks run in a real shell, one after another, and its tables are the code's."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator

import pytest

from service.cli.main import parser
from service.settings import _TABLE, Role, Settings
from tests.house.source import ROOT
from tests.support.faults import Deployment, deployment

README = (ROOT / "README.md").read_text(encoding="utf-8")
LISTENS = "127.0.0.1:3000"
MARK = "=== end of block ==="


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
async def place() -> AsyncIterator[Deployment]:
    """A folder for the data of a service whose settings are the defaults, but for the port."""
    async with deployment(LEDGER_FIRST_USER_EMAIL="", LEDGER_FIRST_USER_USERNAME="", LEDGER_FIRST_USER_PASSWORD="") as opened:
        yield opened


async def test_the_examples_do_what_the_text_says(place: Deployment) -> None:
    for tool in ("bash", "curl", "tar"):
        assert shutil.which(tool), f"the README's examples need {tool}: install it to run this test"
    process = await place.start(LEDGER_RATE_LIMIT="512")
    sign_in, describe, version, watch, listing, end, history, webhook, moving = blocks("sh")
    script = "".join(f"{block}\necho '{MARK}'\n" for block in (sign_in, describe, version, watch, listing, end, history, webhook, moving))
    # The build shall not be over before whoever watches it has come.
    assert script.count("delay_seconds: 1\n") == 1
    script = script.replace("delay_seconds: 1\n", "delay_seconds: 3\n")
    # Whoever waits for something that never comes goes on in the end: a wait in vain is a complaint.
    waits = script.count("for _ in 1 ")
    script = script.replace("for _ in 1 ", "for turn in 1 ")
    script = script.replace("|| sleep 0.5\n", '|| sleep 0.5\n[ "$turn" != 10 ] || echo "in vain" >&2\n')
    assert script.count("in vain") == waits == 3

    done = await asyncio.to_thread(
        subprocess.run,
        ["bash"],
        input=script.replace(LISTENS, process.url.removeprefix("http://")),
        cwd=ROOT,
        env={**os.environ, "LEDGER_DATA_DIR": str(place.folder / "data")},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )

    said = done.stdout.split(MARK)
    assert len(said) == 10, done.stdout + done.stderr
    assert '"user_id":' in said[0]
    assert '"username":"admin"' in said[0]
    assert said[1].strip() == said[2].strip() == ""
    assert re.search(r"^id: \d+$", said[3], re.MULTILINE)
    assert said[3].count("data: {") >= 2, "first the workspace as it is, then as it becomes"
    assert '"count":1' in said[4]
    assert '"status":"running"' in said[4]
    assert '{"workspaces":[],"count":0}' in said[5]
    assert '"next_before":' in said[6]
    assert [kind for kind in ("WorkspaceCreated", "WorkspaceBuildEnded", "WorkspaceDeleted") if f'"type":"{kind}"' not in said[6]] == []
    assert said[7].strip().startswith("whsec_")
    assert '"delivered":false' in said[7], "nobody is there"
    assert '{"deliveries":[],"next_before":null}' in said[7]
    assert said[8].strip() == "", "what was imported is replayed as it was"
    complaints, _, moved = done.stderr.partition("imported ")
    # Only curl may complain, and only that the five seconds of watching are over.
    assert [line for line in complaints.splitlines() if "timed out" not in line] == []
    assert re.match(r"\d+ events up to position \d+, and made the read models\n", moved)
    assert moved.endswith("admin has another password\n")


def test_the_examples_that_start_something_name_commands_that_exist() -> None:
    for block in blocks("console"):
        command = ROOT / block.split()[0]
        assert command.stat().st_mode & 0o111, command


def test_the_table_of_settings_is_that_of_the_code() -> None:
    section = README.partition("## Settings")[2].partition("\n## ")[0]
    assert set(re.findall(r"LEDGER_[A-Z_]+[A-Z]", section)) == {setting.variable for setting in _TABLE}
    defaults = Settings()
    rows = dict(re.findall(r"^\| `(LEDGER_\w+)` \| `([^`]*)`", section, re.MULTILINE))
    assert rows == {
        "LEDGER_ADDRESS": f"{defaults.host}:{defaults.port}",
        "LEDGER_DATA_DIR": str(defaults.data_dir),
        "LEDGER_ROLES": ",".join(Role),
        "LEDGER_LOG_LEVEL": defaults.log_level,
        "LEDGER_LOG_FORMAT": "text",
        "LEDGER_WATCH_PING_SECONDS": f"{defaults.watch_ping_seconds:g}",
        "LEDGER_AUTOBUILD_SECONDS": f"{defaults.autobuild_seconds:g}",
        "LEDGER_AGENT_DISCONNECT_SECONDS": f"{defaults.agent_disconnect_seconds:g}",
        "LEDGER_ALLOW_WORKSPACE_RENAMES": str(defaults.allow_workspace_renames).lower(),
        "LEDGER_PROVISIONERS": str(defaults.provisioners),
        "LEDGER_RATE_LIMIT": str(defaults.rate_limit),
        "LEDGER_WEBHOOK_PRIVATE_TARGETS": str(defaults.webhook_private_targets).lower(),
        "LEDGER_BUS": defaults.bus,
    }


def test_the_table_of_commands_is_that_of_the_command_line() -> None:
    section = README.partition("## Commands")[2].partition("\n## ")[0]
    named = {word for cell in re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)[1:] for word in re.findall(r"`([a-z]+)", cell)}
    actions = parser()._subparsers
    assert actions is not None
    known = {name for action in actions._group_actions for name in action.choices or ()}
    assert named == known


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / target).exists(), target
