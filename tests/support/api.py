"""A whole service in the test's event loop, over real HTTP and real PostgreSQL, and clients that speak to it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import aiohttp
from aiohttp import web
from argon2 import PasswordHasher

from service import bootstrap
from service.auth.passwords import Passwords
from service.services import Services
from service.settings import Settings

PASSWORD = "Correct-Horse-42-Battery"
#: Nearly everybody signs in here, and nobody but tests of passwords themselves needs them to be dear.
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        import orjson

        return orjson.loads(self.raw)


@dataclass(slots=True)
class Client:
    """Speaks as one caller; paths are below `/api/v2` unless they start with `//`."""

    session: aiohttp.ClientSession
    base: str
    token: str | None = None
    user: dict[str, Any] = field(default_factory=dict)

    async def request(self, method: str, path: str, body: Any = None, *, want: int | None = None, **options: Any) -> Answer:
        """Send a request; with `want` any other status fails the test with the body shown."""
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers.setdefault("Coder-Session-Token", self.token)
        if body is not None:
            options["json"] = body
        url = self.base + (path[1:] if path.startswith("//") else "/api/v2" + path)
        async with self.session.request(method, url, headers=headers, allow_redirects=False, **options) as response:
            answer = Answer(response.status, response.headers, await response.read())
        if want is not None:
            assert answer.status == want, f"{method} {path}: {answer.status}, wanted {want}: {answer.raw[:600]!r}"
        return answer

    async def get(self, path: str, **options: Any) -> Answer:
        """GET."""
        return await self.request("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        """POST."""
        return await self.request("POST", path, body, **options)

    async def put(self, path: str, body: Any = None, **options: Any) -> Answer:
        """PUT."""
        return await self.request("PUT", path, body, **options)

    async def patch(self, path: str, body: Any = None, **options: Any) -> Answer:
        """PATCH."""
        return await self.request("PATCH", path, body, **options)

    async def delete(self, path: str, **options: Any) -> Answer:
        """DELETE."""
        return await self.request("DELETE", path, **options)


class Ledger:
    """A running service and people who use it."""

    def __init__(self, services: Services, session: aiohttp.ClientSession, base: str) -> None:
        self.services = services
        self.base = base
        self.session = session
        self.anonymous = Client(session, base)
        self._admin: Client | None = None
        self._people = 0

    async def admin(self) -> Client:
        """The first user, signed in."""
        if self._admin is None:
            body = {"email": "admin@example.com", "username": "admin", "name": "Ada Admin", "password": PASSWORD}
            await self.anonymous.post("/users/first", body, want=201)
            self._admin = await self.login("admin@example.com")
        return self._admin

    async def organization_id(self) -> str:
        """The default organization."""
        answer = await (await self.admin()).get("/organizations/default", want=200)
        return str(answer.json["id"])

    async def login(self, email: str, password: str = PASSWORD) -> Client:
        """Sign somebody in."""
        answer = await self.anonymous.post("/users/login", {"email": email, "password": password}, want=201)
        client = replace(self.anonymous, token=answer.json["session_token"])
        client.user = (await client.get("/users/me", want=200)).json
        return client

    async def person(self, *, name: str | None = None, roles: tuple[str, ...] = (), org_roles: tuple[str, ...] = ()) -> Client:
        """A new member of the default organization, signed in, with these stored roles."""
        admin = await self.admin()
        self._people += 1
        name = name or f"person{self._people}"
        organization = await self.organization_id()
        body = {
            "email": f"{name}@example.com",
            "username": name,
            "password": PASSWORD,
            "login_type": "password",
            "organization_ids": [organization],
        }
        created = (await admin.post("/users", body, want=201)).json
        if roles:
            await admin.put(f"/users/{created['id']}/roles", {"roles": list(roles)}, want=200)
        if org_roles:
            await admin.put(f"/organizations/{organization}/members/{created['id']}/roles", {"roles": list(org_roles)}, want=200)
        return await self.login(f"{name}@example.com")


@contextlib.asynccontextmanager
async def running_ledger(database_url: str, **changes: Any) -> AsyncIterator[Ledger]:
    """Start a service on a free port over the given (prepared) database; `changes` are fields of `Settings`."""
    settings = replace(Settings(port=0, database_url=database_url, rate_limit=0, log_format="text"), **changes)
    async with contextlib.AsyncExitStack() as stack:
        listener = bootstrap.listen(settings)
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        services = await stack.enter_async_context(
            bootstrap.running(settings, database_url, base, hashing=lambda: Passwords(hasher=_CHEAP))
        )
        runner = bootstrap.WebRunner(services, drain_seconds=1.0)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listener).start()
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        yield Ledger(services, session, base)
        services.stopping.set()


class Opened:
    """Keeps several `running_ledger`s open until the test ends."""

    def __init__(self) -> None:
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def open(self, database_url: str, **changes: Any) -> Ledger:
        """One more service on the database."""
        return await self._stack.enter_async_context(running_ledger(database_url, **changes))
