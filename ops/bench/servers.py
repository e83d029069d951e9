"""The servers that are measured: the service with a data directory of its own, and a bare aiohttp handler beside it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

CHECKOUT = Path(__file__).resolve().parents[2]
EMAIL, PASSWORD = "bench@example.com", "Correct-Horse-42-Battery"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server process."""

    pid: int
    host: str
    port: int
    data_dir: Path | None = None

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"


@contextlib.contextmanager
def service(**environment: str) -> Iterator[Server]:
    """`python -m service serve` on a free port, stopped at the end; `environment` are `LEDGER_*` variables."""
    with tempfile.TemporaryDirectory(prefix="ledger-bench-") as directory:
        settings = {
            "LEDGER_ADDRESS": "127.0.0.1:0",
            "LEDGER_DATA_DIR": directory,
            "LEDGER_LOG_LEVEL": "warning",
            "LEDGER_RATE_LIMIT": "0",
            "LEDGER_FIRST_USER_EMAIL": EMAIL,
            "LEDGER_FIRST_USER_USERNAME": "bench",
            "LEDGER_FIRST_USER_PASSWORD": PASSWORD,
            **environment,
        }
        with _started([sys.executable, "-m", "service", "serve"], settings) as server:
            yield Server(server.pid, server.host, server.port, Path(directory))


@contextlib.contextmanager
def bare(body: bytes) -> Iterator[Server]:
    """An aiohttp handler that returns these bytes and does nothing else."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        with _started([sys.executable, "-m", "ops.bench.servers", file.name], {}) as server:
            yield server


@contextlib.contextmanager
def _started(command: list[str], environment: dict[str, str]) -> Iterator[Server]:
    process = subprocess.Popen(command, cwd=CHECKOUT, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("listening on "):
                url = urlsplit(line.split()[2])
                assert url.hostname is not None
                assert url.port is not None
                yield Server(process.pid, url.hostname, url.port)
                break
        else:
            raise RuntimeError(f"{command} did not start")
    finally:
        process.terminate()
        process.wait(20)


async def _serve(body: bytes) -> None:
    from aiohttp import web

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    import uvloop

    uvloop.run(_serve(Path(sys.argv[1]).read_bytes()))
