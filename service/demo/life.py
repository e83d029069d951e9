"""What goes on in a deployment while people look at it: workspaces are started, stopped, used, prolonged, renamed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from service.demo.client import Client

_PAUSE_SECONDS = 1.5
_NEXT_SECONDS = 0.1  # after what could not be done just then
_REFUSED = (400, 403, 404, 409, 410)

Said = Callable[[str], None]


async def live(admin: Client, ids: Sequence[str], seconds: float, say: Said) -> None:
    """Change one workspace after the other for so long; what the rules refuse at that moment is passed over."""
    chance = random.Random()
    deadline = asyncio.get_running_loop().time() + seconds
    while ids and asyncio.get_running_loop().time() < deadline:
        workspace = await admin.find(f"/workspaces/{chance.choice(ids)}")
        done = await chance.choice(_DEEDS)(admin, workspace) if workspace is not None else ""
        if done:
            say(f"{workspace['owner_name']}/{workspace['name']} {done}")
        pause = _PAUSE_SECONDS if done else _NEXT_SECONDS
        await asyncio.sleep(min(pause, max(0.0, deadline - asyncio.get_running_loop().time())))


async def _turn(admin: Client, workspace: dict[str, Any]) -> str:
    status = workspace["latest_build"]["status"]
    if workspace["dormant_at"] is not None or status not in ("running", "stopped"):
        return ""
    transition = "stop" if status == "running" else "start"
    answer = await admin.send("POST", f"/workspaces/{workspace['id']}/builds", {"transition": transition}, want=(201, *_REFUSED))
    return f"was told to {transition}" if answer.status == 201 else ""


async def _use(admin: Client, workspace: dict[str, Any]) -> str:
    answer = await admin.send("POST", f"/workspaces/{workspace['id']}/usage", {}, want=(200, 204, *_REFUSED))
    return "was used" if answer.status < 300 else ""


async def _schedule(admin: Client, workspace: dict[str, Any]) -> str:
    hours = 2 + (workspace.get("ttl_ms") or 0) // 3_600_000 % 10
    answer = await admin.send("PUT", f"/workspaces/{workspace['id']}/ttl", {"ttl_ms": hours * 3_600_000}, want=(204, *_REFUSED))
    return f"now stops after {hours} hours" if answer.status == 204 else ""


async def _rename(admin: Client, workspace: dict[str, Any]) -> str:
    """There and back at once: names are how a second run finds what is there."""
    path, name = f"/workspaces/{workspace['id']}", workspace["name"]
    answer = await admin.send("PATCH", path, {"name": f"{name}-renamed"}, want=(204, 405, *_REFUSED))
    if answer.status != 204:
        return ""
    await asyncio.sleep(_PAUSE_SECONDS)
    await admin.patch(path, {"name": name})
    return f"was called {name}-renamed for a moment"


_DEEDS: tuple[Callable[[Client, dict[str, Any]], Awaitable[str]], ...] = (_turn, _turn, _use, _schedule, _rename)
