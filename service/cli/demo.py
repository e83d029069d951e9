"""`demo`: fills a running service with examples over its API, and on request keeps them moving. Running it twice does no harm."""

from __future__ import annotations

import argparse
import asyncio
import sys

import aiohttp

from service.demo import life, people, templates, workspaces
from service.demo.client import Client, DemoFailed, sign_in
from service.settings import Settings

NAME = "demo"
HELP = "Fill a running service with examples: people, templates, workspaces in many states."
REQUEST_SECONDS = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which service, and as whom."""
    parser.add_argument("--url", default="http://127.0.0.1:3000", help="where the service listens (http://127.0.0.1:3000)")
    parser.add_argument("--email", default="", help="who signs in; an owner (LEDGER_FIRST_USER_EMAIL)")
    parser.add_argument("--password", default="", help="their password (LEDGER_FIRST_USER_PASSWORD)")
    parser.add_argument("--live", type=float, default=0.0, metavar="SECONDS", help="go on changing workspaces for so long")


async def run(settings: Settings, args: argparse.Namespace) -> int:
    """Fill; 1 when the service refuses, 2 when nobody was named who could sign in."""
    email, password = args.email or settings.first_user_email, args.password or settings.first_user_password
    if not email or not password:
        print("error: say who signs in: --email and --password, or LEDGER_FIRST_USER_EMAIL and _PASSWORD", file=sys.stderr)
        return 2
    timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
        try:
            admin = await sign_in(Client(session, args.url.rstrip("/")), email, password)
            await _fill(admin, args.live)
        except DemoFailed as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    return 0


async def _fill(admin: Client, live_seconds: float) -> None:
    society = await people.settle(admin)
    _say(f"people: {', '.join(society.users)}; each signs in as NAME@example.com with the password {people.PASSWORD}")
    published = {example.name: await templates.publish(society, example, 1) for example in templates.EXAMPLES}
    _say(f"templates: {', '.join(published)}")
    living = await workspaces.populate(society, published)
    # Now, so that what was just made is outdated.
    await asyncio.gather(*(templates.publish(society, example, len(example.versions)) for example in templates.EXAMPLES))
    for workspace in sorted((await admin.get("/workspaces?limit=0"))["workspaces"], key=lambda w: (w["owner_name"], w["name"])):
        if workspace["id"] in living:
            _say(f"  {workspace['owner_name']}/{workspace['name']}: {_state(workspace)}")
    if live_seconds > 0:
        await life.live(admin, living, live_seconds, _say)


def _state(workspace: dict[str, object]) -> str:
    build = workspace["latest_build"]
    assert isinstance(build, dict), "a workspace has a latest build"
    words = [str(build["status"])]
    words += ["dormant"] if workspace["dormant_at"] else []
    words += ["outdated"] if workspace["outdated"] else []
    words += ["scheduled"] if workspace.get("autostart_schedule") else []
    return ", ".join(words)


def _say(text: str) -> None:
    print(text, flush=True)
