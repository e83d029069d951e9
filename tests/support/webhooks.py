"""What tests of webhooks do again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tests.support.api import Client, Ledger
from tests.support.receiving import SECONDS


async def webhook(client: Client, url: str, **settings: Any) -> dict[str, Any]:
    """A new webhook, with its secret."""
    made: dict[str, Any] = (await client.post("/webhooks", {"url": url, **settings}, want=201)).json
    return made


async def group(ledger: Ledger, name: str) -> str:
    """The id of a new group: an event of its own, and one that reserves its name."""
    organization = await ledger.organization_id()
    return str((await (await ledger.admin()).post(f"/organizations/{organization}/groups", {"name": name}, want=201)).json["id"])


async def rename(ledger: Ledger, id: str, *names: str) -> None:
    """One event of a group for each name."""
    for name in names:
        await (await ledger.admin()).patch(f"/groups/{id}", {"display_name": name}, want=200)


async def log(client: Client, after: int) -> list[Any]:
    """The events after a position."""
    events: list[Any] = (await client.get(f"/audit/events?after={after}", want=200)).json["events"]
    return events


async def deliveries(client: Client, id: str, **query: str) -> list[Any]:
    """The first page of a webhook's deliveries, newest first."""
    found: list[Any] = (await client.get(f"/webhooks/{id}/deliveries", params=query, want=200)).json["deliveries"]
    return found


async def deliveries_when(client: Client, id: str, holds: Callable[[list[Any]], bool]) -> list[Any]:
    """The same, once they are as wanted."""
    async with asyncio.timeout(SECONDS):
        while not holds(found := await deliveries(client, id)):
            await asyncio.sleep(0.02)
    return found
