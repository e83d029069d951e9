"""`python -m ops.fuzzing`: a service with the examples in it, a token, and the tool that asks; its exit status is the tool's."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import aiohttp

from ops.bench.servers import CHECKOUT, EMAIL, PASSWORD, service
from ops.fuzzing.places import Places, places
from service.demo.client import Client, sign_in

TOOL = "schemathesis==4.32.5"
CHECKS = "not_a_server_error,status_code_conformance,response_schema_conformance,content_type_conformance,response_headers_conformance"
#: What would end the run's own token, hold its connection open, answer 501 by design, or take what the tool cannot make (archives).
LEFT_OUT = (
    r"/logout|/keys|/password|/status/|/convert-login|/watch|/dynamic-parameters$|/serve$"
    r"|/rpc$|/pty$|/coordinate$|/connection$|/listening-ports$|/containers|/metrics$|/provisioners/|/workspaceagents/me|/files$"
)


def installed() -> Path:
    """The tool, installed once per version."""
    folder = Path(tempfile.gettempdir()) / f"ledger-fuzz-{TOOL.replace('==', '-')}"
    program = folder / "bin" / "schemathesis"
    if not program.exists():
        print(f"installing {TOOL} into {folder} ...", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", TOOL], check=True)
    return program


async def furnished(url: str) -> Places:
    """Fill the service with the examples; returns a token and what paths may name."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        return await places(await sign_in(Client(session, url), EMAIL, PASSWORD))


def main() -> int:
    """Run it all."""
    parser = argparse.ArgumentParser(prog="ops/fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, default=40, help="of each operation and phase (default 40)")
    parser.add_argument("--seconds", type=int, default=300, help="at most for the whole run (default 300)")
    parser.add_argument("--seed", type=int, default=1, help="of the random choices (default 1)")
    parser.add_argument("more", nargs="*", help="further arguments of the tool, after --")
    args = parser.parse_args()
    tool = installed()
    with service(LEDGER_ALLOW_WORKSPACE_RENAMES="true") as server, tempfile.TemporaryDirectory(prefix="ledger-fuzz-") as folder:
        url = f"http://{server.address}"
        demo = [sys.executable, "-m", "service", "demo", "--url", url, "--email", EMAIL, "--password", PASSWORD]
        subprocess.run(demo, cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL)
        found = asyncio.run(furnished(url))
        Path(folder, "schemathesis.toml").write_text(found.as_toml())
        command = [
            *(str(tool), "run", f"{url}/api/v2/openapi.json", "--url", url, "--header", f"Coder-Session-Token: {found.token}"),
            *("--checks", CHECKS, "--exclude-path-regex", LEFT_OUT, "--phases", "examples,coverage,fuzzing", "--request-timeout", "10"),
            *("--max-examples", str(args.examples), "--max-time", str(args.seconds), "--seed", str(args.seed), "--continue-on-failure"),
            *("--generation-with-security-parameters", "false", "--no-color", "--warnings", "off", *args.more),
        ]
        return subprocess.run(command, cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
